import KeptSnapshot

extension TableName {
  /// What a cell says, and by which formula: that of its column, or where every row of a table is another measure, of the
  /// measure.
  ///
  /// - Parameter ids: what the row says in the columns that tell it from others.
  public func definition(of column: String, ids: [String], rules: Rulebook) -> ColumnSpec? {
    guard let spec = schema.columns.first(where: { $0.name == column }) else { return nil }
    guard self == .measures, let measure = MeasureSpec.all(rules).first(where: { ids.contains($0.name) }) else {
      return spec
    }
    guard column != "value" else { return measure.column }
    let part = column == "num" ? measure.num : column == "den" ? measure.den : nil
    return ColumnSpec(
      column, spec.type, isNullable: spec.isNullable, unit: part?.unit ?? measure.unit,
      meaning: "\(spec.meaning): \(measure.meaning)",
      formula: measure.formula, seed: measure.seed, direction: measure.direction, highIsGood: measure.highIsGood)
  }

  /// The names of the numerator's and the denominator's columns, where the column is their quotient.
  public func ratio(_ column: String) -> (num: String, den: String)? {
    let (num, den) = self == .measures && column == "value" ? ("num", "den") : ("\(column)_num", "\(column)_den")
    let names = schema.columns.map(\.name)
    return names.contains(num) && names.contains(den) ? (num, den) : nil
  }

  /// Whether a row belongs to one customer's life.
  public var isOfCustomers: Bool { keys.contains("customer") }
}

extension Rulebook {
  /// Every measure's name.
  public var measureNames: [String] { MeasureSpec.all(self).map(\.name) }

  /// What a rule hears in a touch; nil where there is no such rule.
  public func why(ofRule name: String) -> String? { signals.first { $0.name == name }?.why }

  /// What a customer would say of a touch that a rule hears; where nobody put it in words, what the rule hears.
  public func lived(ofRule name: String) -> String? {
    signals.first { $0.name == name }.map { $0.lived.isEmpty ? $0.why : $0.lived }
  }

  /// Whether an index says into (true) or not into (false); nil where it says neither, or nothing is heard.
  public func isInto(_ index: Double?) -> Bool? {
    switch Affinity(rules: self.index).verdict(index) {
    case .into: true
    case .notInto: false
    case .unknown: nil
    }
  }

  /// The same rules, but that one of ours is shown from the first touch on: for single lives, which seldom make twenty.
  public func countingEveryAgent() -> Rulebook {
    var rules = self
    rules.counting.agentTouchesMin = 1
    return rules
  }
}
