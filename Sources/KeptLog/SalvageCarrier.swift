import KeptFormat

/// Takes events of a damaged ledger, in order, and makes them events of a new one.
///
/// Whatever is sealed is opened, checked against its commitment, and sealed again under the same key: the same commitment.
final class SalvageCarrier {
  private(set) var losses: [SalvageLoss] = []
  private(set) var ranges: [SalvagedRange] = []
  private(set) var carriedCount = 0
  private(set) var renewedCount = 0
  private(set) var lastRecorded: Instant?

  private let source: SalvageSource
  private let names: CustomerNames
  private let sealer: Sealer
  private let output: LogOutput
  private let geometry: LogGeometry
  private let builder: BlockBuilder
  private let keys: KeyTable
  private var keySource: KeySource
  private var scratch = Sealer.Scratch()
  private var opener: CommitmentOpener
  /// Old numbers of whoever was forgotten, or has no key any more although the vault was there to say so.
  private var forgotten: Set<UInt32> = []
  /// Those of them whom an event that is carried over says to be forgotten.
  private var recordedForgotten: Set<UInt32> = []
  /// New number by old.
  private var numbers: [UInt32: UInt32] = [:]
  /// External ids by old number, of those who are not forgotten.
  private var knownNames: [UInt32: [UInt8]] = [:]
  private var usedNames: Set<[UInt8]> = []
  /// Events that no block holds yet, numbered and open.
  private var pending = EventBatch()
  /// New numbers of those who were forgotten by an event that is lost.
  private var again: [UInt32] = []

  init(
    _ source: SalvageSource, names: CustomerNames, _ reader: LedgerReader, _ secret: VaultSecret, _ disk: any Disk,
    _ geometry: LogGeometry
  ) throws {
    self.source = source
    self.names = names
    self.geometry = geometry
    sealer = Sealer(source.settings)
    keys = KeyTable(firmKey: secret.firmKey)
    builder = BlockBuilder(sealer: sealer, keys: keys)
    output = try LogOutput(reader, vault: [])
    keySource = KeySource(disk)
    forgotten = Set(source.keys.filter { $0.value.isDestroyed }.keys)
    opener = CommitmentOpener(keys: CommitmentKeys(table: keys, forgotten: []))
  }

  func addForgotten(_ events: EventBatch) {
    for row in events.rows.indices {
      guard let record = ForgetRecord(events, row: row) else { continue }
      forgotten.insert(record.number)
      recordedForgotten.insert(record.number)
    }
  }

  func note(_ loss: SalvageLoss) { losses.append(loss) }

  private var nextPosition: UInt64 { output.position + UInt64(pending.rows.count) }

  // MARK: Events

  /// - Parameters:
  ///   - values: what they commit to; nil where it is lost.
  ///   - firstRow: the first event's row there.
  ///   - first: the first event's old position, where that is known.
  func carry(
    _ events: EventBatch, _ values: SealedValues?, firstRow: Int, first: UInt64?, file: String, offset: Int
  ) throws {
    if let recorded = events.rows.first?.recorded { endLosses(at: recorded) }
    var lost = LostValues(file: file, offset: offset)
    for index in events.rows.indices {
      let old = first.map { $0 + UInt64(index) }
      let new = nextPosition
      guard try carry(events, index, values, firstRow + index, old, &lost) else { continue }
      carriedCount += 1
      if let last = ranges.last, last.new + last.count == new, last.old.map({ $0 + last.count }) == old {
        ranges[ranges.count - 1].count += 1
      } else {
        ranges.append(SalvagedRange(old: old, new: new, count: 1))
      }
      if pending.rows.count == geometry.blockEventCount { try writeBlock() }
    }
    lastRecorded = events.rows.last?.recorded ?? lastRecorded
    losses += lost.losses
  }

  /// What was lost before was recorded before.
  private func endLosses(at recorded: Instant) {
    for index in losses.indices where losses[index].kind == .events && losses[index].recorded.to == nil {
      losses[index].recorded.to = recorded
    }
  }

