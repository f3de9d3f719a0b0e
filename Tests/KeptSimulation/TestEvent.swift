import KeptFormat
import KeptLog

/// An event as a test states it.
package struct TestEvent: Equatable, Sendable {
  package var source = "shop"
  package var id: String
  package var kind = "order.placed"
  package var time: Instant = 1_600_000_000_000_000
  package var customer: String?
  package var other: String?
  package var text: String?
  package var amount: Int64?
  package var data: [(key: String, value: String, isPersonal: Bool)] = []

  package static func == (a: TestEvent, b: TestEvent) -> Bool { a.id == b.id && a.source == b.source && a.customer == b.customer }

  package init(
    _ id: String, customer: String? = nil, text: String? = nil, amount: Int64? = nil, other: String? = nil,
    data: [(key: String, value: String, isPersonal: Bool)] = []
  ) {
    self.id = id
    self.customer = customer
    self.text = text
    self.amount = amount
    self.other = other
    self.data = data
  }

  package func add(to batch: EventBatch) {
    var row = EventRow()
    row[.source] = batch.add(source.utf8)
    row[.id] = batch.add(id.utf8)
    row[.kind] = batch.add(kind.utf8)
    row.time = time
    if let customer { row.customerName = batch.add(customer.utf8) }
    if let other { row.otherCustomerName = batch.add(other.utf8) }
    if let text { row[.text] = batch.add(text.utf8) }
    if let amount { row.amount = ExactDecimal(amount) }
    row.dataStart = UInt32(batch.data.count)
    for entry in data {
      batch.data.append(
        DataEntry(
          key: batch.add(entry.key.utf8), type: .string, bytes: batch.add(entry.value.utf8),
          isPersonal: entry.isPersonal))
    }
    row.dataCount = UInt32(data.count)
    row.line = UInt64(batch.rows.count + 1)
    batch.rows.append(row)
  }

  package static func batch(_ events: [TestEvent]) -> EventBatch {
    let batch = EventBatch()
    for event in events { event.add(to: batch) }
    return batch
  }

  /// `count` events of a few customers, every third with text.
  package static func many(_ range: Range<Int>, salt: String = "") -> [TestEvent] {
    range.map { index in
      TestEvent(
        "e\(index)", customer: index % 7 == 6 ? nil : "C-\(index * index % 23)",
        text: index % 3 == 0 ? "words \(index)\(salt)" : nil, amount: Int64(index))
    }
  }
}

extension LedgerReader {
  /// Every event's canonical line, in order of position.
  package func lines() throws -> [String] {
    var lines: [String] = []
    let columns = BlockColumns()
    func add(_ events: EventBatch) {
      for index in events.rows.indices {
        var sink = ByteSink()
        CanonicalLine.append(index, of: events, form: .recorded, to: &sink)
        lines.append(sink.text())
      }
    }
    for block in blocks {
      let events = EventBatch()
      columns.begin(block.header, source: source(for: block))
      do { try columns.decodeAll(into: events) } catch { throw self.error(error, in: block) }
      add(events)
    }
    for (_, batch) in try tailBatches() { add(batch) }
    return lines
  }

  /// Every event's id, in order of position.
  package func ids() throws -> [String] {
    try lines().map { line in
      let value = try JSONValue.parse(line)
      return value["id"]?.string ?? "sealed"
    }
  }
}

/// RFC 6962, section 2.1, word for word.
package func literalRoot(_ lines: ArraySlice<String>) -> Digest {
  if lines.isEmpty { return SHA256.hash([]) }
  if lines.count == 1 { return SHA256.hash([0] + Array(lines.first!.utf8)) }
  var k = 1
  while k * 2 < lines.count { k *= 2 }
  let middle = lines.startIndex + k
  let left = literalRoot(lines[..<middle]).withUnsafeBytes { Array($0) }
  let right = literalRoot(lines[middle...]).withUnsafeBytes { Array($0) }
  return SHA256.hash([1] + left + right)
}
