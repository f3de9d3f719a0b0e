/// Strings that were read: each is a run of `bytes`.
final class StringTable {
  let bytes = Scratch<UInt8>()
  let slices = Scratch<ByteSlice>()
  var count: Int { slices.count }

  func removeAll() {
    bytes.count = 0
    slices.count = 0
  }
}

/// Reads what `StringStreamEncoder` writes.
final class StringStreamDecoder {
  private let ints: IntStreamDecoder
  private let codes: CodeStreamDecoder
  private let blobs: BlobDecoder
  private let lengths = Scratch<Int64>()
  private let numbers = Scratch<Int64>()
  private let chain = Scratch<Int64>()
  private let templateCodes = Scratch<UInt32>()
  private let sorted = Scratch<ByteSlice>()
  private let sortedWanted = Scratch<Bool>()
  private let groups = GroupOrder()

  init(ints: IntStreamDecoder, codes: CodeStreamDecoder, blobs: BlobDecoder) {
    self.ints = ints
    self.codes = codes
    self.blobs = blobs
  }

  /// Reads `count` strings into `table`, which then holds only these, in their own order.
  ///
  /// - Parameter wanted: which of them anybody will look at; what the others read is undefined.
  func decode(
    _ reader: inout ByteReader, count: Int, wanted: UnsafePointer<Bool>? = nil, into table: StringTable,
    groupCodes: (Grouping) throws -> (codes: UnsafePointer<UInt32>, limit: Int)
  ) throws {
    table.removeAll()
    let start = reader.offset
    let number = try reader.byte()
    guard let grouping = Grouping(rawValue: number) else {
      throw FormatError(.unknown("grouping", UInt64(number)), offset: start)
    }
    if grouping == .none {
      try decode(&reader, count: count, wanted: wanted, into: table)
      return
    }
    let (codes, limit) = try groupCodes(grouping)
    let starts = groups.starts(codes, count: count, limit: limit)
    var wantedByGroup: UnsafePointer<Bool>?
    if let wanted {
      let sorted = sortedWanted.room(count)
      groups.scatter(wanted, codes, count: count, to: sorted)
      wantedByGroup = UnsafePointer(sorted)
    }
    for group in 0..<limit where starts[group + 1] > starts[group] {
      try decode(
        &reader, count: Int(starts[group + 1] - starts[group]), wanted: wantedByGroup.map { $0 + Int(starts[group]) },
        into: table)
    }
    let grouped = sorted.room(count)
    grouped.update(from: table.slices.pointer, count: count)
    groups.gather(grouped, codes, count: count, to: table.slices.pointer)
  }

  /// Reads `count` strings and appends them to `table`.
  func decode(
    _ reader: inout ByteReader, count: Int, wanted: UnsafePointer<Bool>? = nil, into table: StringTable
  ) throws(FormatError) {
    guard count > 0 else { return }
    let start = reader.offset
    let form = try reader.byte()
    switch form {
    case StringForm.plain: try decodePlain(&reader, count: count, into: table)
    case StringForm.numbered: try decodeNumbered(&reader, count: count, wanted: wanted, into: table)
    case StringForm.lowerHex: try decodeHex(&reader, count: count, letters: 87, into: table)
    case StringForm.upperHex: try decodeHex(&reader, count: count, letters: 55, into: table)
    default: throw FormatError(.unknown("form of strings", UInt64(form)), offset: start)
    }
  }

  private func decodePlain(_ reader: inout ByteReader, count: Int, into table: StringTable) throws(FormatError) {
    let start = reader.offset
    let lengths = lengths.room(count)
    try ints.decode(&reader, count: count, into: lengths)
    let blob = try blobs.decode(&reader)
    let firstByte = table.bytes.count
    let firstSlice = table.slices.count
    let slices = table.slices.grow(to: firstSlice + count) + firstSlice
    var at = 0
    for i in 0..<count {
      guard lengths[i] >= 0, lengths[i] <= Int64(blob.count - at) else {
        throw FormatError(.invalid("strings longer than their bytes"), offset: start)
      }
      slices[i] = ByteSlice(firstByte + at, Int(lengths[i]))
      at += Int(lengths[i])
    }
    guard at == blob.count, firstByte + at < UInt32.max else {
      throw FormatError(.invalid("strings shorter than their bytes"), offset: start)
    }
    let out = table.bytes.grow(to: firstByte + at) + firstByte
    if let bytes = blob.baseAddress { UnsafeMutableRawPointer(out).copyMemory(from: bytes, byteCount: at) }
  }

