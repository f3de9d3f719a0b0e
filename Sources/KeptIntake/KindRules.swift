import KeptFormat

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What the kinds known by name ask of an event. Every other kind is about a customer and may come from any source.
enum KindRules {
  /// Kinds of the firm's own doings: they may come without a customer.
  static let firmSide: [StaticString] = [
    "effort.spent", "reward.paid", "skill.trained", "change.made", "probe.run", "period.declared", "event.retracted",
  ]

  /// Kinds only the ledger records; 15, 16 and 18 bytes long, which `check` relies on.
  static let ledgerMade: [StaticString] = ["import.finished", "rulebook.adopted", "customer.forgotten"]

  @inline(never)
  static func isFirmSide(_ kind: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    firmSide.contains { `is`(kind, count, $0) }
  }

  @inline(__always)
  static func `is`(_ kind: UnsafePointer<UInt8>, _ count: Int, _ name: StaticString) -> Bool {
    count == name.utf8CodeUnitCount && memcmp(kind, name.utf8Start, count) == 0
  }

  /// The reason why an event cannot be of its kind, and the field to name; nil where it can.
  @inline(__always)
  static func fault(
    _ kind: UnsafePointer<UInt8>, _ count: Int, hasCorrects: Bool, hasOtherCustomer: Bool
  ) -> (RejectReason, EnvelopeKey)? {
    // Retractions and mergers are 15 bytes long too, so that nearly every event is done with this line.
    guard count == 15 || count == 16 || count == 18 else { return nil }
    return slowFault(kind, count, hasCorrects, hasOtherCustomer)
  }

  @inline(never)
  private static func slowFault(
    _ kind: UnsafePointer<UInt8>, _ count: Int, _ hasCorrects: Bool, _ hasOtherCustomer: Bool
  ) -> (RejectReason, EnvelopeKey)? {
    if ledgerMade.contains(where: { `is`(kind, count, $0) }) { return (.reservedKind, .kind) }
    if `is`(kind, count, "event.retracted"), !hasCorrects { return (.missing, .corrects) }
    if `is`(kind, count, "customer.merged"), !hasOtherCustomer { return (.missing, .otherCustomer) }
    return nil
  }
}
