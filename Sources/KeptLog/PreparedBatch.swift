import KeptFormat

/// A batch as read, with what can be said of its rows before their order in the log is known: made on any thread.
package final class PreparedBatch: @unchecked Sendable {
  // One stage owns it at a time, as it does its batch.
  package let batch: EventBatch
  /// Of (source, id), by row.
  let fingerprints: [UInt64]
  /// Of the external customer id, by row; 0 where there is none.
  let customerHashes: [UInt64]
  /// Rows whose canonical line would be longer than `CanonicalLine.byteCountMax`, ascending.
  let tooLong: [(row: Int, byteCount: Int)]
  /// The first customer id that a ledger should not hold openly.
  let personalIdentifier: (PersonalIdentifier, line: UInt64)?

  fileprivate init(
    _ batch: EventBatch, fingerprints: [UInt64], customerHashes: [UInt64], tooLong: [(row: Int, byteCount: Int)],
    personalIdentifier: (PersonalIdentifier, line: UInt64)?
  ) {
    self.batch = batch
    self.fingerprints = fingerprints
    self.customerHashes = customerHashes
    self.tooLong = tooLong
    self.personalIdentifier = personalIdentifier
  }
}

/// Prepares batches for one ledger: fingerprints keyed by its vault's secret. May be called from several threads at once.
package struct BatchPreparer: Sendable {
  let fingerprint: SipHash
  let sealer: Sealer
  /// Whether customer ids are looked at for e-mail addresses and phone numbers.
  package var refusesPersonalIdentifiers: Bool

  package func callAsFunction(_ batch: EventBatch) -> PreparedBatch {
    var fingerprints: [UInt64] = []
    var customerHashes: [UInt64] = []
    fingerprints.reserveCapacity(batch.rows.count)
    customerHashes.reserveCapacity(batch.rows.count)
    var long: [Int] = []
    var personal: (PersonalIdentifier, line: UInt64)?
    var message = ByteSink(capacity: 1_024)
    batch.bytes.withUnsafeBufferPointer { arena in
      let bytes = arena.pointer
      batch.rows.withUnsafeBufferPointer { rows in
        for index in rows.indices {
          let row = rows.baseAddress! + index
          message.removeAll()
          Self.appendIdentity(row.pointee[.source], row.pointee[.id], bytes, to: &message)
          fingerprints.append(message.withUnsafeBytes { fingerprint.hash($0) })
          let name = row.pointee.customerName
          if Self.lengthBound(row, batch) > CanonicalLine.byteCountMax { long.append(index) }
          guard name.isPresent else {
            customerHashes.append(0)
            continue
          }
          let text = UnsafeRawBufferPointer(start: bytes + Int(name.offset), count: Int(name.count))
          customerHashes.append(fingerprint.hash(text))
          if refusesPersonalIdentifiers, personal == nil, let found = PersonalIdentifier(lookingAt: text) {
            personal = (found, row.pointee.line)
          }
        }
      }
    }
    let tooLong = long.compactMap { row -> (row: Int, byteCount: Int)? in
      let byteCount = lineByteCount(batch, row)
      return byteCount > CanonicalLine.byteCountMax ? (row, byteCount) : nil
    }
    return PreparedBatch(
      batch, fingerprints: fingerprints, customerHashes: customerHashes, tooLong: tooLong,
      personalIdentifier: personal)
  }

  /// source ‖ 0 ‖ id.
  @inline(__always)
  static func appendIdentity(
    _ source: ByteSlice, _ id: ByteSlice, _ bytes: UnsafePointer<UInt8>, to sink: inout ByteSink
  ) {
    sink.append(bytes + Int(source.offset), count: Int(source.count))
    sink.append(0 as UInt8)
    sink.append(bytes + Int(id.offset), count: Int(id.count))
  }

  /// At least the length of the row's canonical line: as if every byte were escaped.
  @inline(__always)
  private static func lengthBound(_ row: UnsafePointer<EventRow>, _ batch: EventBatch) -> Int {
    var byteCount = 0
    // All but `text`, which is only ever a commitment.
    for field in 0..<TextField.count - 1 where row.pointee.fields[field].isPresent {
      byteCount += Int(row.pointee.fields[field].count)
    }
    if row.pointee.customerName.isPresent { byteCount += Int(row.pointee.customerName.count) }
    if row.pointee.otherCustomerName.isPresent { byteCount += Int(row.pointee.otherCustomerName.count) }
    let start = Int(row.pointee.dataStart)
    batch.data.withUnsafeBufferPointer { data in
      for index in start..<start + Int(row.pointee.dataCount) {
        // A number or a commitment, with quotes and commas, needs fewer than 6 * 24 bytes beside its key.
        byteCount += 24 + Int(data[index].key.count) + (data[index].bytes.isPresent ? Int(data[index].bytes.count) : 0)
      }
    }
    return 6 * byteCount + 2_048
  }

  /// The length of the row's canonical line, as if it introduced its customers.
  private func lineByteCount(_ batch: EventBatch, _ index: Int) -> Int {
    let single = EventBatch()
    single.append(row: batch.rows[index], of: batch)
    let row = single.rows[0]
    single.rows[0].customerName = .absent
    single.rows[0].otherCustomerName = .absent
    single.rows[0].recorded = row.time
    var values = SealedValues()
    var scratch = Sealer.Scratch()
    let noKeys = KeyTable(firmKey: CustomerKey(Digest()))
    sealer.seal(single, rows: 0..<1, keys: noKeys, into: &values, rowOffset: 0, &scratch)
    if row.customerName.isPresent { single.rows[0].customer = .max }
    if row.otherCustomerName.isPresent { single.rows[0].otherCustomer = .max }
    single.rows[0].customerName = sealer.sealsCustomers ? .absent : row.customerName
    single.rows[0].otherCustomerName = sealer.sealsCustomers ? .absent : row.otherCustomerName
    var line = ByteSink(capacity: 1 << 16)
    CanonicalLine.append(0, of: single, form: .recorded, to: &line)
    // Two commitments with their keys, where ids are sealed.
    return line.count + (sealer.sealsCustomers ? 180 : 0)
  }
}

extension PersonalIdentifier {
  /// What a customer id looks like, or nil where it may be a mere key.
  package init?(lookingAt text: UnsafeRawBufferPointer) {
    var digitCount = 0
    var hasPhoneMark = false
    var isPhone = text.count >= 7
    var at = -1
    for index in text.indices {
      switch text[index] {
      case 48...57: digitCount += 1
      case UInt8(ascii: "+") where index == 0: hasPhoneMark = true
      case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: " "): hasPhoneMark = true
      case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"): break
      case UInt8(ascii: "@"):
        at = at < 0 ? index : text.count
        isPhone = false
      default: isPhone = false
      }
    }
    // Something, "@", something with a dot inside. Digits with a plus, brackets or spaces among them: hyphens and dots
    // alone are as likely in a key (`2024-000123`).
    if at > 0, at < text.count {
      let domain = text[(at + 1)...]
      if let dot = domain.lastIndex(of: UInt8(ascii: ".")), dot > domain.startIndex, dot < text.count - 1 {
        self = .emailAddress
        return
      }
    }
    guard isPhone, hasPhoneMark, (7...15).contains(digitCount) else { return nil }
    self = .phoneNumber
  }
}
