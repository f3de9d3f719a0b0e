import KeptFormat

/// Where an identity may be found: sorted runs on disk for the older events, a table in memory for the newest.
///
/// A fingerprint never decides: what is found is confirmed by reading source and id at the position. Runs cover
/// `[0, runsEnd)` without gaps; one that reaches beyond the commit point is removed at open, so only runs of committed
/// events are merged, each to be at least twice as large as the next. Everything can be rebuilt from the log, and is, where
/// a run is missing or damaged.
struct IdentityIndex: ~Copyable {
  private let folder: LedgerFolder
  private let disk: any Disk
  private let ledgerID: LedgerID
  private(set) var runs: [IdentityRun] = []
  var table: FingerprintTable

  /// The runs cover every event before this one.
  var runsEnd: UInt64 { runs.last?.positions.upperBound ?? 0 }

  /// Opens the runs that continue each other and end at or before `end`; removes every other file of the index.
  init(_ folder: LedgerFolder, disk: any Disk, ledgerID: LedgerID, end: UInt64) throws {
    self.folder = folder
    self.disk = disk
    self.ledgerID = ledgerID
    table = FingerprintTable(capacity: 1 << 12)
    var found: [IdentityRun] = []
    for name in try disk.names(inFolder: folder(LedgerFolder.index)) ?? [] where name.hasPrefix("run-") {
      let relative = LedgerFolder.index + "/" + name
      guard !name.hasSuffix(".new"), let run = try Self.open(relative, folder, disk, ledgerID),
        run.name == IdentityRun.name(run.positions), run.positions.upperBound <= end
      else {
        try disk.remove(folder(relative))
        continue
      }
      found.append(run)
    }
    // A crash between a merge and its clearing away leaves runs twice: the longest from each place wins.
    found.sort { $0.positions.upperBound > $1.positions.upperBound }
    while let next = found.first(where: { $0.positions.lowerBound == runsEnd }) {
      runs.append(next)
      found.removeAll { $0 === next }
    }
    for run in found { try disk.remove(folder(run.name)) }
  }

  /// Nil where the run is damaged or unknown: then it is as good as missing.
  private static func open(
    _ name: String, _ folder: LedgerFolder, _ disk: any Disk, _ ledgerID: LedgerID
  ) throws -> IdentityRun? {
    do { return try IdentityRun(name, in: folder, disk: disk, ledgerID: ledgerID) } catch is LogError { return nil }
  }

  /// Forgets and removes all runs, so that they are built again.
  mutating func removeRuns() throws {
    for run in runs { try disk.remove(folder(run.name)) }
    runs = []
  }

  /// For each fingerprint whether `find` may find anything; false is certain.
  func mayContain(_ fingerprints: [UInt64]) throws -> [Bool] {
    var marks = [Bool](repeating: false, count: fingerprints.count)
    try marks.withUnsafeMutableBufferPointer { marks in
      guard let base = marks.baseAddress else { return }
      try fingerprints.withUnsafeBufferPointer { fingerprints in
        table.mark(fingerprints, base)
        for run in runs { try run.mark(fingerprints, base) }
      }
    }
    return marks
  }

  /// Adds the positions that may hold `fingerprint` to `found`: older ones first.
  func find(_ fingerprint: UInt64, into found: inout [UInt64]) throws {
    for run in runs { try run.find(fingerprint, into: &found) }
    var slot = table.find(fingerprint)
    while slot >= 0 {
      found.append(table.position(inSlot: slot))
      slot = table.find(fingerprint, after: slot)
    }
  }

  /// Writes a run of the table's entries before `end`, then merges the newest runs: every event before `end` is committed.
  mutating func flush(before end: UInt64) throws {
    try addRun(before: end)
    if !runs.isEmpty, runsEnd <= end { try mergeNewest() }
  }

  /// Writes a run of the table's entries before `end`, which need not be committed yet.
  mutating func addRun(before end: UInt64) throws {
    guard end > runsEnd else { return }
    let entries = table.extract(before: end)
    var writer = try IdentityRunWriter.create(runsEnd..<end, in: folder, disk: disk, ledgerID: ledgerID)
    for entry in entries { try writer.append(entry.fingerprint, entry.position) }
    runs.append(try IdentityRun(writer.finish(), in: folder, disk: disk, ledgerID: ledgerID))
  }

  private mutating func mergeNewest() throws {
    // From the newest backwards: a run joins as long as it is less than twice what already joined.
    var start = runs.count - 1
    var joined = runs[start].entryCount
    while start > 0, runs[start - 1].entryCount < 2 * joined {
      start -= 1
      joined += runs[start].entryCount
    }
    guard start < runs.count - 1 else { return }
    let merged = Array(runs[start...])
    let positions = merged[0].positions.lowerBound..<runsEnd
    var writer = try IdentityRunWriter.create(positions, in: folder, disk: disk, ledgerID: ledgerID)
    var cursors = merged.map { RunCursor($0) }
    for index in cursors.indices { try cursors[index].start() }
    for _ in 0..<joined {
      var least = 0
      for index in 1..<cursors.count where cursors[index].isBefore(cursors[least]) { least = index }
      try writer.append(cursors[least].fingerprint, cursors[least].position)
      try cursors[least].advance()
    }
    let run = try IdentityRun(writer.finish(), in: folder, disk: disk, ledgerID: ledgerID)
    runs.replaceSubrange(start..., with: [run])
    for old in merged { try disk.remove(folder(old.name)) }
  }
}

/// Walks a run in order, 256 pages at a time.
private struct RunCursor {
  private let run: IdentityRun
  private var bytes: [UInt8] = []
  private var pages = 0..<0
  private var next = 0
  private(set) var fingerprint: UInt64 = 0
  private(set) var position: UInt64 = 0
  private var isDone = false

  init(_ run: IdentityRun) { self.run = run }

  mutating func start() throws { try advance() }

  @inline(__always)
  func isBefore(_ other: RunCursor) -> Bool {
    if isDone || other.isDone { return !isDone }
    return fingerprint != other.fingerprint ? fingerprint < other.fingerprint : position < other.position
  }

  @inline(__always)
  mutating func advance() throws {
    guard next < run.entryCount else {
      isDone = true
      return
    }
    let (page, entry) = next.quotientAndRemainder(dividingBy: IdentityRun.pageEntryCount)
    if page >= pages.upperBound {
      pages = page..<min(page + 256, run.pageCount)
      bytes = try run.pages(pages)
    }
    let start = (page - pages.lowerBound) * IdentityRun.pageByteCount
    (fingerprint, position) = bytes.withUnsafeBytes {
      let base = $0.baseAddress! + start
      return (IdentityRun.fingerprint(base, entry), IdentityRun.position(base, entry))
    }
    next += 1
  }
}
