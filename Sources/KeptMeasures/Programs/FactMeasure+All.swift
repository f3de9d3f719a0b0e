/// Every measure of things, by the file that declares them.
extension FactMeasure {
  static func all(_ rules: Rulebook) -> [FactMeasure] {
    orders(rules) + returns(rules) + cases(rules) + projects + relationships(rules) + exchanges(rules)
  }
}
