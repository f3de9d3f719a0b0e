/// Decides whether a chunk's values are better written once and referred to, and if so builds the dictionary page and
/// the codes. Entries stand in order of first use.
struct DictionaryBuilder: ~Copyable {
  /// The entries, plain-encoded.
  private(set) var page = PageBuffer()
  private(set) var count = 0
  private var codeBuffer = PageBuffer()
  private var table = PageBuffer()

  /// A larger one no longer stays in a reader's cache.
  static let byteCountMax = 1 << 20
  /// Distinct fixed-width values beyond this are not worth looking for.
  static let fixedCountMax = 4096
  private static let slotCount = fixedCountMax * 4
  /// Strings from a larger range are only looked at where a sample repeats itself.
  private static let codeRangeMax = 1 << 16

  /// A code per value, after `build` has returned true.
  var codes: UnsafePointer<UInt32> { UnsafePointer(codeBuffer.base.assumingMemoryBound(to: UInt32.self)) }

  mutating func reset() {
    page.count = 0
    count = 0
  }

  /// Fixed-width values by their bits, through a small hash table; a sample spares most columns of distinct values it.
  mutating func build<Pattern: FixedWidthInteger & UnsignedInteger>(_ values: UnsafeBufferPointer<Pattern>) -> Bool {
    guard values.count >= 64, Self.isRepetitive(values) else { return false }
    let width = MemoryLayout<Pattern>.size
    let slots = clearTable(slotCount: Self.slotCount)
    let codes = roomForCodes(values.count)
    let shift = UInt64(64 - (Self.slotCount - 1).nonzeroBitCount)
    page.reserve(Self.fixedCountMax * width)
    let entries = page.base.bindMemory(to: Pattern.self, capacity: Self.fixedCountMax)
    for index in 0..<values.count {
      let value = values[index]
      var slot = Int(truncatingIfNeeded: (UInt64(value) &* 0x9E37_79B9_7F4A_7C15) >> shift)
      while slots[slot] != .max && entries[Int(slots[slot])] != value { slot = (slot + 1) & (Self.slotCount - 1) }
      if slots[slot] == .max {
        guard count < Self.fixedCountMax else { return false }
        entries[count] = value.littleEndian
        slots[slot] = UInt32(count)
        count += 1
      }
      codes[index] = slots[slot]
    }
    page.count = count * width
    return pays(plainByteCount: values.count * width, valueCount: values.count)
  }

  /// Strings by their codes, through a table over the range of codes in use.
  ///
  /// - Returns: the bounds of the strings, or nil where a dictionary does not pay.
  mutating func build(_ source: UnsafeBufferPointer<UInt32>, _ strings: StringPointers) -> StringBounds? {
    guard let first = source.first else { return nil }
    var (least, greatest) = (first, first)
    for code in source {
      least = min(least, code)
      greatest = max(greatest, code)
    }
    let range = Int(greatest - least) + 1
    guard range <= Self.codeRangeMax || (range <= 16 * source.count && Self.isRepetitive(source)) else { return nil }
    let slots = clearTable(slotCount: range)
    let codes = roomForCodes(source.count)
    var bounds = StringBounds(first, strings)
    var plainByteCount = 0
    for index in 0..<source.count {
      let code = source[index]
      let start = strings.offsets[Int(code)]
      let length = strings.offsets[Int(code) + 1] - start
      plainByteCount += length + 4
      let slot = Int(code - least)
      if slots[slot] == .max {
        bounds.add(code, start, length, strings)
        strings.append(start, length, to: &page)
        guard page.count <= Self.byteCountMax else { return nil }
        slots[slot] = UInt32(count)
        count += 1
      }
      codes[index] = slots[slot]
    }
    return pays(plainByteCount: plainByteCount, valueCount: source.count) ? bounds : nil
  }

  private func pays(plainByteCount: Int, valueCount: Int) -> Bool {
    let codeByteCount = valueCount * RunLengthHybrid.bitWidth(codeCount: count) / 8
    return (page.count + codeByteCount) * 10 <= plainByteCount * 7
  }

  private mutating func clearTable(slotCount: Int) -> UnsafeMutablePointer<UInt32> {
    table.reserve(slotCount * 4)
    let slots = table.base.bindMemory(to: UInt32.self, capacity: slotCount)
    slots.update(repeating: .max, count: slotCount)
    return slots
  }

  private mutating func roomForCodes(_ count: Int) -> UnsafeMutablePointer<UInt32> {
    codeBuffer.reserve(count * 4)
    return codeBuffer.base.bindMemory(to: UInt32.self, capacity: count)
  }

  /// Whether fewer than half of up to 256 values, spread evenly, are distinct.
  private static func isRepetitive<Pattern: FixedWidthInteger>(_ values: UnsafeBufferPointer<Pattern>) -> Bool {
    let step = max(1, values.count / 256)
    var sample = stride(from: 0, to: values.count, by: step).map { values[$0] }
    sample.sort()
    var distinct = 1
    for index in 1..<sample.count where sample[index] != sample[index - 1] { distinct += 1 }
    return distinct * 2 <= sample.count
  }
}
