import Glibc
import Synchronization

/// How far long work is, told on standard error: a bar that draws over itself, or one JSON line a second; and to a service
/// manager, where one listens.
///
/// May be called from any thread and often: a call that comes too early after the last line only stores its numbers.
final class Progress: Sendable {
  enum Mode { case bar, json, none }

  private struct State {
    var task = ""
    var done = 0
    var total = 0
    var count = 0
    var startedAt = Progress.seconds()
    var drawnAt = -Double.infinity
    var isDrawn = false
  }

  private let mode: Mode
  private let service: ServiceStatus?
  private let state = Mutex(State())

  init(_ mode: Mode, service: ServiceStatus? = nil) {
    self.mode = mode
    self.service = service
  }

  private var isHeard: Bool { mode != .none || service != nil }

  /// Begins a task. The unit of `total` is the caller's; 0 where it is not known.
  func begin(_ task: String, total: Int) {
    state.withLock { state in
      state = State(task: task, total: total)
    }
  }

  /// - Parameters:
  ///   - done: of `total`, both in the same unit, such as bytes read.
  ///   - events: counted so far.
  func update(done: Int, events: Int) {
    guard isHeard else { return }
    state.withLock { state in
      state.done = done
      state.count = events
      let now = Self.seconds()
      let gap = mode == .bar ? 0.1 : 1.0
      // The first line waits too: short work needs no bar.
      if now - max(state.drawnAt, state.startedAt) >= gap {
        state.drawnAt = now
        draw(&state, at: now)
      }
    }
  }

  /// Ends the task: the last JSON line is always written, the bar is wiped.
  func finish() {
    guard isHeard else { return }
    state.withLock { state in
      state.done = max(state.done, state.total)
      if mode != .bar { draw(&state, at: Self.seconds()) }
      wipe(&state)
    }
  }

  /// Leaves the line that the bar stands on, so that talk can be written.
  func clear() {
    state.withLock { wipe(&$0) }
  }

  private func wipe(_ state: inout State) {
    guard state.isDrawn else { return }
    state.isDrawn = false
    Self.write("\r\u{1B}[K")
  }

  private func draw(_ state: inout State, at now: Double) {
    let elapsed = now - state.startedAt
    let share = state.total > 0 ? min(1, Double(state.done) / Double(state.total)) : 0
    let left = share > 0.02 ? elapsed / share - elapsed : nil
    let rate = elapsed > 0.5 && state.count > 0 ? Int(Double(state.count) / elapsed) : nil
    service?.tell(
      state.task + (state.total > 0 ? " \(Int(share * 100)) %" : "") + (rate.map { ", \(grouped($0)) events/s" } ?? "")
        + (left.map { ", \(Int($0)) s left" } ?? ""))
    if mode == .json {
      Self.write(
        #"{"task":"\#(state.task)","done":\#(state.done),"total":\#(state.total),"events":\#(state.count),"#
          + #""events_per_second":\#(rate.map { "\($0)" } ?? "null"),"#
          + #""seconds":\#(tenths(elapsed)),"seconds_left":\#(left.map(tenths) ?? "null")}"# + "\n")
    }
    guard mode == .bar else { return }
    var line = state.task
    if state.total > 0 {
      let width = 24
      let filled = Int(share * Double(width))
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
      line += " \(bar) \(Int(share * 100)) %"
    }
    if state.count > 0 { line += "  \(grouped(state.count)) events" }
    if let rate { line += "  \(grouped(rate))/s" }
    if let left { line += "  \(Int(left)) s left" }
    Self.write("\r" + line + "\u{1B}[K")
    state.isDrawn = true
  }

  private static func write(_ text: String) {
    var text = text
    text.withUTF8 { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  /// Seconds on a clock that only moves forward.
  static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// 1234567 as `1,234,567`.
func grouped(_ number: some BinaryInteger) -> String {
  let digits = String(number.magnitude)
  var text = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { text += "," }
    text.append(digit)
  }
  return number < 0 ? "-" + text : text
}

/// With one digit after the point.
func tenths(_ number: Double) -> String {
  let scaled = Int((number * 10).rounded())
  return "\(scaled / 10).\(abs(scaled % 10))"
}

/// 1536 as `1.5 KiB`.
func readable(byteCount: some BinaryInteger) -> String {
  let units = ["B", "KiB", "MiB", "GiB", "TiB"]
  var value = Double(byteCount)
  var unit = 0
  while value >= 1024, unit < units.count - 1 {
    value /= 1024
    unit += 1
  }
  return unit == 0 ? "\(byteCount) B" : "\(tenths(value)) \(units[unit])"
}

/// `1 row`, `2,000 rows`.
func counted(_ count: Int, _ noun: String) -> String { "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")" }
