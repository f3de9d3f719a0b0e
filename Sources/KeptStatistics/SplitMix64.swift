/// A stream of pseudo-random numbers that its seed fixes for ever (Steele, Lea and Flood 2014, OOPSLA).
///
/// Small state, every seed is a good one, and the numbers pass the usual batteries; not for secrets.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  /// The seed that belongs to what a number is of: a measure and the key of its row, say.
  ///
  /// FNV-1a over the UTF-8 of `names`, each with a 0xFF after it, which UTF-8 does not contain: "a", "bc" is not "ab", "c".
  public static func seed(of names: String...) -> UInt64 {
    var state: UInt64 = 0xCBF2_9CE4_8422_2325
    for name in names {
      for byte in name.utf8 { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
      state = (state ^ 0xFF) &* 0x0000_0100_0000_01B3
    }
    return state
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A whole number in [0, `count`); `count` ≥ 1.
  ///
  /// The high half of a product, not the standard library's `random(in:using:)`: that one's way from the stream to a
  /// number is not promised to stay. The bias, `count` in 2^64, is out of reach of any sample.
  public mutating func next(below count: Int) -> Int {
    precondition(count >= 1, "a number below \(count)")
    return Int(next().multipliedFullWidth(by: UInt64(count)).high)
  }

  /// A number in [0, 1), a multiple of 2⁻⁵³.
  public mutating func nextUnit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
