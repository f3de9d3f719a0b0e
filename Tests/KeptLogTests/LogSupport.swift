import Foundation
import KeptFormat
import Testing

@testable import KeptLog

/// A ledger in a temporary folder that goes with it.
final class TemporaryLedger {
  let path: String
  let geometry: LogGeometry
  static let small = LogGeometry(blockEventCount: 16, segmentBlockCount: 4)
  static let clock: Instant = 1_700_000_000_000_000

  init(_ geometry: LogGeometry = small, sealed: [String] = []) throws {
    self.geometry = geometry
    path = NSTemporaryDirectory() + "kept-" + UUID().uuidString
    try Ledger.create(path, .init(zone: "UTC", zoneBytes: [1, 2, 3], sealed: sealed))
  }

  /// A copy of a ledger, as it is on disk now.
  init(copyOf other: TemporaryLedger) throws {
    geometry = other.geometry
    path = NSTemporaryDirectory() + "kept-" + UUID().uuidString
    try FileManager.default.copyItem(atPath: other.path, toPath: path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func writer(_ disk: any Disk = PosixDisk()) throws -> LedgerWriter {
    try LedgerWriter(path, disk: disk, geometry: geometry, holder: "a test")
  }

  func reader() throws -> LedgerReader { try LedgerReader(path, geometry: geometry) }

  /// Opens a writer, runs `body`, closes it.
  ///
  /// A test that starts a program at the same moment makes a copy of this process, in which a lock that was just released
  /// is held until the program begins: then it is asked for again.
  func write<R>(_ disk: any Disk = PosixDisk(), _ body: (LedgerWriter) throws -> R) throws -> R {
    var attempts = 0
    while true {
      let writer: LedgerWriter
      do {
        writer = try self.writer(disk)
      } catch LogError.locked where attempts < 1_000 {
        attempts += 1
        usleep(1_000)
        continue
      }
      defer { writer.close() }
      return try body(writer)
    }
  }

  func bytes(_ name: String) throws -> [UInt8] { try PosixDisk().contents(path + "/" + name) }

  func replace(_ name: String, with bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
  }

  func flipByte(_ name: String, at offset: Int) throws {
    var all = try bytes(name)
    all[offset] ^= 0x41
    try replace(name, with: all)
  }
}

/// An event as a test states it.
struct TestEvent: Equatable {
  var source = "shop"
  var id: String
  var kind = "order.placed"
  var time: Instant = 1_600_000_000_000_000
  var customer: String?
  var other: String?
  var text: String?
  var amount: Int64?
  var data: [(key: String, value: String, isPersonal: Bool)] = []

  static func == (a: TestEvent, b: TestEvent) -> Bool { a.id == b.id && a.source == b.source && a.customer == b.customer }

  init(
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

  func add(to batch: EventBatch) {
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

  static func batch(_ events: [TestEvent]) -> EventBatch {
    let batch = EventBatch()
    for event in events { event.add(to: batch) }
    return batch
  }

  /// `count` events of a few customers, every third with text.
  static func many(_ range: Range<Int>, salt: String = "") -> [TestEvent] {
    range.map { index in
      TestEvent(
        "e\(index)", customer: index % 7 == 6 ? nil : "C-\(index * index % 23)",
        text: index % 3 == 0 ? "words \(index)\(salt)" : nil, amount: Int64(index))
    }
  }
}

extension LedgerReader {
  /// Every event's canonical line, in order of position.
  func lines() throws -> [String] {
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
  func ids() throws -> [String] {
    try lines().map { line in
      let value = try JSONValue.parse(line)
      return value["id"]?.string ?? "sealed"
    }
  }
}

/// RFC 6962, section 2.1, word for word.
func literalRoot(_ lines: ArraySlice<String>) -> Digest {
  if lines.isEmpty { return SHA256.hash([]) }
  if lines.count == 1 { return SHA256.hash([0] + Array(lines.first!.utf8)) }
  var k = 1
  while k * 2 < lines.count { k *= 2 }
  let middle = lines.startIndex + k
  let left = literalRoot(lines[..<middle]).withUnsafeBytes { Array($0) }
  let right = literalRoot(lines[middle...]).withUnsafeBytes { Array($0) }
  return SHA256.hash([1] + left + right)
}