  /// - Returns: false where the event cannot be carried over.
  private func carry(
    _ events: EventBatch, _ index: Int, _ values: SealedValues?, _ valueRow: Int, _ old: UInt64?, _ lost: inout LostValues
  ) throws -> Bool {
    let original = events.rows[index]
    pending.append(row: original, of: events)
    let place = pending.rows.count - 1
    var row = pending.rows[place]
    var isRenewed = false
    let idValue = original.isSealed(.id) ? values?.value(row: valueRow, field: TextField.id.name) : nil

    /// The plain value under a commitment, if there is one that opens it.
    func value(_ field: String, _ slice: ByteSlice, _ customer: UInt32) -> ArraySlice<UInt8>? {
      guard let value = values?.value(row: valueRow, field: field) else { return nil }
      guard let key = key(customer) else {
        isRenewed = true
        return value
      }
      if original.isSealed(.id), idValue == nil { return nil }
      return opener.isOpened(events, original, idValue, field, slice, value, key) ? value : nil
    }

    if original.isSealed(.id), !forgotten.contains(original.customer) {
      guard let text = value(TextField.id.name, original[.id], original.customer).flatMap(Self.text) else {
        pending.rows.removeLast()
        var loss = SalvageLoss(.identity, old.map { $0..<$0 + 1 }, file: lost.file, offset: lost.offset, count: 1)
        loss.customers = original.customer == 0 ? [] : [original.customer]
        loss.areCustomersAll = true
        loss.recorded = (original.recorded, original.recorded)
        loss.time = (original.time, original.time)
        losses.append(loss)
        return false
      }
      row[.id] = pending.add(text)
      row.sealed &= ~(1 << UInt32(TextField.id.rawValue))
    }
    guard try renumberReferences(&row, old, lost) else {
      pending.rows.removeLast()
      return false
    }
    if !forgotten.contains(original.customer) {
      for field in TextField.allCases where row.isSealed(field) {
        row.sealed &= ~(1 << UInt32(field.rawValue))
        if let text = value(field.name, original[field], original.customer).flatMap(Self.text) {
          row[field] = pending.add(text)
        } else {
          row[field] = .absent
          lost.add(field.name, old, original.customer)
        }
      }
      openData(&row) { key, slice in
        let field = LedgerSettings.dataPrefix + key
        let found = value(field, slice, original.customer)
        if found == nil { lost.add(field, old, original.customer) }
        return found
      }
    }
    func name(_ slice: ByteSlice, _ bit: UInt32, _ field: String, _ customer: UInt32) -> [UInt8]? {
      guard slice.isPresent else { return nil }
      if original.sealed & bit != 0 { return value(field, slice, customer).flatMap(Self.text) }
      return Array(events.bytes[Int(slice.offset)..<Int(slice.offset) + Int(slice.count)])
    }
    let customerName = name(
      original.customerName, EventRow.sealedCustomerBit, LedgerSettings.customerField, original.customer)
    let otherName = name(
      original.otherCustomerName, EventRow.sealedOtherCustomerBit, LedgerSettings.otherCustomerField,
      original.otherCustomer)
    row.customerName = .absent
    row.otherCustomerName = .absent
    row.sealed &= ~(EventRow.sealedCustomerBit | EventRow.sealedOtherCustomerBit)
    row.customer = try number(
      original.customer, customerName, &row.customerName, &row.sealed, EventRow.sealedCustomerBit, lost, old)
    row.otherCustomer = try number(
      original.otherCustomer, otherName, &row.otherCustomerName, &row.sealed, EventRow.sealedOtherCustomerBit, lost, old)
    pending.rows[place] = row
    if isRenewed { renewedCount += 1 }
    return true
  }

  private static func text(_ value: ArraySlice<UInt8>) -> [UInt8]? {
    (try? JSONValue.parse(Array(value)).string).flatMap { $0 }.map { Array($0.utf8) }
  }

  /// The key of an old number; nil where it is lost.
  private func key(_ customer: UInt32) -> CustomerKey? {
    customer == 0 ? source.secret?.firmKey : source.keys[customer]
  }

