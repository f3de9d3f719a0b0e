import Foundation
import KeptFormat
import KeptMeasures
import KeptSnapshot
import KeptTestLedgers
import Testing

/// Corrections are knowledge: a ledger whose errors were corrected says what one says that never had them.
@Suite struct CorrectedLedgerTests {
  /// Tables that tell of the log as it was written, and so of every event of it, corrected or not.
  private static let ofTheLog: Set<TableName> = [.sources, .touches]
  private static let tables = TableName.allCases.filter { !ofTheLog.contains($0) }

  /// What `kept` makes of these events, by table: its rows, each a line.
  private func tables(
    of events: [RandomEvent], in place: Workplace, _ name: String, asOf: Instant, _ words: String...
  ) throws -> [TableName: [String]] {
    if !FileManager.default.fileExists(atPath: place.path + "/" + name) {
      try #require(place.kept("init", name, "--zone", "Europe/Berlin", "--currency", "EUR").status == 0)
      try place.write(events.map { $0.json + "\n" }.joined(), to: name + ".jsonl")
      let load = try place.kept("import", name, name + ".jsonl")
      try #require(load.status == 0, "\(load.talk)")
    }
    let made = try place.kept(
      ["rebuild", name, "--tables", Self.tables.map(\.rawValue).joined(separator: ","), "--as-of", RFC3339.string(asOf)]
        + words)
    try #require(made.status == 0, "\(made.talk)")
    let folder = place.path + "/" + name + "/snapshots/latest/"
    var found: [TableName: [String]] = [:]
    for table in Self.tables {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + table.rawValue + ".parquet")))
      found[table] = try ParquetReader(bytes).table().lines
    }
    return found
  }

  /// Tables that differ, with the first rows that do.
  private func differences(_ left: [TableName: [String]], _ right: [TableName: [String]]) -> [String] {
    Self.tables.compactMap { table in
      let (a, b) = (left[table]!, right[table]!)
      if a == b { return nil }
      let pair = zip(a, b).first { $0 != $1 }
      return "\(table.rawValue): \(a.count) rows and \(b.count)\n\(pair?.0 ?? "")\n\(pair?.1 ?? "")"
    }
  }

  @Test(arguments: [UInt64.random(in: 0 ... .max)])
  func `tables of a ledger with corrections are those of one that never had the errors`(seed: UInt64) throws {
    print("CorrectedLedgerTests seed \(seed)")
    let errors = Errors(seed: seed)
    let place = try Workplace()
    let asOf = errors.truth.map(\.time).max()!
    let corrected = try tables(of: errors.story, in: place, "corrected", asOf: asOf)
    let clean = try tables(of: errors.truth, in: place, "clean", asOf: asOf)
    #expect(differences(corrected, clean) == [], "seed \(seed)")
    #expect(clean[.customers]!.count > 5 && clean[.accounts]!.count == 4)

    // As of an instant before most of it, corrections that were recorded later are known all the same.
    let early = errors.truth[errors.truth.count / 2].time
    #expect(
      try differences(
        tables(of: [], in: place, "corrected", asOf: early), tables(of: [], in: place, "clean", asOf: early)) == [],
      "seed \(seed)")

    // What was not recorded yet was not known yet.
    let known = errors.story.count * 2 / 3
    let then = try tables(of: Array(errors.story[..<known]), in: place, "then", asOf: asOf)
    #expect(
      try differences(tables(of: [], in: place, "corrected", asOf: asOf, "--known-at", "\(known)"), then) == [],
      "seed \(seed)")
  }
}

/// A true story, and one with errors in it that were corrected later.
private struct Errors {
  /// In order of time.
  private(set) var truth: [RandomEvent] = []
  /// As it was recorded.
  private(set) var story: [RandomEvent] = []
  private var events: RandomEvents
  private var count = 0
  /// Names under which a person was recorded before it was known who they are.
  private var aliases: [String: [String]] = [:]

  private static let people = (1...7).map { "p\($0)" }
  private static let accounts = ["north", "east", "south"]
  private static let start: Instant = 1_672_531_200_000_000

