import KeptFormat

/// The latest try of our own service, channel by channel, as each month ended, and how old it was then. Metrics S4.6.
///
/// Example: the web form tried on 2024-02-20 with 2 of 5; at the end of March 40 days later.
struct ProbeMeasure: ToldMeasure {
  let spec: MeasureSpec
  private let isAge: Bool

  static let all: [any ToldMeasure] = [
    ProbeMeasure(
      spec: MeasureSpec(
        "probe_latest", "S4.6", "what the latest try of our own service came to, as the month ended",
        formula: "score of the latest probe.run; else 1 where it came to a solution", "WE", high: true, unit: "points",
        grains: [.firm, .channel]), isAge: false),
    ProbeMeasure(
      spec: MeasureSpec(
        "probe_age_d", "S4.6", "how old that try was then", formula: "end of the month, or as-of − probe.run", "WE",
        high: false, unit: "days", grains: [.firm, .channel]), isAge: true),
  ]

  var families: [FactFamily] { [ProbeFacts.family] }

  func told(_ replayed: Replayed) -> Told {
    if let reason = replayed.missing([["probe.run"]]) { return .nothing(reason) }
    guard let book = replayed.books[ProbeFacts.family.name] else { return .nothing("no probes") }
    let (at, score) = (book.family.place("probed_at"), book.family.place("score"))
    /// By channel, nil being any: instants and scores.
    var probes: [String?: [(at: Instant, score: Int64)]] = [:]
    for rows in book.all {
      for (row, place) in rows.placeOf.enumerated() {
        let base = row * rows.width
        let probe = (rows.words[base + at], rows.words[base + score])
        probes[nil, default: []].append(probe)
        if let channel = rows.name(.channel, of: rows.places[Int(place)], words: replayed.words) {
          probes[channel, default: []].append(probe)
        }
      }
    }
    let rows = probes.flatMap { channel, probes in
      self.rows(channel, probes.sorted { ($0.at, $0.score) < ($1.at, $1.score) }, replayed)
    }
    return rows.isEmpty ? .nothing("no event says what it needs") : .rows(rows)
  }

  private func rows(_ channel: String?, _ probes: [(at: Instant, score: Int64)], _ replayed: Replayed) -> [MeasureRow] {
    let days = replayed.dayTable
    let asOf = replayed.run.asOf
    var next = 0
    return (days.bucket(.month, of: probes[0].at)...days.bucket(.month, of: asOf)).map { month in
      let end = min(days.end(.month, month), asOf)
      while next + 1 < probes.count, probes[next + 1].at <= end { next += 1 }
      let latest = probes[next]
      let grain: MeasureGrain = channel == nil ? .firm : .channel
      var result = MeasureResult(reason: "no event says what it needs")
      if isAge {
        let age = end - latest.at
        result = MeasureResult(num: Int64(Int128(age) * 1_000_000 / 86_400_000_000), value: Double(age) / 86_400_000_000)
      } else if latest.score != FactRows.absent {
        result = MeasureResult(num: latest.score, value: Double(latest.score) / 1_000_000)
      }
      return MeasureRow(grain: grain.name, entity: channel, month: month, result: result)
    }
  }
}

/// How many of the relationships that stood when a month began were over before it ended, and in what sort of time.
/// Metrics S1.10b.
struct LeavingHazard: ToldMeasure {
  let spec = MeasureSpec(
    "leaving_hazard", "S1.10b",
    "of the relationships that stood when the month began, those that ended in it; by kind of time as well",
    formula: "ended in the month / begun before and not ended before it", "THEY", high: false, unit: "share",
    num: "ended", den: "stood when the month began")

  var parts: Parts { HistoryFacts.family.parts.union(PeriodFacts.family.parts) }
  var families: [FactFamily] { [HistoryFacts.family, PeriodFacts.family] }

