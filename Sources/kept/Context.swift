import Glibc
import KeptFormat
import KeptLog

/// What a command may use of the world: the one place below which nothing reads the clock or the terminal.
final class Context {
  let console: Console
  let progress: Progress
  /// The words after `kept`, for manifests.
  let commandLine: [String]

  init(console: Console, progress: Progress, commandLine: [String]) {
    self.console = console
    self.progress = progress
    self.commandLine = commandLine
    console.beforeTalk = { progress.clear() }
  }

  /// Who runs this, as the system calls them.
  static var userName: String? {
    guard let entry = getpwuid(getuid()), let name = entry.pointee.pw_name else { return nil }
    return String(cString: name)
  }

  /// The wall clock, in microseconds.
  func now() -> Instant {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }
}

extension Context {
  /// Says that only a part of the ledger could be read. What was printed is true, but not all: the answer is "no".
  func warn(of damage: Damage?) -> Status {
    guard let damage else { return .sound }
    console.complain(
      "kept: \(damage.sentence)\nOnly what comes before it was read.\nNext: `kept verify LEDGER` lists every break, "
        + "`kept salvage LEDGER DIR --reason R` saves what verifies.")
    return .no
  }

  /// What an unfinished write of somebody before us left behind, and where it is now.
  func tell(recovered: [(file: String, byteCount: Int)], _ ledger: String) {
    for (file, byteCount) in recovered {
      console.say(
        "\(ledger): \(file): \(grouped(byteCount)) bytes of a write that was cut are put aside as \(file)*.torn; "
          + "nothing of it was acknowledged")
    }
  }

  /// Who holds the lock, as whoever finds it held is told.
  var holder: String { "kept \(commandLine.first ?? ""), process \(getpid())" }
}
