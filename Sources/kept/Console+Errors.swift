extension Console {
  /// Turns the facts of an error into sentences: what, where, and what next.
  func explain(_ error: any Error) {
    switch error {
    case let error as UsageError:
      let help = error.command.map { "kept \($0) --help" } ?? "kept --help"
      complain("kept: \(error.message)\nNext: `\(help)` shows what is possible.")
    default:
      complain("kept: \(error)")
    }
  }
}
