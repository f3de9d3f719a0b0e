/// How a stream of integers is written: LogFormat, "Integers". The numbers are the bits of its mode byte.
struct IntMode {
  static let delta: UInt8 = 1
  /// One width for all miniblocks.
  static let uniform: UInt8 = 2
  /// LEB128 bytes instead of packed bits, for mostly small values with a few large ones.
  static let varints: UInt8 = 4
}

/// Writes streams of integers; one instance is used for many, so that its memory is.
final class IntStreamEncoder {
  private let packed = Scratch<UInt64>()
  private let widened = Scratch<Int64>()
  private let deltas = Scratch<Int64>()
  private let body = Scratch<UInt8>()
  private let blobs: BlobEncoder

  init(blobs: BlobEncoder) { self.blobs = blobs }

  /// One way to write the values, with its size: exact but for varints of a unit that is no power of two.
  private struct Plan {
    var isDelta = false
    var isUniform = false
    var isVarint = false
    var base: Int64 = 0
    var unit: UInt64 = 1
    var width = 0
    var byteCount = Int.max
  }

  func encode(_ values: UnsafePointer<Int64>, count: Int, to sink: inout ByteSink) {
    guard count > 0 else { return }
    var best = plan(values, count: count, isDelta: false)
    // A constant needs no second look.
    if count > 2 && !(best.isUniform && best.width == 0) {
      let differences = deltas.room(count - 1)
      for i in 1..<count { differences[i - 1] = values[i] &- values[i - 1] }
      let delta = plan(differences, count: count - 1, isDelta: true)
      if delta.byteCount < best.byteCount { best = delta }
    }
    write(best, values, count: count, to: &sink)
  }

  /// Numbers of 32 bits.
  ///
  /// - Parameter isOrdered: false for codes, whose differences say nothing and are not tried.
  func encode(_ values: UnsafePointer<UInt32>, count: Int, isOrdered: Bool = false, to sink: inout ByteSink) {
    guard count > 0 else { return }
    let wide = widened.room(count)
    for i in 0..<count { wide[i] = Int64(values[i]) }
    if isOrdered { return encode(wide, count: count, to: &sink) }
    write(plan(wide, count: count, isDelta: false), wide, count: count, to: &sink)
  }

  /// Measures without writing: two passes over the values.
  private func plan(_ values: UnsafePointer<Int64>, count: Int, isDelta: Bool) -> Plan {
    var lowest = values[0]
    var highest = values[0]
    for i in 1..<max(count, 1) {
      lowest = min(lowest, values[i])
      highest = max(highest, values[i])
    }
    var plan = Plan(isDelta: isDelta, base: lowest)
    plan.unit = unit(values, count: count, base: lowest)
    let widest = BitPacking.width(UInt64(bitPattern: highest &- lowest) / plan.unit)
    let uniformByteCount = BitPacking.byteCount(count, width: widest)
    if widest == 0 {
      plan.isUniform = true
      plan.byteCount = 0
      return plan
    }
    var varyingByteCount = 0
    var start = 0
    while start < count {
      let end = min(start + LogFormat.miniblockCount, count)
      var largest: UInt64 = 0
      for i in start..<end { largest = max(largest, UInt64(bitPattern: values[i] &- lowest)) }
      let width = BitPacking.width(largest / plan.unit)
      varyingByteCount += 1 + BitPacking.byteCount(end - start, width: width)
      start = end
    }
    plan.isUniform = uniformByteCount <= varyingByteCount
    plan.width = widest
    plan.byteCount = min(uniformByteCount, varyingByteCount)
    // Bits decode several times faster, so bytes must save a tenth; there is at least one for each value.
    if count < plan.byteCount / 10 * 9 {
      let varintByteCount = varintByteCount(values, count: count, plan)
      if varintByteCount < plan.byteCount / 10 * 9 {
        plan.isVarint = true
        plan.isUniform = false
        plan.byteCount = varintByteCount
      }
    }
    return plan
  }

