import Foundation
import Testing

/// Sources/kept/Audit.md, command by command: what it shows is what is printed.
@Suite struct AuditPageTests {
  private static let file = Workplace.repository + "/Sources/kept/Audit.md"
  private static let prompt = "    $ "

  /// The page, cut at its commands: what stands before each, the command, and what it is said to print.
  private struct Part {
    var before: [String] = []
    var command: String?
    var output: [String] = []
  }

  private static func parts() throws -> [Part] {
    var parts = [Part()]
    for line in try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix(prompt) {
        parts[parts.count - 1].command = String(line.dropFirst(prompt.count))
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
    return parts
  }

  /// Without what another ledger, key or moment makes another.
  private static func steady(_ text: String) -> String {
    text.replacing(/extra [A-Za-z0-9+\/=]+/, with: "extra …")
      .replacing(/[A-Za-z0-9+\/]{43}=/, with: "…=")
      .replacing(/kept\/[0-9a-f]{32}/, with: "kept/…")
      .replacing(/20(2[5-9]|[3-9][0-9])-[0-9T:.-]+Z/, with: "…Z")
  }

  @Test func `every command of the audit prints what the page shows`() throws {
    let parts = try Self.parts()
    #expect(parts.count > 12)
    let place = try Workplace()
    var page: [String] = []
    for part in parts {
      page += part.before
      guard let command = part.command else { continue }
      var output = try place.shell("(\(command)) 2>&1").output.replacingOccurrences(of: "\r\n", with: "\n")
      while output.hasSuffix("\n") { output.removeLast() }
      #expect(Self.steady(output) == Self.steady(part.output.joined(separator: "\n")), "\(command)")
      page.append(Self.prompt + command)
      if !output.isEmpty {
        page += output.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "    " + $0 }
      }
    }
    guard ProcessInfo.processInfo.environment["KEPT_WRITE_AUDIT"] != nil else { return }
    try page.joined(separator: "\n").write(toFile: Self.file, atomically: true, encoding: .utf8)
  }
}
