import KeptFormat
import KeptLog
import KeptMeasures
import KeptSnapshot

/// How one customer was treated, told as they would tell it: worst first. S3.21.
struct MirrorPage {
  private let customers: Table
  private let touches: Table
  private let rules: Rulebook
  private let calendar: LocalCalendar
  private let asOf: Instant
  /// By position: how, by whom and about what a touch was.
  private var facts: [Int64: String] = [:]

  init(_ tables: [Table], _ measured: MeasuredTables) throws {
    customers = tables.first { $0.schema.name == TableName.customers.rawValue }!
    touches = tables.first { $0.schema.name == TableName.touches.rawValue }!
    rules = measured.rulebook
    calendar = try measured.ledger.calendar()
    asOf = measured.selection.asOf
    let filter = EventFilter(
      customers: measured.selection.customers, kinds: [], since: .min, until: .max, end: measured.end)
    try measured.ledger.forEachEvent(filter) { batch, index, position in
      facts[Int64(position)] = Self.facts(batch, index)
      return true
    }
  }

  func lines() -> [String] {
    var lines: [String] = []
    for row in 0..<customers.rowCount { lines += standing(row) }
    let order = MirrorCommand.worstFirst(touches)
    let points = order.map { number("points", $0) ?? 0 }
    for (title, isAmong) in [
      ("Worst first:", { $0 < 0 }), ("What was good:", { $0 > 0 }), ("And that says nothing by itself:", { $0 == 0 }),
    ] as [(String, (Double) -> Bool)] {
      var chosen = zip(order, points).filter { isAmong($0.1) }
      if title == "What was good:" { chosen.sort { $0.1 > $1.1 } }
      if chosen.isEmpty { continue }
      lines += ["", title]
      lines += chosen.map { line($0.0, $0.1) }
    }
    if touches.rowCount == 0 {
      lines += ["", "No touch says anything yet of how the two stand: silence is not dislike."]
    }
    // Names, subjects and the rulebook's words come from outside.
    return lines.map(TerminalText.visible)
  }

  // MARK: one touch

  private func line(_ row: Int, _ points: Double) -> String {
    let rule = text(touches, "rule", row) ?? ""
    let position = number("position", row).map(Int64.init)
    let isAbsence = text(touches, "is_absence", row) == "true"
    let more = isAbsence ? nil : position.flatMap { facts[$0] }
    let seed = text(touches, "seed", row) ?? ""
    var source = [rule, seed].filter { !$0.isEmpty }.joined(separator: " ")
    if let position { source += isAbsence ? ", since event \(position)" : ", event \(position)" }
    let said = rules.lived(ofRule: rule) ?? rule
    let told = more.map { "\(said.hasSuffix(".") ? String(said.dropLast()) : said) (\($0))." } ?? said
    let at: Instant = instant(touches, "said_at", row) ?? 0
    return "  \(Self.signed(points))  \(local(at))  \(told)  [\(source)]"
  }

  /// `by phone, with max of delivery, about K-201`.
  private static func facts(_ batch: EventBatch, _ index: Int) -> String? {
    let row = batch.rows[index]
    func text(_ field: TextField) -> String? { row.isSealed(field) ? nil : batch.string(row[field]) }
    var parts: [String] = []
    if let channel = text(.channel) { parts.append("by \(channel)") }
    switch (text(.agent), text(.department)) {
    case (let agent?, let department?): parts.append("with \(agent) of \(department)")
    case (let agent?, nil): parts.append("with \(agent)")
    case (nil, let department?): parts.append("with \(department)")
    case (nil, nil): break
    }
    if let subject = text(.subject) { parts.append("about \(subject)") }
    if row.score.isPresent {
      var sink = ByteSink()
      row.score.write(to: &sink)
      parts.append("score \(sink.text())")
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  // MARK: how the two stand

  private func standing(_ row: Int) -> [String] {
    let name = text(customers, "customer", row) ?? ""
    var first = "\(name), \(text(customers, "party", row) ?? "")"
    if let since = instant(customers, "first_at", row) { first += ", with us since \(day(since))" }
    switch text(customers, "status", row) {
    case "ended":
      let whose = ["customer": "they left", "us": "we ended it", "mutual": "both ended it", "external": "ended from outside"]
      first += "; " + (text(customers, "ended_by", row).flatMap { whose[$0] } ?? "it ended, nobody said by whom")
    case "prospect": first += "; has not been in touch yet"
    case "quiet": first += "; quiet for longer than is usual for them"
    case "unknown": first += "; whether they are still there cannot be seen: their sources fell silent"
    default: first += "; in touch"
    }
    let done = index("done_index", row).map { "what we did: \($0)" }
    let felt = index("felt_index", row).map { "what they felt: \($0)" }
    let sides = [done, felt].compactMap(\.self).joined(separator: ", ")
    return [
      first + ".",
      "How into them we are: \(verdict("we_index", row))\(sides.isEmpty ? "" : " (\(sides))").",
      "How into us they are: \(verdict("they_index", row)).",
      "As of \(local(asOf)), −100 … 100.",
    ]
  }

  private func verdict(_ column: String, _ row: Int) -> String {
    guard let index = index(column, row) else { return "nothing is heard, which is not dislike" }
    switch rules.isInto(double(customers, column, row)) {
    case true?: return "into, \(index)"
    case false?: return "not into, \(index)"
    case nil: return "neither, \(index)"
    }
  }

  private func index(_ column: String, _ row: Int) -> String? {
    double(customers, column, row).map { Self.signed($0.rounded()) }
  }

  // MARK: cells

  private func text(_ table: Table, _ column: String, _ row: Int) -> String? {
    let place = table.schema.columns.firstIndex { $0.name == column }!
    return TableText.value(table.schema.columns[place], table.columns[place], row)
  }

  private func double(_ table: Table, _ column: String, _ row: Int) -> Double? { text(table, column, row).flatMap(Double.init) }

  private func number(_ column: String, _ row: Int) -> Double? { double(touches, column, row) }

  private func instant(_ table: Table, _ column: String, _ row: Int) -> Instant? {
    text(table, column, row).flatMap { try? RFC3339.parse($0) }
  }

  private static func signed(_ number: Double) -> String {
    let size = number.magnitude
    let digits = size == size.rounded() && size < 1e15 ? String(Int64(size)) : "\(size)"
    return (number < 0 ? "−" : number > 0 ? "+" : " ") + digits
  }

  /// `2024-03-04 10:00` in the ledger's zone.
  private func local(_ instant: Instant) -> String {
    let day = calendar.dayIndex(of: instant)
    let clock = instant + calendar.zone.span(at: instant).offset - Int64(day) * 86_400_000_000
    let minutes = clock / 60_000_000
    func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(CivilDate(dayNumber: Int(day))) \(two(minutes / 60)):\(two(minutes % 60))"
  }

  private func day(_ instant: Instant) -> String { "\(CivilDate(dayNumber: Int(calendar.dayIndex(of: instant))))" }
}
