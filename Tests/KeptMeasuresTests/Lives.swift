import Foundation
import KeptFormat
import KeptReplay
import KeptSnapshot
import Testing

@testable import KeptMeasures

/// A touch as a test writes it: kind, time, and what else its event would say.
struct TestTouch: Sendable {
  enum Value: Sendable {
    case text(String)
    case number(Double)
    case flag(Bool)
    case instant(Instant)
    case customer(UInt32)
  }
  var kind: String
  var time: Instant
  var direction = Direction.absent
  var fields: [DetailField: Value] = [:]

  init(_ kind: String, _ time: Instant, _ direction: Direction = .absent, _ fields: [DetailField: Value] = [:]) {
    self.kind = kind
    self.time = time
    self.direction = direction
    self.fields = fields
  }

  init(_ kind: String, _ time: String, _ direction: Direction = .absent, _ fields: [DetailField: Value] = [:]) {
    self.init(kind, at(time), direction, fields)
  }
}

/// "2024-03-31" or "2024-03-31T10:00", in UTC.
func at(_ text: String) -> Instant {
  try! RFC3339.parse(text.count == 10 ? text + "T00:00:00Z" : text + ":00Z")
}

func date(_ day: Int32) -> String { CivilDate(dayNumber: Int(day)).description }

/// Lives in memory, folded as a replay would fold them.
struct Lives {
  var lives: [(customer: UInt32, touches: [TestTouch])]

  init(_ lives: [(customer: UInt32, touches: [TestTouch])]) { self.lives = lives }
  init(_ touches: [TestTouch]) { lives = [(1, touches)] }

  func run(
    _ tables: Set<TableName>, asOf: Instant, rulebook: Rulebook = .standard, zone: Zone = .utc,
    weekStart: Weekday = .monday
  ) -> MeasureRun {
    let kinds = Set(lives.flatMap { $0.touches.map(\.kind) }).sorted()
    let earliest = lives.flatMap { $0.touches.map(\.time) }.min() ?? asOf
    return MeasureRun(
      rulebook: rulebook, tables: tables, asOf: asOf, calendar: LocalCalendar(zone: zone, weekStart: weekStart),
      currency: "EUR", kinds: kinds, earliest: earliest)
  }

  /// The tables of a run; lives are dealt to `workers` folds in turn and handed over in pieces of `piece` touches.
  func tables(
    _ tables: Set<TableName>, asOf: Instant, rulebook: Rulebook = .standard, zone: Zone = .utc,
    weekStart: Weekday = .monday, workers: Int = 1, piece: Int = .max, names: [String?]? = nil
  ) -> [String: Table] {
    var run = run(tables, asOf: asOf, rulebook: rulebook, zone: zone, weekStart: weekStart)
    run.sources = spans(run.settlingSorts, asOf: asOf)
    let strings = Words()
    let kinds = Set(lives.flatMap { $0.touches.map(\.kind) }).sorted()
    var folds: [ReplayPlan.Entity: [MeasureFold]] = [:]
    for unit in run.units {
      folds[unit] = (0..<workers).map { _ in run.makeFold(unit, kinds: kinds, code: strings.code) }
      for (index, life) in entities(unit).enumerated() {
        let fold = folds[unit]![index % workers]
        fold.begin(entity: life.entity)
        let touches = life.touches.filter { $0.time <= asOf }
        var start = 0
        while start < touches.count {
          let end = min(touches.count, piece == .max ? touches.count : start + piece)
          hand(Array(touches[start..<end]), run.plan(unit), kinds, strings) { fold.apply($0) }
          start = end
        }
        fold.end()
      }
    }
    let known = names ?? (0..<Int(lives.map(\.customer).max() ?? 0)).map { "cu-\($0 + 1)" }
    let made = run.finish(
      customers: folds[.customer] ?? [], accounts: folds[.account] ?? [], names: EntityNames(known),
      accountNames: EntityNames(accounts.map(\.name)), words: strings.words, accountWords: strings.words, sources: nil)
    return Dictionary(uniqueKeysWithValues: made.map { ($0.schema.name, $0) })
  }

  /// What each source was listening for, touch by touch.
  private func spans(_ sorts: [TouchSort], asOf: Instant) -> [String: SourceSpan] {
    var spans: [String: SourceSpan] = [:]
    if sorts.isEmpty { return spans }
    for touch in lives.flatMap(\.touches) where touch.time <= asOf {
      var source = ""
      if case .text(let name)? = touch.fields[.text(.source)] { source = name }
      var span = spans[source] ?? SourceSpan(firsts: Array(repeating: .max, count: sorts.count), last: .min)
      span.last = max(span.last, touch.time)
      for (place, sort) in sorts.enumerated() where sort.directions[touch.kind]?.contains(touch.direction.rawValue) ?? false {
        if sort.isHuman {
          if touch.fields[.text(.agent)] == nil { continue }
          if case .flag(true)? = touch.fields[.dataNumber("automated")] { continue }
        }
        span.firsts[place] = min(span.firsts[place], touch.time)
      }
      spans[source] = span
    }
    return spans
  }

