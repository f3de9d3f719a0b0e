import KeptFormat
import KeptReplay

/// Month by month, who would speak well of us and who would not. Metrics 3.12.
///
/// A customer counts once a month, by their last rating in it; without a rating by what they last said they felt.
final class WordOfMouthFold {
  private enum Mood: UInt8 { case none, satisfied, dissatisfied, neutral }

  /// What is counted of a month.
  enum Count: Int {
    case asked, answered, unusable, satisfied, dissatisfied, neutral, praised, panned
    static let width = 8
  }

  private let rating: RatingReader
  private let satisfiedLevels: [[UInt8]]
  private let dissatisfiedLevels: [[UInt8]]
  let lowMonth: Int
  let monthCount: Int
  private let counts: UnsafeMutablePointer<Int64>

  // The life being folded: its present month.
  private var month: Int32 = .min
  private var rated = Mood.none
  private var felt = Mood.none
  private var mentions: Int64 = 0

  init(rules: WordOfMouthRules, rating: RatingReader, lowMonth: Int, monthCount: Int) {
    self.rating = rating
    satisfiedLevels = rules.satisfied.map { Array($0.utf8) }
    dissatisfiedLevels = rules.dissatisfied.map { Array($0.utf8) }
    self.lowMonth = lowMonth
    self.monthCount = monthCount
    counts = .allocate(capacity: monthCount * Count.width)
    counts.initialize(repeating: 0, count: monthCount * Count.width)
  }

  deinit { counts.deallocate() }

  func count(_ what: Count, _ month: Int) -> Int64 { counts[month * Count.width + what.rawValue] }

  private func add(_ what: Count, _ month: Int32, _ number: Int64 = 1) {
    counts[(Int(month) - lowMonth) * Count.width + what.rawValue] += number
  }

  func begin() { month = .min }

  func take(_ touch: Touch, _ roles: KindRoles, month now: Int32) {
    if now != month {
      flush()
      month = now
    }
    if roles.contains(.asked) { add(.asked, now) }
    if roles.contains(.mention) { mentions += 1 }
    if roles.contains(.rating) { rate(touch, now) }
    if roles.contains(.emotion), touch.says(.heardFrom, "customer_words"), let level = touch.text(.level) {
      if satisfiedLevels.contains(where: { $0.count == level.count && level.elementsEqual($0) }) { felt = .satisfied }
      if dissatisfiedLevels.contains(where: { $0.count == level.count && level.elementsEqual($0) }) {
        felt = .dissatisfied
      }
    }
  }

  private func rate(_ touch: Touch, _ now: Int32) {
    switch rating.read(touch) {
    case .unusable: add(.unusable, now)
    case .rating(let share, let instrument):
      guard instrument.countsForWordOfMouth else { return }
      add(.answered, now)
      rated = share >= instrument.satisfied ? .satisfied : share <= instrument.dissatisfied ? .dissatisfied : .neutral
    }
  }

  private func flush() {
    guard month != .min else { return }
    let mood = rated == .none ? felt : rated
    switch mood {
    case .satisfied:
      add(.satisfied, month)
      add(.praised, month, mentions)
    case .dissatisfied:
      add(.dissatisfied, month)
      add(.panned, month, mentions)
    case .neutral: add(.neutral, month)
    case .none: break
    }
    rated = .none
    felt = .none
    mentions = 0
  }

  func end() {
    flush()
    month = .min
  }

  func merge(_ other: WordOfMouthFold) {
    for place in 0..<monthCount * Count.width { counts[place] += other.counts[place] }
  }
}
