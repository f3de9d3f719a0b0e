import KeptFormat

/// Turns numbered rows into rows as recorded: personal values go out to the vault, commitments take their place (law 10).
///
/// A commitment is SHA-256(salt ‖ canonical JSON value) with salt = HMAC-SHA-256(K, field ‖ 0 ‖ source ‖ 0 ‖ id), where K
/// is the customer's key: one value can be opened without the others, and without K nobody can try values.
package struct Sealer: Sendable {
  /// Text fields that are sealed on every row, as bits of `TextField.rawValue`; `text` is always among them.
  let fields: UInt32
  let sealsCustomers: Bool
  private let dataKeys: [[UInt8]]

  package init(_ settings: LedgerSettings) {
    var fields: UInt32 = 1 << UInt32(TextField.text.rawValue)
    for field in TextField.allCases where settings.sealed.contains(field.name) { fields |= 1 << UInt32(field.rawValue) }
    self.fields = fields
    sealsCustomers = settings.sealsCustomers
    dataKeys = settings.sealed.filter { $0.hasPrefix(LedgerSettings.dataPrefix) }
      .map { Array($0.utf8.dropFirst(LedgerSettings.dataPrefix.utf8.count)) }
  }

  var sealsIDs: Bool { fields & 1 << UInt32(TextField.id.rawValue) != 0 }

  /// Memory that sealing reuses from row to row.
  struct Scratch: ~Copyable {
    var message = ByteSink(capacity: 1_024)
    var value = ByteSink(capacity: 1_024)
    var name = ByteSink(capacity: 160)
  }

  /// Seals rows of a batch in place. `customerName` and `otherCustomerName` are present on the rows that introduce them.
  ///
  /// - Parameters:
  ///   - values: receives what was sealed, and the keys of customers introduced; row 0 there is `rows.lowerBound`.
  ///   - rowOffset: added to the row in `values`.
  func seal(
    _ batch: EventBatch, rows: Range<Int>, keys: KeyTable, into values: inout SealedValues, rowOffset: Int,
    _ scratch: inout Scratch
  ) {
    for index in rows where needsSealing(batch, index) {
      seal(batch, index, keys, &values, rowOffset + index - rows.lowerBound, &scratch)
    }
  }

  @inline(__always)
  private func needsSealing(_ batch: EventBatch, _ index: Int) -> Bool {
    batch.rows.withUnsafeBufferPointer { rows in
      let row = rows.baseAddress! + index
      if row.pointee.customerName.isPresent || row.pointee.otherCustomerName.isPresent { return true }
      var rest = fields
      while rest != 0 {
        if row.pointee.fields[rest.trailingZeroBitCount].isPresent { return true }
        rest &= rest - 1
      }
      guard row.pointee.dataCount > 0 else { return false }
      let start = Int(row.pointee.dataStart)
      return batch.data.withUnsafeBufferPointer { data in
        for entry in start..<start + Int(row.pointee.dataCount) where isSealed(data[entry], batch) { return true }
        return false
      }
    }
  }

  @inline(__always)
  private func isSealed(_ entry: DataEntry, _ batch: EventBatch) -> Bool {
    if entry.isPersonal { return entry.type != .sealed }
    return !dataKeys.isEmpty && isListed(entry, batch)
  }

  private func isListed(_ entry: DataEntry, _ batch: EventBatch) -> Bool {
    guard entry.type != .sealed else { return false }
    let key = batch.bytes[Int(entry.key.offset)..<Int(entry.key.offset) + Int(entry.key.count)]
    return dataKeys.contains { $0.elementsEqual(key) }
  }

  private func seal(
    _ batch: EventBatch, _ index: Int, _ keys: KeyTable, _ values: inout SealedValues, _ valueRow: Int,
    _ scratch: inout Scratch
  ) {
    var row = batch.rows[index]
    let identity = (source: row[.source], id: row[.id])
    if row.customerName.isPresent { values.append(key: keys[row.customer], number: row.customer) }
    // One person twice in one event is introduced once.
    if row.otherCustomerName.isPresent { values.append(key: keys[row.otherCustomer], number: row.otherCustomer) }
    // Many rows only introduce their customer.
    var rowKey: HMACKey?
    func key() -> HMACKey {
      if let rowKey { return rowKey }
      let made = HMACKey(keys[row.customer])
      rowKey = made
      return made
    }

    /// Commits to what `write` puts into the sink; the row's slice becomes the commitment.
    func commit(
      _ field: StaticString, _ suffix: ByteSlice = .absent, _ key: HMACKey,
      _ write: (UnsafePointer<UInt8>, inout ByteSink) -> Void
    ) -> ByteSlice {
      let commitment = batch.bytes.withUnsafeBufferPointer { arena in
        let bytes = arena.pointer
        scratch.name.removeAll()
        scratch.name.append(field)
        if suffix.isPresent { scratch.name.append(bytes + Int(suffix.offset), count: Int(suffix.count)) }
        scratch.value.removeAll()
        scratch.value.append(zeros: Digest.byteCount)
        write(bytes, &scratch.value)
        return Commitment.make(
          key, bytes, source: identity.source, id: identity.id, field: scratch.name, saltedValue: &scratch.value,
          &scratch.message)
      }
      let code = scratch.name.withUnsafeBytes { values.fieldCode(String(decoding: $0, as: UTF8.self)) }
      scratch.value.withUnsafeBytes {
        values.append(row: valueRow, field: code, value: UnsafeRawBufferPointer(rebasing: $0[Digest.byteCount...]))
      }
      let slice = ByteSlice(batch.bytes.count, Digest.byteCount)
      commitment.withUnsafeBytes { batch.bytes.append(contentsOf: $0) }
      return slice
    }
    func text(_ slice: ByteSlice) -> (UnsafePointer<UInt8>, inout ByteSink) -> Void {
      { bytes, sink in JSONText.append(bytes + Int(slice.offset), count: Int(slice.count), to: &sink) }
    }

    // An id that was sealed before, and can no longer be opened, stays the commitment that it is.
    if sealsCustomers, row.customerName.isPresent, row.sealed & EventRow.sealedCustomerBit == 0 {
      row.customerName = commit("customer", .absent, key(), text(row.customerName))
      row.sealed |= EventRow.sealedCustomerBit
    }
    if sealsCustomers, row.otherCustomerName.isPresent, row.sealed & EventRow.sealedOtherCustomerBit == 0 {
      row.otherCustomerName = commit(
        "other_customer", .absent, HMACKey(keys[row.otherCustomer]), text(row.otherCustomerName))
      row.sealed |= EventRow.sealedOtherCustomerBit
    }
    var rest = fields & ~row.sealed
    while rest != 0 {
      let number = rest.trailingZeroBitCount
      rest &= rest - 1
      guard row.fields[number].isPresent, let field = TextField(rawValue: number) else { continue }
      row.fields[number] = commit(field.wireName, .absent, key(), text(row.fields[number]))
      row.sealed |= 1 << UInt32(number)
    }
    for at in Int(row.dataStart)..<Int(row.dataStart) + Int(row.dataCount) where isSealed(batch.data[at], batch) {
      let entry = batch.data[at]
      let commitment = commit("data.", entry.key, key()) { bytes, sink in
        CanonicalValue.append(entry, bytes: bytes, to: &sink)
      }
      batch.data[at] = DataEntry(key: entry.key, type: .sealed, bytes: commitment, isPersonal: true)
    }
    batch.rows[index] = row
  }
}

