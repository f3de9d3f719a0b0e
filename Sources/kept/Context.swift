import Glibc
import KeptFormat

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

  /// The wall clock, in microseconds.
  func now() -> Instant {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }
}
