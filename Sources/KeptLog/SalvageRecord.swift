import KeptFormat

/// That a ledger was salvaged from another: its last event, written as `ledger.salvaged`.
package struct SalvageRecord: Sendable, Equatable {
  package static let kind = "ledger.salvaged"

  package var actor: String
  package var reason: String
  /// Of the damaged ledger.
  package var ledgerID: LedgerID
  package var carriedCount: Int
  /// Events known to be lost; more may be, where `isOpen`.
  package var lostCount: UInt64
  /// Sealed values that no longer open, and are left out.
  package var lostValueCount: Int
  /// Of the list of losses as `losses.jsonl` holds it.
  package var digest: Digest

  func event(position: UInt64, time: Instant) -> EventBatch {
    SystemEvent.batch(
      kind: Self.kind, source: ImportRecord.source, id: "\(Self.kind)-\(position)", time: time,
      data: [
        JSONMember("actor", .string(actor)), JSONMember("reason", .string(reason)),
        JSONMember("from", .string(ledgerID.hex)), JSONMember("losses_sha256", .string(digest.hex)),
        JSONMember("carried", .number(ExactDecimal(Int64(carriedCount)))),
        JSONMember("lost", .number(ExactDecimal(Int64(clamping: lostCount)))),
        JSONMember("lost_values", .number(ExactDecimal(Int64(lostValueCount)))),
      ])
  }
}

/// Something of a damaged ledger that is not in the one salvaged from it.
package struct SalvageLoss: Sendable, Equatable {
  package enum Kind: String, Sendable {
    /// Events that cannot be read.
    case events
    /// An event that can be read, but not told from others: its sealed id does not open.
    case identity
    /// Sealed values that do not open; their events are carried over without them.
    case values
    /// The external id of a customer: another name stands for it.
    case name
    /// That a customer was forgotten of whom nothing is left.
    case forgotten
  }

  package var kind: Kind
  /// In the damaged ledger; nil where that cannot be known. An upper bound of `UInt64.max` is not known.
  package var positions: Range<UInt64>?
  /// Where in the damaged ledger.
  package var file: String
  package var offset: Int
  /// Of values: which.
  package var field: String?
  package var count: Int
  /// When the lost events were recorded, by what stands before and after them.
  package var recorded: (from: Instant?, to: Instant?) = (nil, nil)
  /// When they happened, where a block's header still says so.
  package var time: (from: Instant, to: Instant)?
  /// Numbers in the damaged ledger.
  package var customers: [UInt32] = []
  /// Whether `customers` are all whom it concerns; otherwise those who are known.
  package var areCustomersAll = false

  package init(_ kind: Kind, _ positions: Range<UInt64>?, file: String, offset: Int, count: Int) {
    self.kind = kind
    self.positions = positions
    self.file = file
    self.offset = offset
    self.count = count
  }

  package static func == (a: SalvageLoss, b: SalvageLoss) -> Bool {
    a.kind == b.kind && a.positions == b.positions && a.file == b.file && a.offset == b.offset && a.count == b.count
      && a.field == b.field && a.customers == b.customers
  }
}

/// Where events of the damaged ledger stand in the new one.
package struct SalvagedRange: Sendable, Equatable {
  /// Nil after a hole of unknown width.
  package var old: UInt64?
  package var new: UInt64
  package var count: UInt64
}
