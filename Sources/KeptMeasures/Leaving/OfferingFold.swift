import KeptFormat

/// How many had each offering at the start of each month, and how many of them had left it at its end. Metrics S2.9, 3.3.
///
/// An offering is had from the first touch that begins a relationship or changes a contract with it, until the
/// relationship ends, with that offering or without saying which, or the contract lapses or runs out after notice.
final class OfferingFold {
  /// Of one offering, by month from `lowMonth`: those who had it as differences, and those who left it.
  struct Months {
    var steps: [Int64]
    var ended: [Int64]
  }

  static func kinds(_ rulebook: Rulebook) -> [String] {
    [TenureFold.began, "relationship.resumed", "contract.changed"] + rulebook.relationship.ends.map(\.kind)
  }

  private struct Held {
    var offering: Int
    /// The month in which it began, −1: before the log.
    var since: Int
    var endsAt = Instant.max
  }

  let lowMonth: Int
  let monthCount: Int
  private(set) var names: [String] = []
  private(set) var months: [Months] = []
  private var numbers: [String: Int] = [:]
  private let dayTable: DayTable
  private let days: DayReader
  private let asOf: Instant
  private var held: [Held] = []

  init(_ base: FoldBase) {
    dayTable = base.dayTable
    days = base.days
    asOf = base.asOf
    lowMonth = dayTable.bucket(.month, ofDay: dayTable.low)
    monthCount = max(1, dayTable.bucket(.month, of: asOf) - lowMonth + 1)
  }

  func begin() { held.removeAll(keepingCapacity: true) }

  /// - Parameter ends: whether the touch is one that ends a relationship.
  func take(_ touch: Touch, ends: Bool) {
    let text = touch.text(.offering)
    let offering = text.map { number(String(decoding: $0, as: UTF8.self)) }
    if ends {
      leave(offering, at: max(touch.time, touch.instant(.effectiveAt)))
    } else if let offering {
      if touch.says(.change, "lapsed") {
        leave(offering, at: touch.time)
      } else if touch.says(.change, "cancel_notice") {
        leave(offering, at: max(touch.time, days.instant(touch, .endsAt)))
      } else {
        let since = days.instant(touch, .since)
        have(offering, at: touch.time, since: since == Touch.absent ? touch.time : min(since, touch.time))
      }
    }
  }

  private func number(_ name: String) -> Int {
    if let known = numbers[name] { return known }
    numbers[name] = names.count
    names.append(name)
    months.append(
      Months(steps: Array(repeating: 0, count: monthCount + 1), ended: Array(repeating: 0, count: monthCount)))
    return names.count - 1
  }

  private func month(_ time: Instant) -> Int { max(-1, dayTable.bucket(.month, of: time) - lowMonth) }

  private func have(_ offering: Int, at time: Instant, since: Instant) {
    if let place = held.lastIndex(where: { $0.offering == offering }) {
      // Back by the end of the month in which it was left: nothing was left.
      if held[place].endsAt > time || month(held[place].endsAt) == month(time) {
        held[place].endsAt = .max
        return
      }
      held.append(Held(offering: offering, since: month(time)))
    } else {
      held.append(Held(offering: offering, since: month(since)))
    }
  }

  /// - Parameter offering: nil: all of them.
  private func leave(_ offering: Int?, at time: Instant) {
    for place in held.indices where offering == nil || held[place].offering == offering {
      held[place].endsAt = min(held[place].endsAt, time)
    }
  }

  func end() {
    for one in held {
      let first = one.since + 1
      let last = one.endsAt <= asOf ? month(one.endsAt) : monthCount - 1
      guard first <= last else { continue }
      months[one.offering].steps[first] += 1
      months[one.offering].steps[last + 1] -= 1
      if one.endsAt <= asOf { months[one.offering].ended[last] += 1 }
    }
  }

  func merge(_ other: OfferingFold) {
    for (name, theirs) in zip(other.names, other.months) {
      let place = number(name)
      for month in theirs.steps.indices { months[place].steps[month] += theirs.steps[month] }
      for month in theirs.ended.indices { months[place].ended[month] += theirs.ended[month] }
    }
  }
}
