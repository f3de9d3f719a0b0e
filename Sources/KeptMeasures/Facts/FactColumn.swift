import KeptSnapshot

/// A column of a fact table: what it says, and how a row's word stands for its value.
struct FactColumn: Sendable {
  /// What a word of a row is; `FactRows.absent` is NULL in all of them.
  enum Value: Sendable {
    /// The external id of the customer; no word is read.
    case customer
    /// Bytes of `FactRows.text`: ids, which are mostly different, and words, of which there are few.
    case id, word
    /// A code of the replay's words.
    case code
    case instant
    /// Microseconds, written as hours, seconds or days.
    case hours, seconds, days
    case count, flag
    /// Where the row belongs; no word is read.
    case place(MeasureGrain)
    /// × 10⁶: any number, and an amount of money.
    case number, amount
    /// scale · the next column / the one after it; no word is read. NULL where there is nothing to divide by.
    case ratio(scale: Double)
  }

  let spec: ColumnSpec
  let value: Value

  init(
    _ name: String, _ value: Value, isNullable: Bool = true, unit: String = "", _ meaning: String,
    formula: String = "", seed: String = "", direction: String = "", highIsGood: Bool? = nil, requires: [[String]] = []
  ) {
    self.value = value
    spec = ColumnSpec(
      name, value.type, isNullable: isNullable, unit: unit.isEmpty ? value.unit : unit, meaning: meaning,
      formula: formula, seed: seed, direction: direction, highIsGood: highIsGood, requires: requires)
  }

  /// A ratio with its parts, in this order: `name`, `name_num`, `name_den`.
  ///
  /// - Parameter parts: what numerator and denominator are counted in, where `value` does not say.
  static func ratio(
    _ name: String, of value: Value = .count, scale: Double = 1, unit: String = "share",
    parts: (num: String, den: String) = ("", ""), _ meaning: String, formula: String, seed: String,
    direction: String, highIsGood: Bool?, requires: [[String]] = []
  ) -> [FactColumn] {
    func part(_ suffix: String, _ what: String, _ unit: String) -> FactColumn {
      FactColumn(
        name + suffix, value, unit: unit, "\(what) of \(name)", seed: seed, direction: direction, requires: requires)
    }
    return [
      FactColumn(
        name, .ratio(scale: scale), unit: unit, meaning, formula: formula, seed: seed, direction: direction,
        highIsGood: highIsGood, requires: requires),
      part("_num", "numerator", parts.num), part("_den", "denominator", parts.den),
    ]
  }
}

extension FactColumn.Value {
  var type: ColumnType {
    switch self {
    case .customer, .id, .word, .code, .place: .string
    case .instant: .timestamp
    case .hours, .seconds, .days, .number, .ratio: .double
    case .count: .int32
    case .flag: .boolean
    case .amount: .decimal
    }
  }

  var unit: String {
    switch self {
    case .hours: "hours"
    case .seconds: "seconds"
    case .days: "days"
    case .amount: "currency"
    default: ""
    }
  }

  /// What one unit of the written value is in words; 0 where words are no fractions.
  var scale: Double {
    switch self {
    case .hours: 3_600_000_000
    case .seconds, .number: 1_000_000
    case .days: 86_400_000_000
    default: 0
    }
  }
}

extension FactColumn {
  /// Where the thing belongs; every family of a table ends in these. No words of a row stand for them.
  static let places: [FactColumn] = [
    FactColumn(
      "party", .place(.party), "b2c, b2b or internal: who it was for, as first said; with an account b2b",
      formula: first("party")),
    FactColumn("region", .place(.region), "from where, as first said", formula: first("region")),
    FactColumn("channel", .place(.channel), "through what, as first said", formula: first("channel")),
    FactColumn("department", .place(.department), "which of ours had to do with it first", formula: first("department")),
    FactColumn("agent", .place(.agent), "who of ours had to do with it first", formula: first("agent")),
    FactColumn("offering", .place(.offering), "what it is about, as first said", seed: "S2.9"),
  ]

  private static func first(_ field: String) -> String { "\(field) of the first of its events that has one" }
}
