import KeptFormat

/// The vault's keys, and whose must not be there.
struct CommitmentKeys: Sendable {
  let table: KeyTable
  let forgotten: Set<UInt32>

  /// Who was forgotten and has a key all the same.
  var unerased: Set<UInt32> {
    forgotten.filter { $0 > 0 && Int($0) <= table.count && !table[$0].isDestroyed }
  }
}

/// Opens commitments against the vault's values.
struct CommitmentOpener: ~Copyable {
  let keys: CommitmentKeys
  private var name = ByteSink(capacity: 160)
  private var salted = ByteSink(capacity: 1_024)
  private var message = ByteSink(capacity: 1_024)

  init(keys: CommitmentKeys) { self.keys = keys }

  /// - Parameters:
  ///   - firstRow: the first event's row in `values`.
  ///   - place: the file and offset to report; kind and positions are filled in.
  mutating func open(
    _ events: EventBatch, _ values: SealedValues, firstRow: Int, place: Damage, first: UInt64,
    into result: inout BlockResult
  ) {
    for index in events.rows.indices {
      let (isSealing, dataCount) = events.rows.withUnsafeBufferPointer { ($0[index].sealed != 0, $0[index].dataCount) }
      guard isSealing || dataCount > 0 else { continue }
      let row = events.rows[index]
      let position = first + UInt64(index)
      var sealed: [(field: String, slice: ByteSlice, customer: UInt32)] = []
      if row.sealed & EventRow.sealedCustomerBit != 0 {
        sealed.append((LedgerSettings.customerField, row.customerName, row.customer))
      }
      if row.sealed & EventRow.sealedOtherCustomerBit != 0 {
        sealed.append((LedgerSettings.otherCustomerField, row.otherCustomerName, row.otherCustomer))
      }
      for field in TextField.allCases where row.isSealed(field) { sealed.append((field.name, row[field], row.customer)) }
      for entry in events.data[Int(row.dataStart)..<Int(row.dataStart) + Int(row.dataCount)]
      where entry.type == .sealed {
        sealed.append((LedgerSettings.dataPrefix + (events.string(entry.key) ?? ""), entry.bytes, row.customer))
      }
      guard !sealed.isEmpty else { continue }
      let id = row.isSealed(.id) ? values.value(row: firstRow + index, field: TextField.id.name) : nil
      // Salts are made with the id: without it the values of a second person cannot be opened either.
      let isIDForgotten = row.isSealed(.id) && id == nil && keys.forgotten.contains(row.customer)
      for (field, slice, customer) in sealed {
        var damage = place
        damage.positions = position..<position + 1
        let value = values.value(row: firstRow + index, field: field)
        if keys.forgotten.contains(customer) {
          if value != nil { result.unerased.insert(customer) }
          result.forgottenValueCount += 1
          continue
        }
        guard Int(customer) <= keys.table.count, let value else {
          damage.kind = .valueMissing(field: field)
          result.damages.append(damage)
          continue
        }
        if isIDForgotten {
          result.forgottenValueCount += 1
        } else if isOpened(events, row, id, field, slice, value, keys.table[customer]) {
          result.openedValueCount += 1
        } else {
          damage.kind = .commitment(field: field)
          result.damages.append(damage)
        }
      }
    }
  }

  /// Whether a value is what a commitment was made of.
  ///
  /// - Parameter sealedID: the event's id as JSON, where the log holds a commitment of it.
  mutating func isOpened(
    _ events: EventBatch, _ row: EventRow, _ sealedID: ArraySlice<UInt8>?, _ field: String, _ slice: ByteSlice,
    _ value: ArraySlice<UInt8>, _ key: CustomerKey
  ) -> Bool {
    name.removeAll()
    name.append(field)
    salted.removeAll()
    salted.append(zeros: Digest.byteCount)
    value.withUnsafeBytes { salted.append($0) }
    // Salts are made with the id as it was read.
    let commitment: Digest
    if let sealedID, let id = try? JSONValue.parse(Array(sealedID)).string.map({ Array($0.utf8) }) {
      let source = Array(events.bytes[Int(row[.source].offset)..<Int(row[.source].offset) + Int(row[.source].count)])
      commitment = (source + id).withUnsafeBufferPointer { bytes in
        Commitment.make(
          HMACKey(key), bytes.pointer, source: ByteSlice(0, source.count), id: ByteSlice(source.count, id.count),
          field: name, saltedValue: &salted, &message)
      }
    } else {
      commitment = events.bytes.withUnsafeBufferPointer { bytes in
        Commitment.make(
          HMACKey(key), bytes.pointer, source: row[.source], id: row[.id], field: name, saltedValue: &salted, &message)
      }
    }
    return events.bytes.withUnsafeBytes { Digest($0.baseAddress! + Int(slice.offset)) } == commitment
  }
}