  init(seed: UInt64) {
    events = RandomEvents(seed: seed)
    truth = events.events(500, people: Self.people, accounts: Self.accounts, from: Self.start)
    var late: [RandomEvent] = []
    for event in truth {
      tell(event, &late)
      // What is found out is found out some time after.
      while !late.isEmpty, events.chance(3) { story.append(late.removeFirst()) }
    }
    story += late
    mergeAliases()
    mergeByMistake()
  }

  private mutating func id(_ letter: String) -> String {
    count += 1
    return "\(letter)\(count)"
  }

  /// An event that is not true.
  private mutating func untrue(_ time: Instant) -> RandomEvent {
    let person = (Self.people + ["nobody"]).randomElement(using: &events.random)!
    return events.event(
      id("x"), at: time + 1_000_000 * Int64(events.below(86_400)) + 500_000, of: person, Self.accounts + ["west"])
  }

  /// Speaks of another event, at whatever time.
  private mutating func about(_ target: RandomEvent, _ event: RandomEvent) -> RandomEvent {
    var event = event
    event.corrects = target.id
    if event.source != target.source { event.data["corrects_source"] = .text(target.source) }
    return event
  }

  private mutating func retraction(of target: RandomEvent) -> RandomEvent {
    about(
      target,
      RandomEvent(id: id("r"), kind: "event.retracted", time: target.time + 86_400_000_000, customer: target.customer))
  }

  private mutating func tell(_ event: RandomEvent, _ late: inout [RandomEvent]) {
    var event = event
    if let person = event.customer, events.chance(6) {
      let alias = "\(person)-\(events.below(3))"
      event.customer = alias
      if !(aliases[person] ?? []).contains(alias) { aliases[person, default: []].append(alias) }
    }
    switch events.below(24) {
    case 0:
      // Said wrong first.
      let wrong = untrue(event.time)
      story.append(wrong)
      late.append(about(wrong, event))
    case 1:
      // Said wrong twice.
      let wrong = untrue(event.time)
      let second = about(wrong, untrue(event.time))
      story.append(wrong)
      late += [second, about(second, event)]
    case 2:
      // Never happened.
      let wrong = untrue(event.time)
      story += [wrong, event]
      late.append(retraction(of: wrong))
    case 3:
      // Thought not to have happened, but it had.
      let mistake = retraction(of: event)
      story.append(event)
      late += [mistake, retraction(of: mistake)]
    case 4:
      // A correction that was wrong itself.
      let mistake = about(event, untrue(event.time))
      story.append(event)
      late += [mistake, retraction(of: mistake)]
    case 5:
      // Retracted before it arrived.
      let wrong = untrue(event.time)
      story += [retraction(of: wrong), wrong, event]
    default: story.append(event)
    }
  }

  private mutating func merge(_ other: String, into person: String) -> RandomEvent {
    var event = RandomEvent(id: id("m"), kind: "customer.merged", time: Self.start - 7_777_777, customer: person)
    event.otherCustomer = other
    return event
  }

  /// Everybody's aliases turn out to be theirs, one through the other.
  private mutating func mergeAliases() {
    for (person, names) in aliases.sorted(by: { $0.key < $1.key }) {
      var survivor = person
      for name in names {
        let place = story.count / 2 + events.below(story.count / 2)
        story.insert(merge(name, into: survivor), at: place)
        if events.chance(2) { survivor = name }
      }
    }
  }

  private mutating func mergeByMistake() {
    let mistake = merge("p1", into: "p2")
    story += [mistake, retraction(of: mistake)]
    // The wrong two, put right by saying which two were meant.
    let wrong = merge("p4", into: "p5")
    let name = "p6-late"
    var meant = about(wrong, merge(name, into: "p6"))
    meant.source = wrong.source
    var event = events.event(id("late"), at: truth.last!.time + 60_000_000, of: "p6", Self.accounts)
    truth.append(event)
    event.customer = name
    story += [event, wrong, meant]
  }
}
