import KeptSnapshot

/// What values are counted in, in words that many columns share.
enum ColumnUnit {
  static let count = "count"
  /// Things for each of others.
  static let each = "for each"
  /// From not into to into.
  static let index = "−100 … 100"
  /// As a column beside it says, of each row.
  static let ofRow = "as the row says"

  /// What numbers in `data` are counted in, by key; all others are counts.
  static let ofKeys = [
    "minutes": "minutes", "clawback": "currency", "score": "points", "their_clients_signal": "−1 … 1", "valence": "−1 … 1",
  ]
}

extension ColumnSpec {
  /// The unit that was declared, or what values of such a type are.
  var countedIn: String {
    guard unit.isEmpty else { return unit }
    return switch type {
    case .int64, .int32: ColumnUnit.count
    case .boolean: "yes or no"
    case .string: "text"
    case .date: "local day"
    case .timestamp: "instant"
    case .double, .decimal: "number"
    }
  }
}