  /// Opens the sealed entries of a row in place, and drops those that do not open.
  private func openData(_ row: inout EventRow, _ value: (String, ByteSlice) -> ArraySlice<UInt8>?) {
    var entries: [DataEntry] = []
    var isChanged = false
    for entry in pending.data[Int(row.dataStart)..<Int(row.dataStart) + Int(row.dataCount)] {
      guard entry.type == .sealed else {
        entries.append(entry)
        continue
      }
      isChanged = true
      guard let found = value(pending.string(entry.key) ?? "", entry.bytes),
        var opened = try? Array(found).withUnsafeBufferPointer({
          try CanonicalValue.parse($0, key: entry.key, into: pending)
        })
      else { continue }
      opened.isPersonal = true
      entries.append(opened)
    }
    guard isChanged else { return }
    row.dataStart = UInt32(pending.data.count)
    row.dataCount = UInt32(entries.count)
    pending.data += entries
  }

  // MARK: Numbers

  /// The new number of an old one; where it is new, its name stands on the row.
  private func number(
    _ old: UInt32, _ name: [UInt8]?, _ slice: inout ByteSlice, _ sealed: inout UInt32, _ bit: UInt32,
    _ lost: LostValues, _ position: UInt64?
  ) throws -> UInt32 {
    guard old != 0 else { return 0 }
    if let known = numbers[old] { return known }
    let number = UInt32(numbers.count + 1)
    numbers[old] = number
    if forgotten.contains(old) {
      keys.append(Digest())
      if sealer.sealsCustomers {
        // A commitment that nobody can open, as theirs is.
        slice = pending.add([UInt8](repeating: 0, count: Digest.byteCount))
        sealed |= bit
      } else {
        slice = pending.add(freeName("forgotten", old))
      }
      return number
    }
    keys.append(try source.keys[old]?.digest ?? keySource.next())
    if let known = name ?? names[old].map({ Array($0) }), usedNames.insert(known).inserted {
      knownNames[old] = known
      slice = pending.add(known)
      return number
    }
    slice = pending.add(freeName("lost", old))
    var loss = SalvageLoss(.name, position.map { $0..<$0 + 1 }, file: lost.file, offset: lost.offset, count: 1)
    loss.customers = [old]
    loss.areCustomersAll = true
    losses.append(loss)
    return number
  }

  /// What stands for an id that is gone: `lost-c17`.
  private func freeName(_ word: String, _ old: UInt32) -> [UInt8] {
    var name = Array("\(word)-c\(old)".utf8)
    while !usedNames.insert(name).inserted { name.append(UInt8(ascii: "'")) }
    return name
  }

  /// Who an old number was, where it may be said.
  func name(of old: UInt32) -> String? {
    guard !sealer.sealsCustomers, !forgotten.contains(old) else { return nil }
    return (knownNames[old] ?? names[old].map { Array($0) }).map { String(decoding: $0, as: UTF8.self) }
  }

  // MARK: Kept's own events

  /// What Kept's own events say of positions and numbers, in those of the new ledger.
  ///
  /// - Returns: false where nothing is left of what the event speaks of.
  private func renumberReferences(_ row: inout EventRow, _ old: UInt64?, _ lost: LostValues) throws -> Bool {
    guard pending.string(row[.source]) == ImportRecord.source, let kind = pending.string(row[.kind]) else { return true }
    let place = pending.rows.count - 1
    if kind == ForgetRecord.kind, let record = ForgetRecord(pending, row: place) {
      guard let number = numbers[record.number] else {
        var loss = SalvageLoss(.forgotten, old.map { $0..<$0 + 1 }, file: lost.file, offset: lost.offset, count: 1)
        loss.customers = [record.number]
        loss.areCustomersAll = true
        losses.append(loss)
        return false
      }
      set(ForgetRecord.number, UInt64(number), in: row)
    }
    if kind == ImportRecord.kind, let positions = ImportRecord(pending, row: place)?.tally.positions {
      if let left = newPositions(positions) {
        set("first_position", left.lowerBound, in: row)
        set("last_position", left.upperBound, in: row)
      } else {
        remove(["first_position", "last_position"], from: &row)
      }
    }
    // The id of such an event is its kind and its position: another one will have the old position.
    if let id = row.isSealed(.id) ? nil : pending.string(row[.id]), id.hasPrefix(kind + "-"),
      UInt64(id.dropFirst(kind.utf8.count + 1)) != nil
    {
      row[.id] = pending.add("\(kind)-\(nextPosition - 1)".utf8)
    }
    return true
  }

