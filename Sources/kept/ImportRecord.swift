import KeptFormat
import KeptIntake
import KeptLog

/// An `import.finished` event: what an import read and what became of it (law 7).
struct ImportRecord {
  static let kind = "import.finished"
  static let source = "kept"

  var file: String
  var byteCount: Int64
  /// Of the file's bytes as they are stored, packed or not.
  var digest: String
  /// Of the mapping file, where one was used.
  var mapDigest: String?
  var lineCount: Int64
  var acceptedCount: Int64
  var duplicateCount: Int64
  var conflictCount: Int64
  var rejectedCount: Int64
  var firstPosition: Int64?
  var lastPosition: Int64?
  /// Accepted amounts by currency; null where a sum has more than 18 digits.
  var amounts: JSONValue

  /// Whether every line is accounted for.
  var addsUp: Bool { lineCount == acceptedCount + duplicateCount + conflictCount + rejectedCount }

  init(_ file: String, _ totals: SourceTotals, _ tally: ImportTally, currency: String?, mapDigest: String?) {
    self.file = file
    byteCount = Int64(clamping: totals.byteCount)
    digest = totals.digest.hex
    self.mapDigest = mapDigest
    lineCount = Int64(totals.lineCount)
    acceptedCount = Int64(tally.acceptedCount)
    duplicateCount = Int64(tally.duplicateCount)
    conflictCount = Int64(tally.conflictCount)
    rejectedCount = Int64(tally.rejectedCount)
    firstPosition = tally.firstPosition.map { Int64($0) }
    lastPosition = tally.lastPosition.map { Int64($0) }
    // Amounts without a currency are in the ledger's.
    var sums: [String: ExactDecimal?] = [:]
    for (name, sum) in tally.amounts {
      let name = name.isEmpty ? currency ?? "" : name
      sums.updateValue(BatchAmounts.add(sum, to: sums[name]), forKey: name)
    }
    amounts = .object(sums.sorted { $0.key < $1.key }.map { JSONMember($0.key, $0.value.map { .number($0) } ?? .null) })
  }

  /// Reads an event of this kind; what it does not say is 0 or absent.
  init(_ index: Int, of batch: EventBatch) {
    var numbers: [String: Int64] = [:]
    var texts: [String: String] = [:]
    for entry in batch.entries(of: batch.rows[index]) {
      let key = batch.string(entry.key) ?? ""
      switch entry.type {
      case .integer: numbers[key] = entry.number.mantissa
      case .string, .json: texts[key] = batch.string(entry.bytes)
      case .decimal, .boolean, .sealed: break
      }
    }
    file = texts["file"] ?? ""
    byteCount = numbers["bytes"] ?? 0
    digest = texts["sha256"] ?? ""
    mapDigest = texts["map_sha256"]
    lineCount = numbers["lines"] ?? 0
    acceptedCount = numbers["accepted"] ?? 0
    duplicateCount = numbers["duplicates"] ?? 0
    conflictCount = numbers["conflicts"] ?? 0
    rejectedCount = numbers["rejected"] ?? 0
    firstPosition = numbers["first_position"]
    lastPosition = numbers["last_position"]
    amounts = texts["amounts"].flatMap { try? JSONValue.parse($0) } ?? .object([])
  }

  /// The event, to be recorded at `position`.
  func event(position: UInt64, time: Instant) -> EventBatch {
    let batch = EventBatch()
    var row = EventRow()
    row[.source] = batch.add(Self.source.utf8)
    row[.id] = batch.add("import-\(position)".utf8)
    row[.kind] = batch.add(Self.kind.utf8)
    row.time = time
    func number(_ key: String, _ number: Int64?) {
      guard let number else { return }
      batch.data.append(DataEntry(key: batch.add(key.utf8), type: .integer, number: ExactDecimal(number)))
    }
    func text(_ key: String, _ text: String?, _ type: DataType = .string) {
      guard let text else { return }
      batch.data.append(DataEntry(key: batch.add(key.utf8), type: type, bytes: batch.add(text.utf8)))
    }
    // In the order of the keys, as entries stand.
    number("accepted", acceptedCount)
    text("amounts", String(decoding: amounts.canonical(), as: UTF8.self), .json)
    number("bytes", byteCount)
    number("conflicts", conflictCount)
    number("duplicates", duplicateCount)
    text("file", file)
    number("first_position", firstPosition)
    number("last_position", lastPosition)
    number("lines", lineCount)
    text("map_sha256", mapDigest)
    number("rejected", rejectedCount)
    text("sha256", digest)
    row.dataCount = UInt32(batch.data.count)
    batch.rows = [row]
    return batch
  }
}
