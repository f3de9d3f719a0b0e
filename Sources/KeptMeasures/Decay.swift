/// Powers of one half, from + − × ÷ √ alone, so that every machine gets the same bits.
///
/// `2^(−x)` is split at whole halvings, at 256ths of one, and a rest below 1/256, for which three terms of the series
/// leave an error under 3·10⁻¹² of the value. A table instead of `exp2` because libm's differ between machines, and
/// because it is the larger part of a fold otherwise.
final class Decay: Sendable {
  /// Ages beyond this many half-lives weigh nothing: 2^−120 of any allowed number of points rounds to 0.
  static let halvingsMax = 120.0
  /// One in a sum of decayed points: sums are integers of 2⁻³² so that no order of adding can change a bit.
  static let unit = 4_294_967_296.0
  static let ln2 = 0.693_147_180_559_945_3

  /// `fine[j]` = 2^(−j/256), then `halves[i]` = 2^(−i), in one allocation.
  private nonisolated(unsafe) let table: UnsafeMutablePointer<Double>
  static let fineCount = 256
  static let halfCount = 128

  init() {
    table = .allocate(capacity: Self.fineCount + Self.halfCount)
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
    var half = 1.0
    for i in 0..<Self.halfCount {
      table[Self.fineCount + i] = half
      half *= 0.5
    }
  }

  deinit { table.deallocate() }

  /// The table for a loop that evaluates many powers with `Decay.power`.
  var pointer: UnsafePointer<Double> { UnsafePointer(table) }

  /// 2^(−halvings); `halvings` ≥ 0.
  @inline(__always)
  static func power(_ halvings: Double, _ table: UnsafePointer<Double>) -> Double {
    guard halvings < halvingsMax else { return 0 }
    let whole = Int(truncatingIfNeeded: Int64(halvings))
    let fraction = (halvings - Double(whole)) * 256
    let step = Int(truncatingIfNeeded: Int64(fraction))
    let rest = (fraction - Double(step)) * (ln2 / 256)
    let series = 1 - rest * (1 - rest * (0.5 - rest * (1.0 / 6)))
    return table[step] * series * table[fineCount + whole]
  }

  func power(_ halvings: Double) -> Double { Self.power(halvings, pointer) }
}
