/// A command: what help says of it, what it may be given, and what it does.
struct CommandDescription: Sendable {
  let name: String
  /// One line of `kept --help`.
  let summary: String
  /// The words that must follow, as help names them: `LEDGER`.
  let positionals: [String]
  /// More words may follow the last.
  var takesMorePositionals = false
  /// One more word that may be given.
  var optionalPositional: String?
  var options: [OptionDescription] = []
  /// Paragraphs below the options.
  var notes: String = ""
  /// Lines that work as they stand, in the repository's folder; `shop` is the ledger that the first two commands make.
  let examples: [String]
  let run: @Sendable (Arguments, Context) throws -> Status

  /// What every command takes.
  static let commonOptions = [
    OptionDescription("progress", "bar|json|none", "how long work is told on standard error (a bar on a terminal)"),
    OptionDescription("quiet", nil, "no talk on standard error but errors"),
    OptionDescription("help", nil, "this page"),
  ]

  var help: String {
    var text = "kept \(usage)\n\n\(summary)\n"
    let columns = options + Self.commonOptions
    let heads = columns.map { "--\($0.name)" + ($0.value.map { " \($0)" } ?? "") }
    let width = min(28, heads.map(\.count).max() ?? 0)
    text += "\nOptions:\n"
    for (head, option) in zip(heads, columns) {
      let indent = String(repeating: " ", count: width + 4)
      let lines = wrap(option.meaning, width: 100 - indent.count)
      if head.count > width {
        text += "  \(head)\n\(indent)\(lines[0])\n"
      } else {
        text += "  \(padded(head, to: width))  \(lines[0])\n"
      }
      for line in lines.dropFirst() { text += indent + line + "\n" }
    }
    if !notes.isEmpty { text += "\n" + notes + "\n" }
    text += "\nExamples:\n"
    for example in examples { text += "  \(example)\n" }
    return text
  }

  var usage: String {
    let more = takesMorePositionals ? "…" : ""
    let words = positionals.isEmpty ? "" : " " + positionals.joined(separator: " ") + more
    let optional = optionalPositional.map { " [\($0)]" } ?? ""
    return name + words + optional + (options.isEmpty ? "" : " [options]")
  }
}

enum Help {
  static func overview(of commands: [CommandDescription]) -> String {
    let width = commands.map(\.usage.count).max() ?? 0
    var text = """
      kept: a ledger of customer care

      Every touchpoint goes once into an append-only, tamper-evident log; replaying it gives retention, churn and, in
      both directions, how "into" each other customer and company are.


      """
    for command in commands {
      text += "  kept \(padded(command.usage, to: width))  \(command.summary)\n"
    }
    text += """

      Data goes to standard output, talk to standard error. Status 0: done and sound; 1: done, and the answer is no
      (rows rejected, verification failed); 2: could not, and nothing was lost.
      `kept COMMAND --help` shows options and examples. `kept --version` tells the version.
      `kept --completions bash|zsh|fish` and `kept --man` print what `Scripts/install` puts in place.

      """
    return text
  }
}

func padded(_ text: String, to width: Int) -> String {
  text.count >= width ? text : text + String(repeating: " ", count: width - text.count)
}

func paddedLeft(_ text: String, to width: Int) -> String {
  text.count >= width ? text : String(repeating: " ", count: width - text.count) + text
}

private func wrap(_ text: String, width: Int) -> [String] {
  var lines: [String] = [""]
  for word in text.split(separator: " ") {
    if lines[lines.count - 1].isEmpty {
      lines[lines.count - 1] = String(word)
    } else if lines[lines.count - 1].count + 1 + word.count <= width {
      lines[lines.count - 1] += " " + word
    } else {
      lines.append(String(word))
    }
  }
  return lines
}