  /// Without division: the width of a quotient is at most one more than the difference of the widths.
  private func varintByteCount(_ values: UnsafePointer<Int64>, count: Int, _ plan: Plan) -> Int {
    let isExact = plan.unit & (plan.unit - 1) == 0
    let unitWidth = BitPacking.width(plan.unit - 1) - (isExact ? 0 : 1)
    var byteCount = 0
    for i in 0..<count {
      let width = BitPacking.width(UInt64(bitPattern: values[i] &- plan.base)) - unitWidth
      byteCount += Self.varintByteCounts[max(width, 0)]
    }
    return byteCount
  }

  /// `varintByteCounts[w]`: bytes of a varint with `w` significant bits.
  private static let varintByteCounts: InlineArray<66, Int> = InlineArray { max(1, ($0 + 6) / 7) }

  /// The greatest common divisor of all differences to `base`; 1 where all are equal.
  private func unit(_ values: UnsafePointer<Int64>, count: Int, base: Int64) -> UInt64 {
    var divisor: UInt64 = 0
    for i in 0..<count {
      var rest = UInt64(bitPattern: values[i] &- base)
      if divisor == 0 { divisor = rest; continue }
      if rest == 0 { continue }
      // The usual case is one remainder; Euclid goes on where there is one.
      var larger = divisor
      rest %= larger
      while rest != 0 { (larger, rest) = (rest, larger % rest) }
      divisor = larger
      if divisor == 1 { return 1 }
    }
    // A unit beyond Int64 could not be multiplied back in signed arithmetic that readers in other languages use.
    return divisor == 0 || divisor > UInt64(Int64.max) ? 1 : divisor
  }

  private func write(_ plan: Plan, _ all: UnsafePointer<Int64>, count allCount: Int, to sink: inout ByteSink) {
    let values = plan.isDelta ? UnsafePointer(deltas.pointer) : all
    let count = plan.isDelta ? allCount - 1 : allCount
    sink.append(
      (plan.isDelta ? IntMode.delta : 0) | (plan.isUniform ? IntMode.uniform : 0)
        | (plan.isVarint ? IntMode.varints : 0))
    if plan.isDelta { sink.append(zigzag: all[0]) }
    sink.append(zigzag: plan.base)
    sink.append(varint: plan.unit)
    if plan.isUniform {
      sink.append(UInt8(plan.width))
      if plan.width == 0 { return }
    }
    let units = packed.room(count)
    if plan.unit == 1 {
      for i in 0..<count { units[i] = UInt64(bitPattern: values[i] &- plan.base) }
    } else {
      for i in 0..<count { units[i] = UInt64(bitPattern: values[i] &- plan.base) / plan.unit }
    }
    let miniblocks = (count + LogFormat.miniblockCount - 1) / LogFormat.miniblockCount
    let out = body.room(count * 10 + miniblocks + 16)
    var at = 0
    if plan.isVarint {
      for i in 0..<count {
        var rest = units[i]
        while rest >= 0x80 {
          out[at] = UInt8(truncatingIfNeeded: rest) | 0x80
          at += 1
          rest >>= 7
        }
        out[at] = UInt8(truncatingIfNeeded: rest)
        at += 1
      }
    } else if plan.isUniform {
      BitPacking.pack(units, count: count, width: plan.width, to: out)
      at = BitPacking.byteCount(count, width: plan.width)
    } else {
      at = miniblocks
      for miniblock in 0..<miniblocks {
        let start = miniblock * LogFormat.miniblockCount
        let here = min(LogFormat.miniblockCount, count - start)
        var all: UInt64 = 0
        for i in start..<start + here { all |= units[i] }
        let width = BitPacking.width(all)
        out[miniblock] = UInt8(width)
        BitPacking.pack(units + start, count: here, width: width, to: out + at)
        at += BitPacking.byteCount(here, width: width)
      }
    }
    blobs.encode(out, count: at, to: &sink)
  }
}

