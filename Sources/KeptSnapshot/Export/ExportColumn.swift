import KeptFormat

/// The columns of an exported event, in the order in which they stand in a file.
enum ExportColumn: Int, CaseIterable {
  case position, recorded, time, kind, source, id, customer, customerNumber, otherCustomer, otherCustomerNumber, account,
    party, channel, direction, agent, department, subject, amount, currency, score, due, corrects, data, sealed, exact

  /// The field of the envelope that a column holds as it is.
  var field: TextField? {
    switch self {
    case .kind: .kind
    case .source: .source
    case .id: .id
    case .account: .account
    case .party: .party
    case .channel: .channel
    case .direction: .direction
    case .agent: .agent
    case .department: .department
    case .subject: .subject
    case .currency: .currency
    case .corrects: .corrects
    case .position, .recorded, .time, .customer, .customerNumber, .otherCustomer, .otherCustomerNumber, .amount, .score,
      .due, .data, .sealed, .exact:
      nil
    }
  }

  /// The column that holds the number which a label stands for.
  var number: ExportColumn? {
    switch self {
    case .customer: .customerNumber
    case .otherCustomer: .otherCustomerNumber
    default: nil
    }
  }

  var isText: Bool { Self.specs[rawValue].type == .string }

  static let schema = TableSchema(name: "events", meaning: "an event, as it was recorded", columns: specs)

  private static let specs = [
    ColumnSpec("position", .int64, meaning: "place in the log, from 0, without gaps"),
    ColumnSpec("recorded", .timestamp, meaning: "when the ledger recorded it"),
    ColumnSpec("time", .timestamp, meaning: "when it happened; rows are sorted by it, then by position"),
    ColumnSpec("kind", .string, isNullable: true, meaning: "what happened"),
    ColumnSpec("source", .string, isNullable: true, meaning: "where it came from; with id, what it is known by"),
    ColumnSpec("id", .string, isNullable: true, meaning: "its id in the source"),
    ColumnSpec(
      "customer", .string, isNullable: true,
      meaning: "the customer's external id; c and the number where ids are sealed or forgotten"),
    ColumnSpec(
      "customer_number", .int64, isNullable: true,
      meaning: "the customer's number in the ledger, which never changes; NULL: the firm's own event"),
    ColumnSpec("other_customer", .string, isNullable: true, meaning: "the second person of a merge or a referral"),
    ColumnSpec("other_customer_number", .int64, isNullable: true, meaning: "that person's number in the ledger"),
    ColumnSpec("account", .string, isNullable: true, meaning: "the business customer it belongs to"),
    ColumnSpec("party", .string, isNullable: true, meaning: "b2c, b2b or internal"),
    ColumnSpec("channel", .string, isNullable: true, meaning: "phone, web, …"),
    ColumnSpec("direction", .string, isNullable: true, meaning: "in: from the customer; out; both"),
    ColumnSpec("agent", .string, isNullable: true, meaning: "who of ours"),
    ColumnSpec("department", .string, isNullable: true, meaning: "which department of ours"),
    ColumnSpec("subject", .string, isNullable: true, meaning: "the order, case, project or promise it belongs to"),
    ColumnSpec(
      "amount", .decimal, isNullable: true, unit: "currency",
      meaning: "the amount to six decimals, ties to even; see exact"),
    ColumnSpec("currency", .string, isNullable: true, meaning: "of the amount"),
    ColumnSpec("score", .decimal, isNullable: true, meaning: "the score to six decimals; see exact"),
    ColumnSpec("due", .timestamp, isNullable: true, meaning: "when it is or was due"),
    ColumnSpec(
      "corrects", .string, isNullable: true, meaning: "id, in the same source, of the event it replaces or retracts"),
    ColumnSpec("data", .string, isNullable: true, meaning: "every other key that is not sealed, as a JSON object"),
    ColumnSpec("sealed", .string, isNullable: true, meaning: "the fields whose values are sealed, with commas between"),
    ColumnSpec(
      "exact", .string, isNullable: true,
      meaning: "amount and score, as a JSON object, where they have more digits than their columns"),
  ]
}
