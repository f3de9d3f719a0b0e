import Foundation
import Testing

/// A page that shows commands and what they print: lines that begin with `    $ `, and the indented lines after each.
struct CommandPage {
  private static let prompt = "    $ "

  /// What stands before a command, the command, and what it is said to print.
  private struct Part {
    var before: [String] = []
    var command: String?
    var output: [String] = []
  }

  private let file: String
  private var parts = [Part()]

  /// - Parameter path: in the repository.
  init(_ path: String) throws {
    file = Workplace.repository + "/" + path
    for line in try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix(Self.prompt) {
        parts[parts.count - 1].command = String(line.dropFirst(Self.prompt.count))
        parts.append(Part())
      } else if parts.count > 1, parts[parts.count - 1].before.isEmpty, line.isEmpty || line.hasPrefix("    ") {
        parts[parts.count - 2].output.append(String(line.dropFirst(4)))
      } else {
        parts[parts.count - 1].before.append(String(line))
      }
    }
    // An empty line behind what is printed belongs to the text that follows.
    for index in parts.indices {
      while parts[index].output.last?.isEmpty == true {
        parts[index + 1].before.insert(parts[index].output.removeLast(), at: 0)
      }
    }
  }

  var commandCount: Int { parts.count - 1 }

  /// Runs the commands one after another and compares what they print, on either way out, with what the page shows.
  ///
  /// - Parameters:
  ///   - steady: leaves out of a text what is another for every ledger, key or moment.
  ///   - variable: where this environment variable is set, the page is written again, as it should be.
  func check(in place: Workplace, rewrittenFor variable: String, steady: (String) -> String) throws {
    var page: [String] = []
    for part in parts {
      page += part.before
      guard let command = part.command else { continue }
      var output = try place.shell("(\(command)) 2>&1").output.replacingOccurrences(of: "\r\n", with: "\n")
      while output.hasSuffix("\n") { output.removeLast() }
      #expect(steady(output) == steady(part.output.joined(separator: "\n")), "\(command)")
      page.append(Self.prompt + command)
      if !output.isEmpty {
        page += output.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "    " + $0 }
      }
    }
    guard ProcessInfo.processInfo.environment[variable] != nil else { return }
    try page.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
  }
}