/// Reads streams of integers.
final class IntStreamDecoder {
  private let blobs: BlobDecoder

  init(blobs: BlobDecoder) { self.blobs = blobs }

  /// Reads `count` values into `out`, wrapping at the width of `Value`: who needs a range checks it.
  func decode<Value: FixedWidthInteger>(
    _ reader: inout ByteReader, count: Int, into out: UnsafeMutablePointer<Value>
  ) throws(FormatError) {
    guard count > 0 else { return }
    let start = reader.offset
    let mode = try reader.byte()
    let isDelta = mode & IntMode.delta != 0
    let isUniform = mode & IntMode.uniform != 0
    let isVarint = mode & IntMode.varints != 0
    guard mode < 8, !(isUniform && isVarint) else { throw FormatError(.unknown("integer mode", UInt64(mode)), offset: start) }
    let first = isDelta ? try reader.zigzag() : 0
    let base = try reader.zigzag()
    let unit = Int64(bitPattern: try reader.varint())
    let packedCount = isDelta ? count - 1 : count
    var target = out
    if isDelta {
      target[0] = Value(truncatingIfNeeded: first)
      target += 1
    }
    var uniformWidth = 0
    if isUniform {
      uniformWidth = Int(try reader.byte())
      guard uniformWidth <= 64 else { throw reader.failure(.invalid("\(uniformWidth) bits in an integer")) }
      if uniformWidth == 0 {
        target.update(repeating: Value(truncatingIfNeeded: base), count: packedCount)
        if isDelta { Self.sum(target, count: packedCount) }
        return
      }
    }
    let blob = try blobs.decode(&reader)
    if isVarint {
      try Self.unpackVarints(blob, at: start, count: packedCount, base: base, unit: unit, to: target)
      if isDelta { Self.sum(target, count: packedCount) }
      return
    }
    let miniblocks = (packedCount + LogFormat.miniblockCount - 1) / LogFormat.miniblockCount
    var at = isUniform ? 0 : miniblocks
    guard at <= blob.count else { throw FormatError(.truncated, offset: start) }
    for miniblock in 0..<miniblocks {
      let done = miniblock * LogFormat.miniblockCount
      let here = min(LogFormat.miniblockCount, packedCount - done)
      let width = isUniform ? uniformWidth : Int(blob[miniblock])
      let byteCount = BitPacking.byteCount(here, width: width)
      guard width <= 64, byteCount <= blob.count - at else {
        throw FormatError(.invalid("integers of another length than announced"), offset: start)
      }
      BitPacking.unpack(
        blob.baseAddress! + at, count: here, width: width, base: base, unit: unit, to: target + done)
      // While the miniblock is in the nearest cache.
      if isDelta { Self.sum(target + done, count: here) }
      at += byteCount
    }
    guard at == blob.count else {
      throw FormatError(.invalid("integers of another length than announced"), offset: start)
    }
  }

  /// Differences to values; the value before the first stands before `values`.
  @inline(__always)
  private static func sum<Value: FixedWidthInteger>(_ values: UnsafeMutablePointer<Value>, count: Int) {
    var value = values[-1]
    for i in 0..<count {
      value &+= values[i]
      values[i] = value
    }
  }

  private static func unpackVarints<Value: FixedWidthInteger>(
    _ blob: UnsafeRawBufferPointer, at offset: Int, count: Int, base: Int64, unit: Int64,
    to out: UnsafeMutablePointer<Value>
  ) throws(FormatError) {
    var reader = ByteReader(blob)
    for i in 0..<count {
      let packed: UInt64
      do throws(FormatError) { packed = try reader.varint() } catch { throw FormatError(error.kind, offset: offset) }
      out[i] = Value(truncatingIfNeeded: base &+ unit &* Int64(bitPattern: packed))
    }
    guard reader.isAtEnd else {
      throw FormatError(.invalid("integers of another length than announced"), offset: offset)
    }
  }
}
