import KeptFormat
import KeptReplay

/// Whether the two sides answer each other, and how long they have not. Metrics S0.15, S2.14, 3.10.
///
/// An exchange is a touch both had a part in, or one from them and one of ours on the same subject, else channel, within
/// `traits.exchange_days`. Who never had one is silent since their last contact.
final class ExchangeTraits: TraitFold {
  static let family = FactFamily(
    name: "exchange traits", meaning: "a life",
    columns: [
      FactColumn(
        "silence_d", .count, unit: "days",
        "since the last exchange, else the last contact; counted no further than their sources speak of anyone",
        formula: "now − last exchange", seed: "S0.15", direction: "BOTH", highIsGood: false),
      FactColumn(
        "max_silence_d", .count, unit: "days", "the longest such time within a year, up to now",
        formula: "longest of between two exchanges, last → now, as far as it lies within traits.year_days",
        seed: "S0.15", direction: "BOTH", highIsGood: false),
      FactColumn(
        "their_reply_h", .hours, "how soon of late they answered us",
        formula: "median of their touch − ours before it on the same subject, else channel, traits.window_days",
        seed: "S2.14", direction: "THEY", highIsGood: false),
    ],
    takesChunks: true,
    needs: { _ in [FactNeed(nil, [.text(.subject), .text(.channel)], isHeard: false)] },
    makeFold: { ExchangeTraits($0) },
    settle: { folds, lives in
      for (place, fold) in folds.enumerated() { (fold as! ExchangeTraits).settle(place, lives) }
    })

  /// Days on which something happened, and the longest time between two of them since the year began.
  private struct Days {
    var last: Int?
    var longest = 0

    mutating func add(_ day: Int, since start: Int) {
      if let last { longest = max(longest, day - max(last, start)) }
      last = day
    }
  }

  /// What was last said on a subject, or through a channel.
  private struct Thread {
    var theirs = Instant.absentInstant
    var ours = Instant.absentInstant
  }

  private let subjects: FactField
  private let channels: FactField
  private let windowStart: Instant
  private let yearStartDay: Int

  private var keys = KeyTable()
  private var threads: [Thread] = []
  private var exchanges = Days()
  private var contacts = Days()
  private var replies: [Int64] = []

  private init(_ base: FactBase) {
    subjects = base.reader(.text(.subject))
    channels = base.reader(.text(.channel))
    windowStart = base.start(daysAgo: base.rulebook.traits.windowDays)
    yearStartDay = base.dayTable.day(of: base.asOf) - base.rulebook.traits.yearDays
    super.init(base, width: Self.family.columns.count)
  }

  override func begin() {
    exchanges = Days()
    contacts = Days()
    replies.removeAll(keepingCapacity: true)
    if threads.isEmpty { return }
    keys.removeAll()
    threads.removeAll(keepingCapacity: true)
  }

  override func apply(_ chunk: borrowing Chunk) {
    for row in 0..<chunk.count where chunk.isTouch(row) {
      let direction = chunk.direction(row)
      if direction == .absent { continue }
      let day = dayTable.low + Int(chunk.days[row])
      if direction != .out { contacts.add(day, since: yearStartDay) }
      let isExchange = if direction == .both { true } else { answers(chunk.touch(row), direction) }
      if isExchange { exchanges.add(day, since: yearStartDay) }
    }
  }

  /// Whether the touch follows one of the other side.
  private func answers(_ touch: Touch, _ direction: Direction) -> Bool {
    guard let index = thread(touch) else { return false }
    let time = touch.time
    let (theirs, ours) = (threads[index].theirs, threads[index].ours)
    if direction == .out {
      threads[index].ours = time
      return theirs != .absentInstant && time - theirs <= rules.exchange
    }
    threads[index].theirs = time
    guard ours != .absentInstant, time - ours <= rules.exchange else { return false }
    // Only the first touch of theirs after ours is the answer.
    if theirs == .absentInstant || theirs <= ours, time >= windowStart { replies.append(time - ours) }
    return true
  }

  private func thread(_ touch: Touch) -> Int? {
    let found: (key: Int, isNew: Bool)
    if let subject = subjects.text(touch) {
      found = keys.insert(tag: 0, subject)
    } else {
      var channel = channels.code(touch)
      if channel == 0 { return nil }
      found = withUnsafeBytes(of: &channel) { keys.insert(tag: 1, $0) }
    }
    if found.isNew { threads.append(Thread()) }
    return found.key
  }

  /// The first two values are the last day and the longest time between two days until `settle` knows how long silence
  /// was observed.
  override func close() {
    let days = exchanges.last == nil ? contacts : exchanges
    say(days.last.map(Int64.init))
    say(days.last == nil ? nil : Int64(days.longest))
    say(median(&replies))
  }

  private func settle(_ place: Int, _ lives: LifeContext) {
    for row in rows.customers.indices {
      let last = rows.word(row, 0)
      if last == FactRows.absent { continue }
      let end = min(asOfDay, lives.observedDay(place, row) ?? asOfDay)
      let silence = max(0, end - Int(last))
      let inYear = max(0, end - max(Int(last), yearStartDay))
      rows.set(row, 0, Int64(silence))
      rows.set(row, 1, max(rows.word(row, 1), Int64(inYear)))
    }
  }
}
