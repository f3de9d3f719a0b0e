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
      word |= value << UInt64(filled)
      filled += width
      if filled >= 64 {
        raw.storeBytes(of: word.littleEndian, toByteOffset: at, as: UInt64.self)
        at += 8
        filled -= 64
        // What did not fit; all of the value's bits fitted where nothing is left over.
        word = filled == 0 ? 0 : value >> UInt64(width - filled)
      }
    }
    if filled > 0 { raw.storeBytes(of: word.littleEndian, toByteOffset: at, as: UInt64.self) }
  }

  /// Reads `count` values, each `base + unit * packed` with wrapping arithmetic.
  ///
  /// The caller owes `byteCount(count, width:)` bytes and eight readable ones behind them, and a width of at most 64.
  @inline(__always)
  static func unpack<Value: FixedWidthInteger>(
    _ bytes: UnsafeRawPointer, count: Int, width: Int, base: Int64, unit: Int64, to out: UnsafeMutablePointer<Value>
  ) {
    if width == 0 {
      out.update(repeating: Value(truncatingIfNeeded: base), count: count)
    } else if width <= 57 {
      let mask: UInt64 = (1 << UInt64(width)) &- 1
      var bit = 0
      if unit == 1 {
        for i in 0..<count {
          let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self))
          let packed = Int64(bitPattern: word &>> UInt64(truncatingIfNeeded: bit & 7) & mask)
          out[i] = Value(truncatingIfNeeded: base &+ packed)
          bit &+= width
        }
      } else {
        for i in 0..<count {
          let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self))
          let packed = Int64(bitPattern: word &>> UInt64(truncatingIfNeeded: bit & 7) & mask)
          out[i] = Value(truncatingIfNeeded: base &+ unit &* packed)
          bit &+= width
        }
      }
    } else {
      let mask: UInt64 = width == 64 ? .max : (1 << UInt64(width)) &- 1
      for i in 0..<count {
        let bit = i * width
        let low = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self)) >> UInt64(bit & 7)
        let high = UInt64(bytes.load(fromByteOffset: bit >> 3 + 8, as: UInt8.self))
        let packed = (bit & 7 == 0 ? low : low | high << UInt64(64 - bit & 7)) & mask
        out[i] = Value(truncatingIfNeeded: base &+ unit &* Int64(bitPattern: packed))
      }
    }
  }
}
