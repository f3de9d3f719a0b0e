/// A numerator or a denominator: what it is, and what it is counted in.
struct MeasurePart: Sendable, ExpressibleByStringLiteral {
  let meaning: String
  let unit: String

  init(_ meaning: String, unit: String = ColumnUnit.count) {
    self.meaning = meaning
    self.unit = unit
  }

  /// A number of things.
  init(stringLiteral meaning: String) { self.init(meaning) }
}
