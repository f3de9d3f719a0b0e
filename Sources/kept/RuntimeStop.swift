import Glibc

/// The end of the program where the Swift runtime aborts it, which it does when memory cannot be allocated.
enum RuntimeStop {
  private static let sentence: StaticString = """
    kept: stopped by the runtime for the reason above; nothing that was acknowledged is lost.
    Next: where memory could not be allocated, allow more (ulimit -v), or ask for less (--memory, --jobs 1).

    """

  /// From now on an abort ends with status 2 and what to do, as every other failure does, instead of with a signal.
  static func explain() {
    signal(SIGABRT) { _ in
      // In a signal handler only such calls are safe.
      _ = write(2, RuntimeStop.sentence.utf8Start, RuntimeStop.sentence.utf8CodeUnitCount)
      _exit(2)
    }
  }
}
