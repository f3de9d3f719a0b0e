import KeptReplay
import Testing

@testable import KeptMeasures

/// The cells of the first customer by column, as text: what the touches of one life say of whose it is.
func traits(
  _ touches: [TestTouch], _ names: String..., asOf: String = "2024-07-01", rulebook: Rulebook = .standard
) -> [String] {
  let table = Lives(touches.sorted { $0.time < $1.time }).tables([.customers], asOf: at(asOf), rulebook: rulebook)[
    "customers"]!
  return names.map { table.texts($0)[0][0] }
}

extension TestTouch {
  /// The same touch, saying one thing more.
  func with(_ field: DetailField, _ value: Value) -> TestTouch {
    var touch = self
    touch.fields[field] = value
    return touch
  }
}
