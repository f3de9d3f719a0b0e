import KeptFormat

/// That a customer was forgotten: written as a `customer.forgotten` event before anything is destroyed, so that what is
/// missing from the vault is missing on purpose.
package struct ForgetRecord: Sendable, Equatable {
  package static let kind = "customer.forgotten"
  static let number = "number"

  /// The customer's number; the external id is what is forgotten.
  package var number: UInt32
  package var actor: String
  package var reason: String

  package init(number: UInt32, actor: String, reason: String) {
    self.number = number
    self.actor = actor
    self.reason = reason
  }

  /// The event that says so, to be appended. Its id is the position it takes: no other event of this source has it.
  func event(position: UInt64, time: Instant) -> EventBatch {
    SystemEvent.batch(
      kind: Self.kind, source: ImportRecord.source, id: "\(Self.kind)-\(position)", time: time,
      data: [
        JSONMember(Self.number, .number(ExactDecimal(Int64(number)))), JSONMember("actor", .string(actor)),
        JSONMember("reason", .string(reason)),
      ])
  }

  /// Reads a `customer.forgotten` event back; nil where the row is something else.
  init?(_ batch: EventBatch, row: Int) {
    guard batch.string(batch.rows[row][.kind]) == Self.kind else { return nil }
    let data = SystemEvent.data(batch, row: row)
    guard let number = data[Self.number]?.integer.flatMap({ UInt32(exactly: $0) }) else { return nil }
    self.init(number: number, actor: data["actor"]?.string ?? "", reason: data["reason"]?.string ?? "")
  }
}

extension LedgerReader {
  /// The position of the first event that has a customer's number; nil where there is none.
  package func introduction(of number: UInt32) throws -> UInt64? {
    let columns = BlockColumns()
    for block in blocks where number >= block.header.customerMin && number <= block.header.customerMax {
      columns.begin(block.header, source: source(for: block))
      do {
        let customers = try columns.customers().firstIndex(of: number)
        let others = try columns.otherCustomers()
        let other = others.values.firstIndex(of: Int64(number)).map { Int(others.rows[$0]) }
        if let row = [customers, other].compactMap({ $0 }).min() { return block.header.firstPosition + UInt64(row) }
      } catch {
        throw self.error(error, in: block)
      }
    }
    for (first, batch) in try tailBatches() {
      let row = batch.rows.firstIndex { $0.customer == number || $0.otherCustomer == number }
      if let row { return first + UInt64(row) }
    }
    return nil
  }

  /// Other numbers that a `customer.merged` names together with this one, ascending; whether it was retracted is not looked
  /// at.
  package func merged(with number: UInt32) throws -> [UInt32] {
    let kind = "customer.merged"
    var found: Set<UInt32> = []
    func add(_ events: EventBatch) {
      for row in events.rows where row.otherCustomer != 0 && events.string(row[.kind]) == kind {
        if row.customer == number { found.insert(row.otherCustomer) }
        if row.otherCustomer == number { found.insert(row.customer) }
      }
    }
    for (index, block) in blocks.enumerated()
    where number >= block.header.customerMin && number <= block.header.customerMax
      && block.header.kinds.contains(where: { $0.kind == kind })
    {
      add(try events(ofBlock: index))
    }
    for (_, batch) in try tailBatches() { add(batch) }
    return found.sorted()
  }

  /// Who was forgotten, with the position of the event that says so. Of blocks that list the kind two columns are decoded.
  ///
  /// - Parameter start: events before this position are left out.
  package func forgotten(from start: UInt64 = 0) throws -> [UInt32: UInt64] {
    var found: [UInt32: UInt64] = [:]
    func add(_ number: UInt32, _ position: UInt64) {
      if position >= start { found[number] = min(found[number] ?? .max, position) }
    }
    let columns = BlockColumns()
    for (index, block) in blocks.enumerated() where block.positions.upperBound > start {
      guard let kind = block.header.kinds.firstIndex(where: { $0.kind == ForgetRecord.kind }) else { continue }
      do {
        columns.begin(block.header, source: source(for: block))
        let rows = try forgottenNumbers(columns, kind: kind)
        // Where a block has more keys than columns, the number is not in a column of its own.
        guard rows.count == block.header.kinds[kind].count else {
          add(try events(ofBlock: index), block.header.firstPosition)
          continue
        }
        for (row, number) in rows { add(number, block.header.firstPosition + UInt64(row)) }
      } catch {
        throw self.error(error, in: block)
      }
    }
    func add(_ events: EventBatch, _ first: UInt64) {
      for row in events.rows.indices {
        if let record = ForgetRecord(events, row: row) { add(record.number, first + UInt64(row)) }
      }
    }
    for (first, batch) in try tailBatches() { add(batch, first) }
    return found
  }

  private func forgottenNumbers(_ columns: BlockColumns, kind: Int) throws -> [(row: UInt32, number: UInt32)] {
    let entry = columns.dataEntries.first { $0.key == ForgetRecord.number && $0.type == .integer }
    guard let entry else { return [] }
    let kinds = try columns.codes(.kind).codes
    let numbers = try columns.dataNumbers(entry)
    return numbers.rows.indices.compactMap { index in
      let row = numbers.rows[index]
      guard kinds[Int(row)] == UInt32(kind + 1), let value = numbers.value(index), value.scale == 0,
        let number = UInt32(exactly: value.mantissa)
      else { return nil }
      return (row, number)
    }
  }
}
