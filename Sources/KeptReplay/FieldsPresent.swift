import KeptFormat

/// Which fields any event of some blocks has, from their headers.
struct FieldsPresent {
  private var columns: Set<ColumnCode> = []
  private var keys: Set<String> = []

  init(_ headers: some Sequence<BlockHeader>) {
    for header in headers {
      for column in header.columns {
        columns.insert(column.code)
        if column.code == .data { keys.insert(column.key) }
      }
    }
  }

  func has(_ field: DetailField) -> Bool {
    switch field {
    case .text(let field): columns.contains(.text(field))
    case .dataNumber(let key), .dataText(let key): keys.contains(key) || columns.contains(.otherData)
    case .amount: columns.contains(.amount)
    case .score: columns.contains(.score)
    case .due: columns.contains(.due)
    case .otherCustomer: columns.contains(.otherCustomer)
    case .customer, .position, .recorded: true
    }
  }
}

extension ReplayPlan {
  /// The plan without fields that no event has: a slot for each touch would hold nothing.
  func keeping(_ present: FieldsPresent) -> ReplayPlan {
    ReplayPlan(
      entity: entity, details: details.mapValues { $0.filter(present.has) },
      detailsOfOthers: detailsOfOthers.filter(present.has))
  }
}
