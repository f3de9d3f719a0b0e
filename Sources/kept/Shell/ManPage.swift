/// `man kept`: what `--help` says of every command, as man(7) sets it.
enum ManPage {
  static func text(of commands: [CommandDescription]) -> String {
    var page = """
      .TH KEPT 1 "" "kept \(Version.text)" "a ledger of customer care"
      .SH NAME
      kept \\- a ledger of customer care
      .SH SYNOPSIS
      .B kept
      .I COMMAND LEDGER
      .RI [ options ]
      .SH DESCRIPTION
      Every touchpoint goes once into an append-only, tamper-evident log; replaying it gives retention, churn and, in both
      directions, how "into" each other customer and company are.
      Data goes to standard output, talk to standard error.
      .SH EXIT STATUS
      .TP
      0
      done, and sound
      .TP
      1
      done, and the answer is no: rows rejected, verification failed, snapshots differ, gate exceeded
      .TP
      2
      could not: usage, input or output, locked, no space; nothing was lost
      .SH COMMANDS

      """
    for command in commands {
      page += ".SS \"kept \(escaped(command.usage))\"\n\(line(command.summary))\n"
      for option in command.options {
        page += ".TP\n\\fB\\-\\-\(escaped(option.name))\\fR" + (option.value.map { " \\fI\(escaped($0))\\fR" } ?? "") + "\n"
        page += line(option.meaning) + "\n"
      }
      if !command.notes.isEmpty {
        page += ".PP\n.nf\n" + command.notes.split(separator: "\n", omittingEmptySubsequences: false).map { line(String($0)) }
          .joined(separator: "\n") + "\n.fi\n"
      }
      page += ".PP\nExamples:\n.PP\n.nf\n" + command.examples.map(line).joined(separator: "\n") + "\n.fi\n"
    }
    page += ".SH OPTIONS OF EVERY COMMAND\n"
    for option in CommandDescription.commonOptions {
      page += ".TP\n\\fB\\-\\-\(escaped(option.name))\\fR" + (option.value.map { " \\fI\(escaped($0))\\fR" } ?? "") + "\n"
      page += line(option.meaning) + "\n"
    }
    return page
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("\"", with: "\\(dq")
  }

  /// A line of text: one that begins as a request would is kept from being one.
  private static func line(_ text: String) -> String {
    let text = escaped(text)
    return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
  }
}
