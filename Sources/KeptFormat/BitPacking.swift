/// Unsigned values in the fewest bits that hold the largest, least significant bit first.
enum BitPacking {
  static func byteCount(_ count: Int, width: Int) -> Int { (count * width + 7) >> 3 }

  @inline(__always)
  static func width(_ largest: UInt64) -> Int { 64 - largest.leadingZeroBitCount }

  /// Writes `byteCount(count, width:)` bytes, and touches up to eight more.
  static func pack(_ values: UnsafePointer<UInt64>, count: Int, width: Int, to out: UnsafeMutablePointer<UInt8>) {
    guard width > 0 else { return }
    let raw = UnsafeMutableRawPointer(out)
    var at = 0
    var word: UInt64 = 0
    var filled = 0
    for i in 0..<count {
      let value = values[i]
      word |= value &<< UInt64(truncatingIfNeeded: filled)
      filled &+= width
      if filled >= 64 {
        raw.storeBytes(of: word.littleEndian, toByteOffset: at, as: UInt64.self)
        at &+= 8
        filled &-= 64
        // What did not fit; all of the value's bits fitted where nothing is left over.
        word = filled == 0 ? 0 : value &>> UInt64(truncatingIfNeeded: width &- filled)
      }
    }
    if filled > 0 { raw.storeBytes(of: word.littleEndian, toByteOffset: at, as: UInt64.self) }
  }

  /// Reads `count` values, each `base + unit * packed` with wrapping arithmetic.
  ///
  /// The caller owes `byteCount(count, width:)` bytes and eight readable ones behind them, and a width of at most 64.
  static func unpack<Value: FixedWidthInteger>(
    _ bytes: UnsafeRawPointer, count: Int, width: Int, base: Int64, unit: Int64, to out: UnsafeMutablePointer<Value>
  ) {
    let base = Value(truncatingIfNeeded: base)
    let unit = Value(truncatingIfNeeded: unit)
    if width == 0 { return out.update(repeating: base, count: count) }
    // Eight values fill whole bytes; as many of them as fit are taken from one load.
    let whole = count & ~7
    var done = whole
    switch width {
    case 1...8: unpackEights(bytes, whole, width, loads: 1, base, unit, out)
    case 9...15: unpackEights(bytes, whole, width, loads: 2, base, unit, out)
    case 16...28: unpackEights(bytes, whole, width, loads: 4, base, unit, out)
    case 29...57: unpackEights(bytes, whole, width, loads: 8, base, unit, out)
    default: done = 0
    }
    let mask: UInt64 = width == 64 ? .max : (1 << UInt64(width)) &- 1
    for i in done..<count {
      let bit = i * width
      let shift = UInt64(bit & 7)
      let low = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self)) >> shift
      // Where 64 bits do not reach, the ninth byte has the rest.
      let high = UInt64(bytes.load(fromByteOffset: bit >> 3 + 8, as: UInt8.self)) << (64 - shift)
      out[i] = base &+ unit &* Value(truncatingIfNeeded: (low | high) & mask)
    }
  }

  /// `count` is a multiple of eight, 8 / `loads` values fit into 57 bits (64 where they start at a byte).
  @inline(__always)
  private static func unpackEights<Value: FixedWidthInteger>(
    _ bytes: UnsafeRawPointer, _ count: Int, _ width: Int, loads: Int, _ base: Value, _ unit: Value,
    _ out: UnsafeMutablePointer<Value>
  ) {
    let mask: UInt64 = (1 &<< UInt64(truncatingIfNeeded: width)) &- 1
    let shift = UInt64(truncatingIfNeeded: width)
    let valuesPerLoad = 8 / loads
    var start = bytes
    var i = 0
    while i < count {
      for load in 0..<loads {
        let bit = load &* valuesPerLoad &* width
        var word = UInt64(littleEndian: start.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self))
        word = word &>> UInt64(truncatingIfNeeded: bit & 7)
        for j in 0..<valuesPerLoad {
          out[i &+ load &* valuesPerLoad &+ j] = base &+ unit &* Value(truncatingIfNeeded: word & mask)
          word = word &>> shift
        }
      }
      start += width
      i &+= 8
    }
  }
}
