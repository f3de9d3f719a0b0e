import KeptFormat

/// Writes a clean ledger from everything of a damaged one that verifies. The damaged one is only read.
///
/// Events keep their source and id, what they say, and when they were recorded; they are numbered again, since a log has no
/// holes (law 1), and so are customers, in order of first appearance. Keys go with them, so that a commitment stays what it
/// was; whoever was forgotten stays so. What Kept's own events say of positions and numbers is said in the new ones. The new
/// ledger is empty until one commit, at the end, makes all of it its own.
package struct Salvage {
  package struct Report: Sendable {
    package var carriedCount = 0
    package var ranges: [SalvagedRange] = []
    package var losses: [SalvageLoss] = []
    /// External ids of the customers in `losses`, where they are known and may be said.
    package var names: [UInt32: String] = [:]
    /// Events whose sealed values were committed to anew, because the key that they were under is lost.
    package var renewedCount = 0
    /// The commit point of the damaged ledger was not readable: events after it may be among those carried over.
    package var isCommitPointUnknown = false
    /// The position of `ledger.salvaged`.
    package var position: UInt64 = 0

    package var lostCount: UInt64 {
      losses.reduce(0) { sum, loss in
        guard loss.kind == .events || loss.kind == .identity, let positions = loss.positions,
          positions.upperBound != .max
        else { return sum }
        return sum + UInt64(positions.count)
      }
    }
    package var lostValueCount: Int { losses.reduce(0) { $0 + ($1.kind == .values ? $1.count : 0) } }
  }

  private let source: SalvageSource
  private let disk: any Disk
  private let geometry: LogGeometry
  private let carrier: SalvageCarrier
  private var report = Report()
  private let columns = BlockColumns()

  /// - Parameter disk: for both ledgers.
  /// - Throws: `LogError` where the damaged folder does not say what ledger it is, or `to` holds something; `DiskError`.
  package static func run(
    _ path: String, to target: String, actor: String, reason: String, clock: Instant,
    disk: any Disk = PosixDisk.ofLedger, geometry: LogGeometry = .standard,
    losses: (Report) -> [UInt8], progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> Report {
    let source = try SalvageSource(path, disk: disk, geometry: geometry)
    let settings = try Ledger.create(
      target,
      Ledger.Plan(
        zone: source.settings.zone, zoneBytes: source.zoneBytes, weekStart: source.settings.weekStart,
        currency: source.settings.currency, sealed: source.settings.sealed, actor: actor, reason: reason), disk: disk)
    let folder = LedgerFolder(target)
    var secret = try VaultSecret.random(disk)
    if let old = source.secret { secret.firmKey = old.firmKey }
    try disk.replaceFile(folder(LedgerFolder.secret), with: secret.bytes(settings.ledgerID))
    let reader = try LedgerReader(target, disk: disk, geometry: geometry)
    var salvage = try Salvage(source, reader, secret, disk, geometry)
    try salvage.carryEverything(progress)
    let report = salvage.report
    let list = losses(report)
    try disk.replaceFile(folder(lossesFile), with: list)
    try salvage.finish(actor: actor, reason: reason, clock: clock, digest: list.withUnsafeBytes { SHA256.hash($0) })
    return salvage.report
  }

  /// The list of losses, in the new ledger's folder.
  package static let lossesFile = "losses.jsonl"

  private init(
    _ source: SalvageSource, _ reader: LedgerReader, _ secret: VaultSecret, _ disk: any Disk, _ geometry: LogGeometry
  ) throws {
    self.source = source
    self.disk = disk
    self.geometry = geometry
    report.isCommitPointUnknown = source.commitPoint == nil
    // An index may be older than the log, or gone; only names that were introduced in what is lost are looked up there.
    let known = try NamesFile.read(source.folder, disk, source.settings.ledgerID, end: .max).names
    carrier = try SalvageCarrier(source, names: known, reader, secret, disk, geometry)
  }

  // MARK: In order of position

  private mutating func carryEverything(_ progress: (Int, Int) -> Void) throws {
    try findForgotten()
    var expected: UInt64 = 0
    let positions = source.blocks.keys.sorted()
    for (number, position) in positions.enumerated() {
      lose(expected..<position)
      try carry(blockAt: position)
      expected = position + UInt64(geometry.blockEventCount)
      progress(number + 1, positions.count)
    }
    if let commitPoint = source.commitPoint { lose(expected..<commitPoint) }
    for (index, record) in source.records.enumerated() {
      for hole in source.tailHoles where hole.recordIndex == index { lose(hole) }
      var place = record.firstPosition
      let values = try record.events.values()
      var row = 0
      for batch in try record.events.batches() {
        try carrier.carry(
          batch, values, firstRow: row, first: place, file: LedgerFolder.tail, offset: FileHeader.byteCount)
        row += batch.rows.count
        place = place.map { $0 + UInt64(batch.rows.count) }
      }
    }
    for hole in source.tailHoles where hole.recordIndex == source.records.count { lose(hole) }
    if source.commitPoint == nil, source.records.isEmpty {
      var loss = SalvageLoss(.events, nil, file: LedgerFolder.tail, offset: 0, count: 0)
      loss.recorded = (carrier.lastRecorded, nil)
      carrier.note(loss)
    }
    carrier.forgetAgain()
    report.losses = carrier.losses
    for customer in Set(carrier.losses.flatMap(\.customers)) { report.names[customer] = carrier.name(of: customer) }
    report.ranges = carrier.ranges
    report.carriedCount = carrier.carriedCount
    report.renewedCount = carrier.renewedCount
  }

  /// Who was forgotten must be known before any of their values is carried over.
  private func findForgotten() throws {
    for found in source.blocks.values {
      guard found.contains(where: { $0.reference.header.kinds.contains { $0.kind == ForgetRecord.kind } }),
        let events = try events(of: found)
      else { continue }
      carrier.addForgotten(events)
    }
    for record in source.records { for batch in try record.events.batches() { carrier.addForgotten(batch) } }
  }

  /// The events of the first candidate whose every leaf gives the stored root.
  private func events(of candidates: [(reference: BlockReference, file: any DiskFile)]) throws -> EventBatch? {
    for (reference, file) in candidates {
      let events = EventBatch()
      do {
        columns.begin(reference.header, source: SegmentBlockSource(file: file, reference: reference))
        try columns.decodeAll(into: events)
      } catch is FormatError {
        continue
      } catch LogError.damage {
        continue
      }
      var hasher = LineHasher()
      hasher.add(events, rows: events.rows.indices)
      if hasher.root() == reference.header.subtreeRoot { return events }
    }
    return nil
  }

  private func carry(blockAt position: UInt64) throws {
    let found = source.blocks[position]!
    let reference = found[0].reference
    guard let events = try events(of: found) else {
      var loss = SalvageLoss(
        .events, reference.positions, file: reference.segment, offset: reference.offset, count: reference.header.count)
      loss.time = (reference.header.timeMin, reference.header.timeMax)
      loss.recorded = (reference.header.recordedMin, reference.header.recordedMax)
      addCustomers(to: &loss, found[0])
      return carrier.note(loss)
    }
    try carrier.carry(
      events, try source.values(ofBlock: position), firstRow: 0, first: position, file: reference.segment,
      offset: reference.offset)
  }

  /// Whom a block is about whose events cannot be read: all of them, where that column still can.
  private func addCustomers(
    to loss: inout SalvageLoss, _ found: (reference: BlockReference, file: any DiskFile)
  ) {
    columns.begin(found.reference.header, source: SegmentBlockSource(file: found.file, reference: found.reference))
    if let customers = try? columns.customers() {
      loss.customers = Set(customers).subtracting([0]).sorted()
      loss.areCustomersAll = (try? columns.otherCustomers())?.rows.count == 0
    } else {
      addIntroduced(to: &loss)
    }
  }

  /// Whoever was introduced there is known by the vault.
  private func addIntroduced(to loss: inout SalvageLoss) {
    guard let positions = loss.positions else { return }
    for (first, found) in source.values where positions.contains(first) {
      loss.customers += (0..<UInt32(found.chunk.keyCount)).map { found.chunk.firstKeyNumber + $0 }
    }
    loss.customers.sort()
  }

  /// Blocks of which no header is left, one loss a segment.
  private func lose(_ positions: Range<UInt64>) {
    var rest = positions
    while !rest.isEmpty {
      let start = geometry.segmentStart(rest.lowerBound)
      let end = min(rest.upperBound, start + UInt64(geometry.segmentEventCount))
      var loss = SalvageLoss(
        .events, rest.lowerBound..<end, file: LedgerFolder.segment(start), offset: 0,
        count: Int(end - rest.lowerBound))
      loss.recorded = (carrier.lastRecorded, nil)
      addIntroduced(to: &loss)
      carrier.note(loss)
      rest = end..<rest.upperBound
    }
  }

  private func lose(_ hole: SalvageSource.TailHole) {
    var loss = SalvageLoss(
      .events, hole.positions, file: LedgerFolder.tail, offset: hole.offset, count: hole.positions?.count ?? 0)
    loss.recorded = (carrier.lastRecorded, nil)
    carrier.note(loss)
  }

  // MARK: The end

  private mutating func finish(actor: String, reason: String, clock: Instant, digest: Digest) throws {
    let record = SalvageRecord(
      actor: actor, reason: reason, ledgerID: source.settings.ledgerID, carriedCount: report.carriedCount,
      lostCount: report.lostCount, lostValueCount: report.lostValueCount, digest: digest)
    report.position = try carrier.finish(record, actor: actor, reason: reason, clock: clock)
  }
}
