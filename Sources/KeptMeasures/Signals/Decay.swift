/// Powers of one half, from + − × ÷ √ alone, so that every machine gets the same bits.
///
/// `2^(−x)` is split into whole halvings, 256ths of one, and a rest of at most half a 256th, for which three terms of the
/// series leave an error under 2·10⁻¹³ of the value. A table instead of `exp2` because libm's differ between machines, and
/// because it is the larger part of a fold otherwise.
final class Decay: Sendable {
  /// Ages beyond this many half-lives weigh nothing: 2^−120 of any allowed number of points rounds to 0.
  static let halvingsMax = 120.0
  /// One in a sum of decayed points: sums are integers of 2⁻³² so that no order of adding can change a bit.
  static let unit = 4_294_967_296.0
  static let ln2 = 0.693_147_180_559_945_3

  /// `table[j]` = 2^(−j/256).
  private nonisolated(unsafe) let table: UnsafeMutablePointer<Double>
  private static let fineCount = 256

  init() {
    table = .allocate(capacity: Self.fineCount)
    var roots: [Double] = []
    var root = 0.5
    for _ in 0..<8 {
      root = root.squareRoot()
      roots.append(root)
    }
    for j in 0..<Self.fineCount {
      var product = 1.0
      for bit in 0..<8 where j & (128 >> bit) != 0 { product *= roots[bit] }
      table[j] = product
    }
  }

  deinit { table.deallocate() }

  /// The table for a loop that evaluates many powers with `Decay.power`.
  var pointer: UnsafePointer<Double> { UnsafePointer(table) }

  /// 2^(−steps/256); `steps` ≥ 0, taken as at most 120 half-lives.
  ///
  /// Adding 2^52 rounds to a whole number that then stands in the low bits: no conversion that would have to be checked.
  @inline(__always)
  static func power(steps: Double, _ table: UnsafePointer<Double>) -> Double {
    let taken = steps < stepsMax ? steps : stepsMax
    let shifted = taken + shift
    let rest = (taken - (shifted - shift)) * (ln2 / 256)
    let series = 1 - rest * (1 - rest * (0.5 - rest * (1.0 / 6)))
    let whole = shifted.bitPattern & 0xFFFF
    let halvings = Double(bitPattern: (1023 &- whole >> 8) << 52)
    return table[Int(truncatingIfNeeded: whole & 0xFF)] * series * halvings
  }

  /// A term of a sum as an integer: 0 ≤ `term` < 2^52, the nearest, halves to even.
  @inline(__always)
  static func rounded(_ term: Double) -> Int64 {
    Int64(bitPattern: (term + shift).bitPattern & ((1 << 52) - 1))
  }

  /// 2^(−halvings); `halvings` ≥ 0.
  func power(_ halvings: Double) -> Double {
    halvings < Self.halvingsMax ? Self.power(steps: halvings * Self.stepsPerHalving, pointer) : 0
  }

  static let stepsPerHalving = 256.0
  private static let stepsMax = halvingsMax * stepsPerHalving
  private static let shift = 4_503_599_627_370_496.0
}
