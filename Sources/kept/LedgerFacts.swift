import KeptFormat
import KeptLog
import KeptReplay

/// What a status tells of a ledger: counted from block headers and two columns, without reading events.
struct LedgerFacts {
  struct Source {
    var name: String
    var count = 0
    var lastAt = Instant.min
    /// The last local day on which something of it occurred.
    var lastDay: Int32?
    /// Days from its last event to the ledger's.
    var silentDays = 0

    /// Metrics 3.01: what it would have told of the last days is not known.
    var isSilent: Bool { silentDays >= 7 }
  }

  private(set) var customerCount: Int
  /// When the newest event was recorded.
  let lastRecorded: Instant?
  private(set) var span: (first: Instant, last: Instant)?
  /// By count, the most frequent first.
  private(set) var kinds: [(kind: String, count: Int)] = []
  private(set) var sources: [Source] = []
  let byteCounts: (log: Int, tail: Int, vault: Int, index: Int)
  /// The name of the snapshot that `latest` leads to.
  let latestSnapshot: String?

  init(_ ledger: LedgerReader) throws {
    customerCount = try ledger.names().count
    lastRecorded = try ledger.lastRecorded()
    let folder = ledger.folder
    byteCounts = (
      log: try Self.byteCount(inFolder: folder(LedgerFolder.log), ledger.disk),
      tail: try Self.byteCount(folder(LedgerFolder.tail), ledger.disk),
      vault: try Self.byteCount(inFolder: folder(LedgerFolder.vault), ledger.disk),
      index: try Self.byteCount(inFolder: folder(LedgerFolder.index), ledger.disk)
    )
    latestSnapshot = try ledger.disk.linkTarget(folder(LedgerFolder.snapshots) + "/latest")
    var kinds: [String: Int] = [:]
    var sources: [String: Source] = [:]
    try count(ledger, &kinds, &sources)
    self.kinds = kinds.map { ($0.key, $0.value) }.sorted { ($1.count, $0.kind) < ($0.count, $1.kind) }
    let lastDay = sources.values.compactMap(\.lastDay).max() ?? 0
    self.sources = sources.values.map { source in
      var source = source
      source.silentDays = Int(lastDay - (source.lastDay ?? lastDay))
      return source
    }.sorted { ($1.count, $0.name) < ($0.count, $1.name) }
  }

  private mutating func count(
    _ ledger: LedgerReader, _ kinds: inout [String: Int], _ sources: inout [String: Source]
  ) throws {
    var cursor = try ledger.calendar().cursor()
    let columns = BlockColumns()
    for block in ledger.blocks {
      for kind in block.header.kinds { kinds[kind.kind, default: 0] += kind.count }
      do {
        columns.begin(block.header, source: ledger.source(for: block))
        try count(columns, &sources, &cursor)
      } catch {
        throw ledger.error(error, in: block)
      }
    }
    for (_, batch) in try ledger.tailBatches() { count(batch, &kinds, &sources, &cursor) }
  }

  private mutating func count(
    _ batch: EventBatch, _ kinds: inout [String: Int], _ sources: inout [String: Source],
    _ cursor: inout LocalCalendar.Cursor
  ) {
    for row in batch.rows {
      let kind = batch.string(row[.kind]) ?? ""
      kinds[kind, default: 0] += 1
      // What the ledger says of itself occurred to nobody, and comes from no feed.
      if LedgerKind.all.contains(kind) { continue }
      let name = batch.string(row[.source]) ?? ""
      Self.add(row.time, &sources[name, default: Source(name: name)], &cursor)
      widen(row.time)
    }
  }

  private mutating func count(
    _ columns: BlockColumns, _ sources: inout [String: Source], _ cursor: inout LocalCalendar.Cursor
  ) throws {
    let times = try columns.times()
    let codes = try columns.codes(.source)
    let kinds = try columns.codes(.kind).codes
    let isLedgerKind = [false] + columns.header.kinds.map { LedgerKind.all.contains($0.kind) }
    var found = codes.dictionary.strings().map { Source(name: $0) }
    for row in 0..<times.count where codes.codes[row] > 0 && !isLedgerKind[Int(kinds[row])] {
      Self.add(times[row], &found[Int(codes.codes[row]) - 1], &cursor)
      widen(times[row])
    }
    for source in found where source.count > 0 {
      sources[source.name, default: Source(name: source.name)].merge(source)
    }
  }

  private static func add(_ time: Instant, _ source: inout Source, _ cursor: inout LocalCalendar.Cursor) {
    source.count += 1
    guard time > source.lastAt else { return }
    source.lastAt = time
    source.lastDay = cursor.dayIndex(of: time)
  }

  private mutating func widen(_ time: Instant) {
    span = (min(span?.first ?? time, time), max(span?.last ?? time, time))
  }

  private static func byteCount(_ path: String, _ disk: any Disk) throws -> Int {
    guard try disk.exists(path) else { return 0 }
    let file = try disk.open(path, .read)
    defer { file.close() }
    return try file.byteCount()
  }

  private static func byteCount(inFolder path: String, _ disk: any Disk) throws -> Int {
    try (disk.names(inFolder: path) ?? []).reduce(0) { try $0 + byteCount(path + "/" + $1, disk) }
  }
}

extension LedgerFacts.Source {
  mutating func merge(_ other: Self) {
    count += other.count
    guard other.lastAt > lastAt else { return }
    lastAt = other.lastAt
    lastDay = other.lastDay
  }
}
