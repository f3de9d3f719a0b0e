import CInstructions

/// How a set of strings is written: LogFormat, "Strings".
enum StringForm {
  static let plain: UInt8 = 0
  /// A prefix and decimal digits.
  static let numbered: UInt8 = 1
  /// One shape for all, with lower-case or upper-case hexadecimal digits where they differ.
  static let lowerHex: UInt8 = 2
  static let upperHex: UInt8 = 3
}

/// Groups of values that are written as separate streams, because they resemble each other. Raw values are on disk.
enum Grouping: UInt8 {
  case none = 0
  case kind = 1
  case source = 2
}

/// Writes sets of strings.
final class StringStreamEncoder {
  private let ints: IntStreamEncoder
  private let codes: CodeStreamEncoder
  private let blobs: BlobEncoder
  private let lengths = Scratch<Int64>()
  private let text = Scratch<UInt8>()
  private let numbers = Scratch<Int64>()
  private let chain = Scratch<Int64>()
  private let templateCodes = Scratch<UInt32>()
  private let ordered = Scratch<ByteSlice>()
  private let groups = GroupOrder()

  init(ints: IntStreamEncoder, codes: CodeStreamEncoder, blobs: BlobEncoder) {
    self.ints = ints
    self.codes = codes
    self.blobs = blobs
  }

  /// Writes `count` strings, those of each group by themselves.
  ///
  /// - Parameter of: each string's group, below `limit`; nil for no groups.
  func encode(
    _ bytes: UnsafePointer<UInt8>, _ slices: UnsafePointer<ByteSlice>, count: Int, grouping: Grouping,
    of groupCodes: UnsafePointer<UInt32>?, limit: Int, to sink: inout ByteSink
  ) {
    guard let groupCodes, grouping != .none, GroupOrder.isWorthwhile(count: count, limit: limit) else {
      sink.append(Grouping.none.rawValue)
      encode(bytes, slices, count: count, to: &sink)
      return
    }
    sink.append(grouping.rawValue)
    let starts = groups.starts(groupCodes, count: count, limit: limit)
    let sorted = ordered.room(count)
    groups.scatter(slices, groupCodes, count: count, to: sorted)
    for group in 0..<limit where starts[group + 1] > starts[group] {
      let start = Int(starts[group])
      encode(bytes, sorted + start, count: Int(starts[group + 1]) - start, to: &sink)
    }
  }

  /// Writes `count` strings.
  func encode(
    _ bytes: UnsafePointer<UInt8>, _ slices: UnsafePointer<ByteSlice>, count: Int, to sink: inout ByteSink
  ) {
    guard count > 0 else { return }
    if encodeNumbered(bytes, slices, count: count, to: &sink) { return }
    if encodeHex(bytes, slices, count: count, to: &sink) { return }
    sink.append(StringForm.plain)
    let lengths = lengths.room(count)
    var total = 0
    for i in 0..<count {
      lengths[i] = Int64(slices[i].count)
      total += Int(slices[i].count)
    }
    ints.encode(lengths, count: count, to: &sink)
    let out = text.room(total)
    var at = 0
    for i in 0..<count {
      let length = Int(slices[i].count)
      (out + at).update(from: bytes + Int(slices[i].offset), count: length)
      at += length
    }
    blobs.encode(out, count: total, to: &sink)
  }

  // MARK: A prefix and a number

  private static let prefetchDistance = 16

  private struct Template {
    var prefix: ByteSlice
    /// Zeros fill up to this many digits; 1 where there are no leading zeros.
    var width: Int
  }

  @inline(__always)
  private static func fits(
    _ template: Template, _ bytes: UnsafePointer<UInt8>, _ start: UnsafePointer<UInt8>, _ prefixLength: Int,
    _ digitCount: Int, _ isPadded: Bool
  ) -> Bool {
    guard Int(template.prefix.count) == prefixLength,
      digitCount == template.width || digitCount > template.width && !isPadded
    else { return false }
    let prefix = bytes + Int(template.prefix.offset)
    for j in 0..<prefixLength where prefix[j] != start[j] { return false }
    return true
  }

  private func encodeNumbered(
    _ bytes: UnsafePointer<UInt8>, _ slices: UnsafePointer<ByteSlice>, count: Int, to sink: inout ByteSink
  ) -> Bool {
    let values = numbers.room(count)
    let used = templateCodes.room(count)
    var templates: [Template] = []
    // The template of the string before, most likely this one's.
    var last = 0
    var template = Template(prefix: .absent, width: 0)
    for i in 0..<count {
      // The texts are spread over an arena that has long left the cache.
      if i + Self.prefetchDistance < count { kept_prefetch(bytes + Int(slices[i + Self.prefetchDistance].offset)) }
      let isSame = i > 0
      let slice = slices[i]
      let start = bytes + Int(slice.offset)
      let length = Int(slice.count)
      let (value, digitCount) = Self.trailingNumber(start, length)
      guard digitCount > 0 else { return false }
      let prefixLength = length - digitCount
      guard prefixLength <= LogFormat.templateByteCountMax else { return false }
      let isPadded = start[prefixLength] == 48 && digitCount > 1
      if !isSame || !Self.fits(template, bytes, start, prefixLength, digitCount, isPadded) {
        if let found = templates.firstIndex(where: {
          Self.fits($0, bytes, start, prefixLength, digitCount, isPadded)
        }) {
          last = found
        } else {
          guard templates.count < LogFormat.templateCountMax, templates.count <= count / 4 else { return false }
          last = templates.count
          templates.append(
            Template(
              prefix: ByteSlice(offset: slice.offset, count: UInt32(prefixLength)), width: isPadded ? digitCount : 1))
        }
        template = templates[last]
      }
      values[i] = value
      used[i] = UInt32(last)
    }
    sink.append(StringForm.numbered)
    sink.append(varint: templates.count)
    for template in templates {
      sink.append(varint: Int(template.prefix.count))
      sink.append(bytes + Int(template.prefix.offset), count: Int(template.prefix.count))
      sink.append(UInt8(template.width))
    }
    codes.encode(used, count: count, to: &sink)
    if templates.count == 1 {
      ints.encode(values, count: count, to: &sink)
      return true
    }
    let chain = chain.room(count)
    for template in 0..<templates.count {
      var chainCount = 0
      for i in 0..<count where used[i] == UInt32(template) {
        chain[chainCount] = values[i]
        chainCount += 1
      }
      ints.encode(chain, count: chainCount, to: &sink)
    }
    return true
  }

