import KeptFormat

/// Which events a replay sees.
public struct Selection: Sendable, Equatable {
  /// Known at: positions below this; nil is all there is.
  public var knownAt: UInt64?
  /// As of: events that occurred at or before this instant.
  public var asOf: Instant
  /// Only these customers' lives, with all that was merged into them; nil is everyone.
  public var customers: Set<UInt32>?
  /// Only these kinds; nil is every kind.
  public var kinds: Set<String>?

  /// False only where a block's header shows that no customer asked for is in it.
  func mayConcern(_ header: BlockHeader) -> Bool {
    guard let customers else { return true }
    return customers.contains { $0 == 0 || (header.customerMin...max(header.customerMin, header.customerMax)).contains($0) }
  }

  public init(
    knownAt: UInt64? = nil, asOf: Instant = .max, customers: Set<UInt32>? = nil, kinds: Set<String>? = nil
  ) {
    self.knownAt = knownAt
    self.asOf = asOf
    self.customers = customers
    self.kinds = kinds
  }
}

/// Kinds that speak about the ledger itself and are touches of nobody's life.
public enum LedgerKind {
  public static let eventRetracted = "event.retracted"
  public static let customerMerged = "customer.merged"
  public static let all: Set<String> = [
    eventRetracted, customerMerged, "customer.forgotten", "rulebook.adopted", "import.finished",
  ]
}