  func told(_ replayed: Replayed) -> Told {
    if let reason = replayed.missing([replayed.run.rulebook.relationship.ends.map(\.kind)]) { return .nothing(reason) }
    guard let book = replayed.books[HistoryFacts.family.name] else { return .nothing("no histories") }
    let days = replayed.dayTable
    let (began, ended) = (book.family.place("began_at"), book.family.place("ended_at"))
    var begun: [Int: Int64] = [:]
    var over: [Int: Int64] = [:]
    /// Of those that were over, the ones that had not begun in the same month.
    var left: [Int: Int64] = [:]
    for rows in book.all {
      for base in stride(from: 0, to: rows.words.count, by: rows.width) {
        let (start, end) = (rows.words[base + began], rows.words[base + ended])
        if start == FactRows.absent { continue }
        let first = days.bucket(.month, of: start)
        begun[first, default: 0] += 1
        if end == FactRows.absent { continue }
        let last = days.bucket(.month, of: end)
        over[last, default: 0] += 1
        if last > first { left[last, default: 0] += 1 }
      }
    }
    guard let low = begun.keys.min() else { return .nothing("no event says what it needs") }
    var standing: Int64 = 0
    var rows: [MeasureRow] = []
    for month in low...days.bucket(.month, of: replayed.run.asOf) {
      let gone = left[month] ?? 0
      let result =
        standing == 0
        ? MeasureResult.none
        : MeasureResult(num: gone * 1_000_000, den: standing * 1_000_000, value: Double(gone) / Double(standing))
      rows.append(MeasureRow(grain: MeasureGrain.firm.name, entity: nil, month: month, result: result))
      for kind in replayed.periodKinds(month) {
        rows.append(MeasureRow(grain: "period_kind", entity: kind, month: month, result: result))
      }
      standing += (begun[month] ?? 0) - (over[month] ?? 0)
    }
    return .rows(rows)
  }
}

extension Replayed {
  /// The sorts of time that were declared for some of a month, sorted. One without an end lasts until the next is declared.
  func periodKinds(_ month: Int) -> [String] {
    let (start, end) = (dayTable.start(.month, month), dayTable.end(.month, month))
    return Set(periods.filter { $0.from < end && $0.until > start }.map(\.kind)).sorted {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
  }
}

/// Of our promises whose time has come, those that were kept in time. Metrics S3.22, 3.11.
///
/// Example: 8 kept in time, 2 late, 1 broken: 8 of 11.
struct PromiseMeasure: ToldMeasure {
  let spec = MeasureSpec(
    "promises_on_time", "S3.22", "of our promises due, those kept in time; by department as well",
    formula: "kept / (kept + late + broken), by the month of the due that counts", "WE", high: true, unit: "share",
    num: "kept in time", den: "kept, late or broken", grains: [.firm, .department])
  let parts: Parts = .promises

  func told(_ replayed: Replayed) -> Told {
    if let reason = replayed.missing([["promise.made"]]) { return .nothing(reason) }
    let settling = replayed.folds.reduce(into: Set<UInt32>()) { $0.formUnion($1.promiseRows.settling) }
    struct Key: Hashable {
      var department: UInt32
      var month: Int
    }
    var counts: [Key: (kept: Int64, all: Int64)] = [:]
    for row in replayed.folds.flatMap(\.promiseRows.rows) where row.maker == .us && row.due != .absentInstant {
      let state = PromisesTable.state(row, asOf: replayed.run.asOf, settles: settling.contains(row.source))
      guard state == .kept || state == .late || state == .broken else { continue }
      let month = replayed.dayTable.bucket(.month, of: min(row.due, replayed.run.asOf))
      for department in row.department == 0 ? [0] : [0, row.department] {
        counts[Key(department: department, month: month), default: (0, 0)].kept += state == .kept ? 1 : 0
        counts[Key(department: department, month: month), default: (0, 0)].all += 1
      }
    }
    if counts.isEmpty { return .nothing("no event says what it needs") }
    return .rows(
      counts.map { key, count in
        MeasureRow(
          grain: (key.department == 0 ? MeasureGrain.firm : .department).name,
          entity: key.department == 0 ? nil : replayed.words[Int(key.department)], month: key.month,
          result: MeasureResult(
            num: count.kept * 1_000_000, den: count.all * 1_000_000, value: Double(count.kept) / Double(count.all)))
      })
  }
}
