import KeptFormat

extension LedgerReader {
  /// The external ids of all customers, by number: from the index as far as it reaches, from the events after that.
  ///
  /// Where customer ids are sealed they come from the vault; those it does not have are unknown, and so is who was
  /// forgotten.
  package func names() throws -> CustomerNames {
    if let known = knownNames.withLock({ $0 }) { return known }
    let names = try completedNames(NamesFile.read(folder, disk, settings.ledgerID, end: sealedCount))
    knownNames.withLock { $0 = names }
    return names
  }

  /// The names in a file and those introduced after it, without the forgotten ones.
  func completedNames(_ contents: NamesFile.Contents) throws -> CustomerNames {
    var names = contents.names
    try addNames(from: contents.end, to: &names)
    // Whoever was forgotten before both is not in the file, and was introduced before that.
    names.forget(Set(try forgotten(from: min(contents.erasedEnd, contents.end)).keys))
    return names
  }

  /// Adds the introductions at positions `[start, count)`; `start` is where a block begins.
  private func addNames(from start: UInt64, to names: inout CustomerNames) throws {
    let vault = settings.sealsCustomers ? try self.vault() : nil
    let columns = BlockColumns()
    for index in Int(start / UInt64(geometry.blockEventCount))..<blocks.count {
      let events = EventBatch()
      columns.begin(blocks[index].header, source: source(for: blocks[index]))
      do { try columns.decodeAll(into: events) } catch { throw self.error(error, in: blocks[index]) }
      Self.addNames(events, try vault?.values(ofBlock: index), firstRow: 0, to: &names)
    }
    let values = settings.sealsCustomers ? try tailValues() : nil
    for (first, batch) in try tailBatches() {
      Self.addNames(batch, values, firstRow: Int(first - sealedCount), to: &names)
    }
  }

  /// - Parameters:
  ///   - values: what the events commit to, where customer ids are sealed.
  ///   - firstRow: the first event's row there.
  private static func addNames(
    _ events: EventBatch, _ values: SealedValues?, firstRow: Int, to names: inout CustomerNames
  ) {
    for index in events.rows.indices {
      let row = events.rows[index]
      if row.customerName.isPresent {
        let isSealed = row.sealed & EventRow.sealedCustomerBit != 0
        let value = isSealed ? values?.value(row: firstRow + index, field: "customer") : nil
        add(events, row.customerName, value, isSealed, to: &names)
      }
      if row.otherCustomerName.isPresent {
        let isSealed = row.sealed & EventRow.sealedOtherCustomerBit != 0
        let value = isSealed ? values?.value(row: firstRow + index, field: "other_customer") : nil
        add(events, row.otherCustomerName, value, isSealed, to: &names)
      }
    }
  }

  private static func add(
    _ events: EventBatch, _ slice: ByteSlice, _ value: ArraySlice<UInt8>?, _ isSealed: Bool,
    to names: inout CustomerNames
  ) {
    guard isSealed else {
      events.bytes.withUnsafeBytes {
        names.append(UnsafeRawBufferPointer(rebasing: $0[Int(slice.offset)..<Int(slice.offset) + Int(slice.count)]))
      }
      return
    }
    guard let value, let name = try? JSONValue.parse(Array(value)).string else { return names.append(nil) }
    Array(name.utf8).withUnsafeBytes { names.append($0) }
  }
}
