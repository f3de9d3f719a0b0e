import KeptFormat

/// Parquet's RLE/bit-packing hybrid: the codes of dictionary pages, and definition levels.
///
/// Runs follow one another: header `count << 1` and one value of whole bytes, or header `groups << 1 | 1` and that many
/// groups of eight values packed from the lowest bit up.
enum RunLengthHybrid {
  /// The bits that hold every code below `count`, at least 1.
  static func bitWidth(codeCount count: Int) -> Int { max(1, Int.bitWidth - (count - 1).leadingZeroBitCount) }

  /// - Precondition: every code is less than 2^width, 1 ≤ width ≤ 32.
  static func append(_ codes: UnsafeBufferPointer<UInt32>, width: Int, to buffer: inout PageBuffer) {
    // A run pays once it is longer in bits than its own header and the header of the packed run it interrupts.
    let runCountMin = max(8, (40 / width + 7) & ~7)
    buffer.reserve(codes.count * 4 + (codes.count / 8 + 2) * 10 + 16)
    var index = 0
    while index < codes.count {
      let length = runLength(codes, at: index, max: codes.count)
      if length >= runCountMin {
        buffer.append(varint: UInt64(length) << 1)
        var value = codes[index]
        for _ in 0..<(width + 7) / 8 {
          buffer.append(UInt8(truncatingIfNeeded: value))
          value >>= 8
        }
        index += length
        continue
      }
      var end = min(index + 8, codes.count)
      while end < codes.count,
        runLength(codes, at: end, max: min(end + runCountMin, codes.count)) < runCountMin
      {
        end = min(end + 8, codes.count)
      }
      pack(UnsafeBufferPointer(rebasing: codes[index..<end]), width: width, to: &buffer)
      index = end
    }
  }

  /// A run of one level, or the bits of a page as they are.
  static func appendLevels(
    _ words: UnsafePointer<UInt64>, rowCount: Int, presentCount: Int, to buffer: inout PageBuffer
  ) {
    if presentCount == 0 || presentCount == rowCount {
      buffer.append(varint: UInt64(rowCount) << 1)
      buffer.append(presentCount == 0 ? 0 : 1)
    } else {
      let groupCount = (rowCount + 7) / 8
      buffer.append(varint: UInt64(groupCount) << 1 | 1)
      buffer.append(UnsafeRawBufferPointer(start: words, count: groupCount))
    }
  }

  @inline(__always)
  private static func runLength(_ codes: UnsafeBufferPointer<UInt32>, at index: Int, max end: Int) -> Int {
    let value = codes[index]
    var next = index + 1
    while next < end && codes[next] == value { next += 1 }
    return next - index
  }

  private static func pack(_ codes: UnsafeBufferPointer<UInt32>, width: Int, to buffer: inout PageBuffer) {
    let groupCount = (codes.count + 7) / 8
    buffer.append(varint: UInt64(groupCount) << 1 | 1)
    buffer.reserve(groupCount * width + 8)
    let out = buffer.end
    var offset = 0
    var bits: UInt64 = 0
    var bitCount = 0
    for index in 0..<groupCount * 8 {
      let code = index < codes.count ? codes[index] : 0
      bits |= UInt64(code) << UInt64(bitCount)
      bitCount += width
      if bitCount >= 32 {
        out.storeBytes(of: UInt32(truncatingIfNeeded: bits).littleEndian, toByteOffset: offset, as: UInt32.self)
        offset += 4
        bits >>= 32
        bitCount -= 32
      }
    }
    // Groups end at whole bytes; the store may write beyond them, into reserved room.
    out.storeBytes(of: UInt32(truncatingIfNeeded: bits).littleEndian, toByteOffset: offset, as: UInt32.self)
    buffer.count += groupCount * width
  }

  /// Decodes exactly `count` codes to the start of `codes`, which grows where it is shorter.
  ///
  /// - Throws: `FormatError` where the bytes end early, a run is too long or a code needs more than `width` bits.
  static func decode(
    _ bytes: UnsafeRawBufferPointer, width: Int, count: Int, into codes: inout [UInt32]
  ) throws(FormatError) {
    if codes.count < count { codes = [UInt32](repeating: 0, count: count) }
    guard width <= 32 else { throw FormatError(.invalid("codes of \(width) bits"), offset: 0) }
    var offset = 0
    var done = 0
    while done < count {
      let header = try varint(bytes, &offset)
      if header & 1 == 0 {
        let length = header >> 1
        let byteCount = (width + 7) / 8
        guard length > 0, length <= UInt64(count - done), byteCount <= bytes.count - offset else {
          throw FormatError(.invalid("a run of \(length) where \(count - done) codes are left"), offset: offset)
        }
        var value: UInt64 = 0
        for index in 0..<byteCount { value |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
        guard value >> UInt64(width) == 0 else { throw FormatError(.invalid("a code is too large"), offset: offset) }
        offset += byteCount
        for index in done..<done + Int(length) { codes[index] = UInt32(value) }
        done += Int(length)
      } else {
        let groupCount = header >> 1
        guard groupCount > 0, groupCount <= UInt64(count - done + 7) / 8,
          Int(groupCount) * width <= bytes.count - offset
        else { throw FormatError(.invalid("\(groupCount) packed groups do not fit"), offset: offset) }
        let length = min(Int(groupCount) * 8, count - done)
        var bits: UInt64 = 0
        var bitCount = 0
        var position = offset
        let mask = width == 32 ? UInt64(UInt32.max) : (1 << UInt64(width)) - 1
        for index in done..<done + length {
          while bitCount < width {
            bits |= UInt64(bytes[position]) << UInt64(bitCount)
            position += 1
            bitCount += 8
          }
          codes[index] = UInt32(bits & mask)
          bits >>= UInt64(width)
          bitCount -= width
        }
        offset += Int(groupCount) * width
        done += length
      }
    }
  }

  private static func varint(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) throws(FormatError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 35, by: 7) {
      guard offset < bytes.count else { throw FormatError(.invalid("codes cut short"), offset: offset) }
      let next = bytes[offset]
      offset += 1
      value |= UInt64(next & 0x7F) << shift
      if next < 0x80 { return value }
    }
    throw FormatError(.invalid("a run header is too long"), offset: offset)
  }
}