  private func decodeNumbered(
    _ reader: inout ByteReader, count: Int, wanted: UnsafePointer<Bool>?, into table: StringTable
  ) throws(FormatError) {
    let start = reader.offset
    let templateCount = try reader.count(atMost: LogFormat.templateCountMax, "the number of templates")
    var prefixes: [UnsafeRawBufferPointer] = []
    var widths: [Int] = []
    var longest = 0
    for _ in 0..<templateCount {
      let length = try reader.count(atMost: LogFormat.templateByteCountMax, "a prefix")
      prefixes.append(try reader.bytes(length))
      let width = try reader.byte()
      guard 1...18 ~= width else { throw reader.failure(.invalid("\(width) digits of a number")) }
      widths.append(Int(width))
      longest = max(longest, length)
    }
    let used = templateCodes.room(count)
    try codes.decode(&reader, count: count, below: templateCount, into: used)
    let values = numbers.room(count)
    if templateCount == 1 {
      try ints.decode(&reader, count: count, into: values)
    } else {
      for template in 0..<templateCount {
        var chainCount = 0
        for i in 0..<count { chainCount += used[i] == UInt32(template) ? 1 : 0 }
        let chain = chain.room(chainCount)
        try ints.decode(&reader, count: chainCount, into: chain)
        var next = 0
        for i in 0..<count where used[i] == UInt32(template) {
          values[i] = chain[next]
          next += 1
        }
      }
    }
    let firstByte = table.bytes.count
    guard firstByte + count * (longest + 18) < UInt32.max else {
      throw FormatError(.invalid("strings of more than 4 GiB"), offset: start)
    }
    let firstSlice = table.slices.count
    let slices = table.slices.grow(to: firstSlice + count) + firstSlice
    let out = table.bytes.grow(to: firstByte + count * (longest + 18))
    var at = firstByte
    for i in 0..<count {
      if let wanted, !wanted[i] {
        slices[i] = ByteSlice(at, 0)
        continue
      }
      guard values[i] >= 0 && values[i] < 1_000_000_000_000_000_000 else {
        throw FormatError(.invalid("a number of more than 18 digits"), offset: start)
      }
      let template = Int(used[i])
      let prefix = prefixes[template]
      for j in 0..<prefix.count { out[at + j] = prefix[j] }
      let digitStart = at + prefix.count
      let digitCount = max(decimalDigitCount(UInt64(values[i])), widths[template])
      var rest = UInt64(values[i])
      var place = digitStart + digitCount
      while place > digitStart {
        place -= 1
        let tenth = rest / 10
        out[place] = 48 &+ UInt8(truncatingIfNeeded: rest &- tenth &* 10)
        rest = tenth
      }
      slices[i] = ByteSlice(at, prefix.count + digitCount)
      at = digitStart + digitCount
    }
    table.bytes.count = at
  }

  private func decodeHex(
    _ reader: inout ByteReader, count: Int, letters: UInt8, into table: StringTable
  ) throws(FormatError) {
    let start = reader.offset
    let length = try reader.count(atMost: LogFormat.templateByteCountMax, "a pattern")
    let pattern = try reader.bytes(length)
    var placeCount = 0
    for byte in pattern { placeCount += byte == 0 ? 1 : 0 }
    let blob = try blobs.decode(&reader)
    guard blob.count == (count * placeCount + 1) / 2 else {
      throw FormatError(.invalid("hexadecimal digits of another count than announced"), offset: start)
    }
    let firstByte = table.bytes.count
    guard firstByte + count * length < UInt32.max else {
      throw FormatError(.invalid("strings of more than 4 GiB"), offset: start)
    }
    let firstSlice = table.slices.count
    let slices = table.slices.grow(to: firstSlice + count) + firstSlice
    let out = table.bytes.grow(to: firstByte + count * length)
    var at = firstByte
    var nibbleIndex = 0
    for i in 0..<count {
      slices[i] = ByteSlice(at, length)
      for byte in pattern {
        if byte != 0 {
          out[at] = byte
        } else {
          let pair = blob[nibbleIndex >> 1]
          let nibble = nibbleIndex & 1 == 0 ? pair >> 4 : pair & 15
          out[at] = nibble &+ (nibble > 9 ? letters : 48)
          nibbleIndex += 1
        }
        at += 1
      }
    }
  }
}