  /// The number that the last digits of a string make, at most 18 of them, and how many they are.
  @inline(__always)
  private static func trailingNumber(_ start: UnsafePointer<UInt8>, _ length: Int) -> (value: Int64, digitCount: Int) {
    var digitCount = 0
    var value: Int64 = 0
    var power: Int64 = 1
    // Eight at once where they are all digits: neighbours are joined three times.
    if length >= 8 {
      let last = UnsafeRawPointer(start + (length - 8)).loadUnaligned(as: UInt64.self)
      var word = UInt64(littleEndian: last) ^ 0x3030_3030_3030_3030
      if (word | (word &+ 0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080 == 0 {
        word = word &* 10 &+ word &>> 8
        word = (word & 0x00ff_00ff_00ff_00ff) &* 100 &+ (word & 0x00ff_00ff_00ff_00ff) &>> 16
        word = (word & 0x0000_ffff_0000_ffff) &* 10_000 &+ (word & 0x0000_ffff_0000_ffff) &>> 32
        value = Int64(word & 0xffff_ffff)
        digitCount = 8
        power = 100_000_000
      }
    }
    while digitCount < length && digitCount < 18 {
      let digit = start[length - 1 - digitCount] &- 48
      guard digit <= 9 else { break }
      value &+= Int64(digit) &* power
      power &*= 10
      digitCount += 1
    }
    return (value, digitCount)
  }

  // MARK: Hexadecimal digits in a fixed shape

  private func encodeHex(
    _ bytes: UnsafePointer<UInt8>, _ slices: UnsafePointer<ByteSlice>, count: Int, to sink: inout ByteSink
  ) -> Bool {
    let length = Int(slices[0].count)
    guard count >= 4, length >= 8, length <= LogFormat.templateByteCountMax else { return false }
    // Where strings differ from the first one, and whether each place only ever holds digits of one case.
    var differs = [UInt8](repeating: 0, count: length)
    let first = bytes + Int(slices[0].offset)
    for i in 1..<count {
      guard Int(slices[i].count) == length else { return false }
      let other = bytes + Int(slices[i].offset)
      for j in 0..<length { differs[j] |= other[j] ^ first[j] }
      // Text of one length is soon found out.
      if i & 63 == 1 && !isHex(first, other, differs) { return false }
    }
    var pattern = [UInt8](repeating: 0, count: length)
    var places: [Int] = []
    var cases: UInt8 = 0
    for j in 0..<length {
      if differs[j] == 0 && first[j] != 0 {
        pattern[j] = first[j]
      } else {
        places.append(j)
      }
    }
    for i in 0..<count {
      let other = bytes + Int(slices[i].offset)
      for j in places {
        let class_ = Self.hexClass[Int(other[j])]
        guard class_ != 0 else { return false }
        cases |= class_
      }
    }
    guard cases & 6 != 6, places.count >= 4 else { return false }
    sink.append(cases & 4 != 0 ? StringForm.upperHex : StringForm.lowerHex)
    sink.append(varint: length)
    sink.append(pattern)
    let out = text.room((count * places.count + 1) / 2)
    var at = 0
    var high: UInt8 = 0
    var isLow = false
    for i in 0..<count {
      let other = bytes + Int(slices[i].offset)
      for j in places {
        let digit = other[j]
        let nibble = (digit & 15) &+ (digit > 57 ? 9 : 0)
        if isLow {
          out[at] = high | nibble
          at += 1
        } else {
          high = nibble << 4
        }
        isLow.toggle()
      }
    }
    if isLow {
      out[at] = high
      at += 1
    }
    blobs.encode(out, count: at, to: &sink)
    return true
  }

  private func isHex(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ differs: [UInt8]) -> Bool {
    for j in 0..<differs.count where differs[j] != 0 {
      if Self.hexClass[Int(a[j])] == 0 || Self.hexClass[Int(b[j])] == 0 { return false }
    }
    return true
  }

  /// 1: a digit, 2: a lower-case hexadecimal letter, 4: an upper-case one, 0: anything else.
  private static let hexClass: InlineArray<256, UInt8> = InlineArray { byte in
    switch byte {
    case 48...57: 1
    case 97...102: 2
    case 65...70: 4
    default: 0
    }
  }
}
