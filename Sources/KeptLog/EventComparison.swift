import KeptFormat

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Decides whether a new event is one that the log has, and whether it says the same (law 6). Keeps its memory.
struct EventComparison: ~Copyable {
  let sealer: Sealer
  let keys: KeyTable
  private var scratch = Sealer.Scratch()
  private var field = ByteSink(capacity: 16)
  private let single = EventBatch()
  private var singleValues = SealedValues()
  private var ownLine = ByteSink(capacity: 1_024)
  private var otherLine = ByteSink(capacity: 1_024)

  init(sealer: Sealer, keys: KeyTable) {
    self.sealer = sealer
    self.keys = keys
    field.append("id")
  }

  /// A row somewhere: as read, or as recorded.
  struct Event {
    var batch: EventBatch
    var row: Int
    var isRecorded: Bool
    /// The numbers of its customers, where the row does not hold them yet.
    var numbers: Numbers?
  }

  struct Numbers {
    /// 0: the row names nobody; nil: somebody who has no number.
    var customer: UInt32? = 0
    var other: UInt32? = 0
  }

  /// Whether a row as read has the source and the id of `known`.
  @inline(__always)
  mutating func isSameIdentity(_ batch: EventBatch, _ row: Int, as known: Event) -> Bool {
    let own = batch.rows.withUnsafeBufferPointer { (source: $0[row][.source], id: $0[row][.id]) }
    let other = known.batch.rows.withUnsafeBufferPointer { rows in
      (
        source: rows[known.row][.source], id: rows[known.row][.id],
        isSealed: rows[known.row].isSealed(.id), customer: rows[known.row].customer
      )
    }
    return batch.bytes.withUnsafeBufferPointer { ownBytes in
      known.batch.bytes.withUnsafeBufferPointer { otherBytes in
        guard Self.isEqual(own.source, ownBytes.pointer, other.source, otherBytes.pointer) else { return false }
        guard other.isSealed else { return Self.isEqual(own.id, ownBytes.pointer, other.id, otherBytes.pointer) }
        scratch.value.removeAll()
        scratch.value.append(zeros: Digest.byteCount)
        JSONText.append(ownBytes.pointer + Int(own.id.offset), count: Int(own.id.count), to: &scratch.value)
        let commitment = Commitment.make(
          HMACKey(keys[other.customer]), ownBytes.pointer, source: own.source, id: own.id, field: field,
          saltedValue: &scratch.value, &scratch.message)
        return commitment == Digest(otherBytes.pointer + Int(other.id.offset))
      }
    }
  }

  @inline(__always)
  private static func isEqual(
    _ a: ByteSlice, _ aBytes: UnsafePointer<UInt8>, _ b: ByteSlice, _ bBytes: UnsafePointer<UInt8>
  ) -> Bool {
    a.count == b.count && memcmp(aBytes + Int(a.offset), bBytes + Int(b.offset), Int(a.count)) == 0
  }

  /// Whether a row as read says what `known` says, leaving out when it was recorded and what it introduced.
  ///
  mutating func isSameContent(_ batch: EventBatch, _ index: Int, numbers: Numbers, as known: Event) -> Bool {
    let row = known.batch.rows[known.row]
    let customer = known.numbers?.customer ?? row.customer
    let other = known.numbers?.other ?? row.otherCustomer
    guard let ownCustomer = comparable(numbers.customer, customer), let ownOther = comparable(numbers.other, other) else {
      return false
    }
    // Without the key, what was sealed cannot be recomputed: only the plain fields are compared.
    let isPlainOnly = keys[customer].isDestroyed
    write(batch, index, ownCustomer, ownOther, isPlainOnly, toOwn: true)
    if known.isRecorded && !isPlainOnly {
      otherLine.removeAll()
      CanonicalLine.append(known.row, of: known.batch, form: .content, to: &otherLine)
    } else {
      write(known.batch, known.row, customer, other, isPlainOnly, toOwn: false)
    }
    return ownLine.count == otherLine.count
      && ownLine.withUnsafeBytes { own in
        otherLine.withUnsafeBytes { memcmp(own.baseAddress!, $0.baseAddress!, own.count) == 0 }
      }
  }

  /// The number to compare with `known`: whoever was forgotten has no name any more, and anybody may be who it was.
  private func comparable(_ own: UInt32?, _ known: UInt32) -> UInt32? {
    own != 0 && known > 0 && keys[known].isDestroyed ? known : own
  }

  private mutating func write(
    _ batch: EventBatch, _ row: Int, _ customer: UInt32, _ other: UInt32, _ isPlainOnly: Bool, toOwn: Bool
  ) {
    single.removeAll()
    singleValues.removeAll()
    var copy = batch.rows[row]
    copy.customer = customer
    copy.otherCustomer = other
    copy.customerName = .absent
    copy.otherCustomerName = .absent
    copy.sealed &= ~(EventRow.sealedCustomerBit | EventRow.sealedOtherCustomerBit)
    single.append(row: copy, of: batch)
    sealer.seal(single, rows: 0..<1, keys: keys, into: &singleValues, rowOffset: 0, &scratch)
    if isPlainOnly { removeSealed() }
    if toOwn {
      ownLine.removeAll()
      CanonicalLine.append(0, of: single, form: .content, to: &ownLine)
    } else {
      otherLine.removeAll()
      CanonicalLine.append(0, of: single, form: .content, to: &otherLine)
    }
  }

  private func removeSealed() {
    for field in TextField.allCases where single.rows[0].isSealed(field) { single.rows[0][field] = .absent }
    single.rows[0].sealed = 0
    single.data.removeAll { $0.type == .sealed }
    single.rows[0].dataCount = UInt32(single.data.count)
  }
}

/// A comparison with an identity, for a list of them.
///
/// `@unchecked Sendable`: one thread at a time uses it.
final class EventComparer: @unchecked Sendable {
  var comparison: EventComparison

  init(_ comparison: consuming EventComparison) { self.comparison = comparison }
}