  private func entities(_ unit: ReplayPlan.Entity) -> [(entity: UInt32, touches: [TestTouch])] {
    if unit == .customer { return lives.map { ($0.customer, $0.touches) } }
    return accounts.enumerated().map { (UInt32($0 + 1), $1.touches) }
  }

  /// The accounts that touches name, and all touches that name them.
  private var accounts: [(name: String, touches: [TestTouch])] {
    var byAccount: [String: [TestTouch]] = [:]
    for (customer, touches) in lives {
      for var touch in touches {
        guard case .text(let account)? = touch.fields[.text(.account)] else { continue }
        if customer != 0 { touch.fields[.customer] = .customer(customer) }
        byAccount[account, default: []].append(touch)
      }
    }
    return byAccount.sorted { $0.key < $1.key }.map { ($0.key, $0.value.sorted { $0.time < $1.time }) }
  }

  /// Lays touches out as the replay does: rows, then words of detail by slot, then the bytes of texts.
  func hand(
    _ touches: [TestTouch], _ plan: ReplayPlan, _ kinds: [String], _ strings: Words, _ body: (Touches) -> Void
  ) {
    var rows: [TouchRow] = []
    var words: [UInt64] = []
    var bytes: [UInt8] = [0]
    for touch in touches {
      let fields = plan.details[touch.kind] ?? plan.detailsOfOthers
      rows.append(
        TouchRow(
          time: touch.time, entity: 0,
          touchClass: TouchClass.make(kind: kinds.firstIndex(of: touch.kind)!, direction: touch.direction.rawValue),
          detail: fields.isEmpty ? TouchRow.noDetail : UInt32(words.count)))
      for field in fields {
        switch (field, touch.fields[field]) {
        case (_, nil): words.append(Touches.absentWord)
        case (.text(let name), .text(let text)) where name != .subject: words.append(UInt64(strings.code(text)))
        case (_, .text(let text)):
          words.append(UInt64(text.utf8.count) << Touches.textOffsetBits | UInt64(bytes.count))
          bytes.append(contentsOf: text.utf8)
        case (_, .number(let number)):
          words.append(UInt64(bitPattern: Int64((number * 1_000_000).rounded())))
        case (_, .flag(let flag)): words.append(flag ? 1_000_000 : 0)
        case (_, .customer(let customer)): words.append(UInt64(customer))
        case (_, .instant(let instant)): words.append(UInt64(bitPattern: instant))
        }
      }
    }
    if words.isEmpty { words.append(0) }
    rows.withUnsafeBufferPointer { rows in
      words.withUnsafeBufferPointer { words in
        bytes.withUnsafeBufferPointer { bytes in
          body(Touches(rows: rows, words: words.baseAddress!, bytes: bytes.baseAddress!))
        }
      }
    }
  }
}

/// Words and their codes, as the replay interns them.
final class Words {
  private var strings = Strings()
  func code(_ word: String) -> UInt32 { strings.intern(word) }
  var words: [String] { strings.words }
}

extension Table {
  /// The cells of some columns as text, row by row; NULL as "NULL", dates as dates, instants as RFC 3339.
  func texts(_ names: String...) -> [[String]] {
    let columns = names.map { name in schema.columns.firstIndex { $0.name == name }! }
    return (0..<rowCount).map { row in columns.map { text($0, row) } }
  }

  func numbers(_ name: String) -> [Int64?] {
    let column = columns[schema.columns.firstIndex { $0.name == name }!]
    return (0..<rowCount).map { row in
      if column.isNull(row) { return nil }
      switch column.values {
      case .int64(let values): return values[row]
      case .int32(let values): return Int64(values[row])
      case .boolean(let values): return values[row] ? 1 : 0
      case .double, .string: return nil
      }
    }
  }

  func reals(_ name: String) -> [Double?] {
    let column = columns[schema.columns.firstIndex { $0.name == name }!]
    guard case .double(let values) = column.values else { return [] }
    return (0..<rowCount).map { column.isNull($0) ? nil : values[$0] }
  }

  private func text(_ index: Int, _ row: Int) -> String {
    let column = columns[index]
    if column.isNull(row) { return "NULL" }
    switch (schema.columns[index].type, column.values) {
    case (.date, .int32(let values)): return date(values[row])
    case (.timestamp, .int64(let values)): return RFC3339.string(values[row])
    case (.decimal, .int64(let values)): return "\(Double(values[row]) / 1_000_000)"
    case (_, .int64(let values)): return "\(values[row])"
    case (_, .int32(let values)): return "\(values[row])"
    case (_, .double(let values)): return "\(values[row])"
    case (_, .boolean(let values)): return "\(values[row])"
    case (_, .string(let values)): return values.string(row) ?? "NULL"
    }
  }
}

/// SplitMix64 (Steele, Lea, Flood 2014), so that a printed seed gives the run again.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Files of the repository, wherever the tests run.
enum Repository {
  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  static func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appendingPathComponent(path)))
  }
  static func zone(_ name: String) throws -> Zone { try Zone(tzif: bytes("Fixtures/zones/\(name).tzif")) }
}