  private func set(_ key: String, _ value: UInt64, in row: EventRow) {
    for at in Int(row.dataStart)..<Int(row.dataStart) + Int(row.dataCount) where pending.string(pending.data[at].key) == key {
      pending.data[at].number = ExactDecimal(Int64(clamping: value))
    }
  }

  private func remove(_ keys: [String], from row: inout EventRow) {
    let all = pending.data[Int(row.dataStart)..<Int(row.dataStart) + Int(row.dataCount)]
    let left = all.filter { !keys.contains(pending.string($0.key) ?? "") }
    row.dataStart = UInt32(pending.data.count)
    row.dataCount = UInt32(left.count)
    pending.data += left
  }

  /// Where the first and the last that are left of some old positions stand.
  private func newPositions(_ old: ClosedRange<UInt64>) -> ClosedRange<UInt64>? {
    var found: ClosedRange<UInt64>?
    for range in ranges {
      guard let start = range.old, start <= old.upperBound, start + range.count > old.lowerBound else { continue }
      let lower = range.new + (max(start, old.lowerBound) - start)
      let upper = range.new + (min(start + range.count - 1, old.upperBound) - start)
      found = (found?.lowerBound ?? lower)...upper
    }
    return found
  }

  // MARK: Writing

  /// Finds those who have no key and whose `customer.forgotten` is lost: it is said again at the end.
  func forgetAgain() {
    again = forgotten.subtracting(recordedForgotten).compactMap { numbers[$0] }.sorted()
  }

  private func writeBlock() throws {
    var values = SealedValues()
    sealer.seal(pending, rows: 0..<pending.rows.count, keys: keys, into: &values, rowOffset: 0, &scratch)
    _ = try output.write(builder.build(pending, values, firstPosition: output.position))
    pending = EventBatch()
  }

  private func append(own events: EventBatch, _ recorded: Instant) throws {
    events.rows[0].recorded = recorded
    pending.append(row: events.rows[0], of: events)
    if pending.rows.count == geometry.blockEventCount { try writeBlock() }
  }

  /// Writes the last events, and commits.
  ///
  /// - Returns: the position of `ledger.salvaged`.
  func finish(_ record: SalvageRecord, actor: String, reason: String, clock: Instant) throws -> UInt64 {
    let recorded = max(clock, lastRecorded ?? clock)
    for number in again {
      let forget = ForgetRecord(number: number, actor: actor, reason: reason)
      try append(own: forget.event(position: nextPosition, time: recorded), recorded)
    }
    let position = nextPosition
    try append(own: record.event(position: position, time: recorded), recorded)
    var records = ByteSink(capacity: 1 << 16)
    var line = ByteSink(capacity: 1 << 10)
    for start in stride(from: 0, to: pending.rows.count, by: 1_024) {
      let rows = start..<min(start + 1_024, pending.rows.count)
      var values = SealedValues()
      sealer.seal(pending, rows: rows, keys: keys, into: &values, rowOffset: 0, &scratch)
      var lines = ByteSink(capacity: 1 << 16)
      CanonicalLine.appendCounted(of: pending, rows: rows, line: &line, to: &lines)
      lines.withUnsafeBytes { Tail.appendRecord(lines: $0, count: rows.count, values: values, to: &records) }
    }
    try output.commit(records: records.bytes())
    return position
  }
}

/// Sealed values of some events that did not open, by field.
struct LostValues {
  let file: String
  let offset: Int
  private(set) var losses: [SalvageLoss] = []

  init(file: String, offset: Int) {
    self.file = file
    self.offset = offset
  }

  mutating func add(_ field: String, _ position: UInt64?, _ customer: UInt32) {
    if losses.last(where: { $0.field == field }) == nil {
      var loss = SalvageLoss(.values, position.map { $0..<$0 + 1 }, file: file, offset: offset, count: 0)
      loss.field = field
      loss.areCustomersAll = true
      losses.append(loss)
    }
    let index = losses.firstIndex { $0.field == field }!
    losses[index].count += 1
    if let position, let known = losses[index].positions { losses[index].positions = known.lowerBound..<position + 1 }
    if customer != 0, losses[index].customers.last != customer { losses[index].customers.append(customer) }
  }
}
