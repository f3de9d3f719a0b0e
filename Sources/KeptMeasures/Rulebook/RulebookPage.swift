import KeptFormat

/// Rulebook.md: every key of a rulebook, put together from what is declared and the built-in values.
enum RulebookPage {
  /// - Returns: the whole page, in Markdown.
  static func text(_ rules: Rulebook) -> String {
    var sections: [String] = []
    var section = ""
    for key in RulebookKey.all {
      if key.section != section {
        section = key.section
        sections.append("\n## \(section)\n\n| key | built in | unit | meaning |\n|---|---|---|---|")
      }
      let value = rules.json.text(at: key.path).map { "`\($0)`" } ?? ""
      let name = "`\(key.path)`" + (key.isOptional ? ", may be left out" : "")
      sections.append("| \(name) | \(value) | \(key.unit) | \(key.meaning) |")
    }
    return """
      # The rulebook

      Everything that a business may decide about its measures. `kept rulebook` prints the built-in one; a file of its own,
      given to `kept rebuild --rulebook`, says only what differs: objects are merged member by member, a member set to null is
      left out, arrays and values replace; one that lacks nothing, as `kept rulebook` prints, is taken as it stands.
      `kept rulebook --check FILE` tells what is wrong with one; `kept adopt LEDGER FILE --reason R` makes it the one in force,
      and the log keeps it ([LogFormat.md](../KeptFormat/LogFormat.md), "Adopting rules").

      `*` stands for a name that the business gives, `[]` for each of a list. Numbers have at most 6 digits after the point.
      A claim of the articles, like S4.13, is told in [Claims.md](Claims.md).

      This page is made from the declarations; a test compares the two and says how to make it anew.
      \(sections.joined(separator: "\n"))

      """
  }
}

extension RulebookKey {
  /// The first part of its path.
  fileprivate var section: String { String(path.prefix { $0 != "." && $0 != "[" }) }
}

extension JSONValue {
  /// What stands at a path; of names that the business gives, all of them; nil for members of lists.
  fileprivate func text(at path: String) -> String? {
    var value = self
    for part in path.split(separator: ".") {
      if part == "*" { break }
      guard let next = value.members?.first(where: { $0.key == part })?.value else { return nil }
      value = next
    }
    if path.contains(".*.") { return nil }
    return String(decoding: value.canonical(), as: UTF8.self)
  }
}