/// The arithmetic of commitments, shared by sealing, looking for duplicates and deep verification.
enum Commitment {
  /// - Parameters:
  ///   - bytes: the arena of `source` and `id`, both as they were read.
  ///   - saltedValue: 32 bytes for the salt, then the canonical JSON value.
  static func make(
    _ key: HMACKey, _ bytes: UnsafePointer<UInt8>, source: ByteSlice, id: ByteSlice, field: borrowing ByteSink,
    saltedValue: inout ByteSink, _ message: inout ByteSink
  ) -> Digest {
    message.removeAll()
    field.withUnsafeBytes { message.append($0) }
    message.append(0 as UInt8)
    message.append(bytes + Int(source.offset), count: Int(source.count))
    message.append(0 as UInt8)
    message.append(bytes + Int(id.offset), count: Int(id.count))
    let salt = message.withUnsafeBytes { key.code(for: $0) }
    saltedValue.withUnsafeMutableBytes { salt.store(to: $0.baseAddress!) }
    return saltedValue.withUnsafeBytes { SHA256.hash($0) }
  }
}

extension HMACKey {
  init(_ key: CustomerKey) { self = key.digest.withUnsafeBytes { HMACKey($0) } }
}

extension TextField {
  /// `name` without an allocation.
  fileprivate var wireName: StaticString {
    switch self {
    case .source: "source"
    case .id: "id"
    case .kind: "kind"
    case .account: "account"
    case .party: "party"
    case .channel: "channel"
    case .direction: "direction"
    case .agent: "agent"
    case .department: "department"
    case .subject: "subject"
    case .currency: "currency"
    case .corrects: "corrects"
    case .text: "text"
    }
  }
}
