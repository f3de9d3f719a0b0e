import KeptFormat
import KeptReplay

/// The cases and projects of one life while nothing comes: who is left in the dark, who waits for a reply, whose project
/// was dropped once it was over. Metrics section 5.
///
/// A case opened Monday at nine: without a word of ours by Thursday at nine they are left in the dark, and again every
/// week after; without a human reply by the end of Tuesday it is unanswered (business days of eight hours).
final class SilenceWatch {
  private struct Watched {
    var origin: AbsenceLog.Origin
    var isCase: Bool
    var isOpen = true
    var openSince: Instant
    /// Since when they wait for a first human reply; absent: they do not, or not any more.
    var waitsSince: Instant
    var isClosedByBot = false
    var closedAt = Instant.absentInstant
    var closeOutAt = Instant.absentInstant
    var introducedAt = Instant.absentInstant
  }

  private let log: AbsenceLog
  private let norms: Norms
  private let hours: BusinessClock
  private let unanswered: Int64
  private var watched: [Watched] = []
  /// Which of them are open.
  private var open: [Int32] = []
  private var lastWord = SilenceWatch.never
  /// Before any touch, and far enough from the edge to be taken off one.
  private static let never = Instant.min / 2

  init(_ log: AbsenceLog, _ hours: BusinessClock) {
    self.log = log
    self.hours = hours
    norms = log.norms
    unanswered = Int64(norms.unansweredDays) * hours.dayLength
  }

  func begin() {
    if watched.isEmpty { return }
    watched.removeAll(keepingCapacity: true)
    open.removeAll(keepingCapacity: true)
    lastWord = Self.never
  }

  var hasOpen: Bool { !open.isEmpty }

  func opened(_ touch: Touch, isCase: Bool) -> Int32 {
    let number = Int32(watched.count)
    watched.append(
      Watched(
        origin: AbsenceLog.Origin(touch), isCase: isCase, openSince: touch.time,
        waitsSince: isCase ? touch.time : .absentInstant))
    open.append(number)
    return number
  }

  /// A touch of ours: nobody is in the dark from then on.
  func spoke(at time: Instant) {
    if time - lastWord > norms.leftInDark { for number in open { darkness(of: Int(number), until: time) } }
    lastWord = time
  }

  func replied(_ number: Int32, at time: Instant) {
    wait(of: Int(number), until: time)
    watched[Int(number)].waitsSince = .absentInstant
  }

  func closed(_ number: Int32, at time: Instant, byBot: Bool) {
    let index = Int(number)
    guard watched[index].isOpen else { return }
    darkness(of: index, until: time)
    wait(of: index, until: time)
    // Whom only a bot told that it is done still waits, once it turns out that it is not.
    watched[index].isClosedByBot = byBot && watched[index].waitsSince != .absentInstant
    watched[index].waitsSince = .absentInstant
    watched[index].isOpen = false
    watched[index].closedAt = time
    open.removeAll { $0 == number }
  }

  func reopened(_ number: Int32, at time: Instant) {
    let index = Int(number)
    guard !watched[index].isOpen else { return }
    if watched[index].isClosedByBot { watched[index].waitsSince = time }
    watched[index].isOpen = true
    watched[index].openSince = time
    watched[index].closedAt = .absentInstant
    open.append(number)
  }

  func closedOut(_ number: Int32, at time: Instant) {
    watched[Int(number)].closeOutAt = nearest(watched[Int(number)].closeOutAt, time, Int(number))
  }

  /// - Parameter number: nil: an introduction that names no project is one to whoever's projects end then.
  func introduced(_ number: Int32?, at time: Instant) {
    for index in number.map({ [Int($0)] }) ?? Array(watched.indices) where !watched[index].isCase {
      watched[index].introducedAt = nearest(watched[index].introducedAt, time, index)
    }
  }

  /// The last one before closing; where that was too early, the first one after.
  private func nearest(_ before: Instant, _ time: Instant, _ index: Int) -> Instant {
    let closedAt = watched[index].closedAt
    if before == .absentInstant || closedAt == .absentInstant { return time }
    return before >= closedAt || closedAt - before <= norms.closeOut ? before : time
  }

  /// Notes what is still passing when the life has been told.
  func end() {
    for number in open {
      darkness(of: Int(number), until: log.asOf)
      wait(of: Int(number), until: log.asOf)
    }
    for item in watched where !item.isCase && item.closedAt != .absentInstant { dropped(item) }
  }

  private func darkness(of index: Int, until time: Instant) {
    let item = watched[index]
    var limit = max(item.openSince, lastWord) + norms.leftInDark
    while limit < time {
      log.note(.leftInDark, at: limit, item.origin, .word, item.isCase ? .caseDone : .projectDone)
      limit += norms.leftInDarkAgain
    }
  }

  private func wait(of index: Int, until time: Instant) {
    let item = watched[index]
    guard item.waitsSince != .absentInstant, time - item.waitsSince > unanswered,
      let limit = hours.instant(after: unanswered, from: item.waitsSince), limit < time
    else { return }
    log.note(.unanswered, at: limit, item.origin, .humanReply)
    watched[index].waitsSince = .absentInstant
  }

  /// A project that was over without a formal close, or without anybody who cares from then on.
  private func dropped(_ item: Watched) {
    let limit = item.closedAt + norms.closeOut
    func isMissing(_ time: Instant, _ sorts: SettlingSorts) -> Bool {
      (time == .absentInstant || abs(time - item.closedAt) > norms.closeOut)
        && log.records(sorts, item.origin.source, by: limit)
    }
    if isMissing(item.closeOutAt, .closeOut) || isMissing(item.introducedAt, .introduction) {
      log.note(.droppedAfterClose, at: limit, item.origin)
    }
  }
}
