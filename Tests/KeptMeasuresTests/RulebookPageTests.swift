import Foundation
import KeptFormat
import Testing

@testable import KeptMeasures

/// Every key of the rulebook is told, and every key that is told is one.
@Suite struct RulebookPageTests {
  /// `KEPT_WRITE_RULEBOOK=1` in the environment writes the page instead.
  @Test func `the page of the rulebook says what is declared`() throws {
    try GeneratedPage.check(
      RulebookPage.text(.standard), at: "Sources/KeptMeasures/Rulebook.md", writtenWith: "KEPT_WRITE_RULEBOOK")
  }

  @Test func `the keys that are told are those that the decoder knows, object by object`() throws {
    var known: [String: Set<String>] = [:]
    for path in RulebookKey.all.map(\.path) {
      var parent = ""
      for part in path.split(separator: ".") {
        known[parent, default: []].insert(part.hasSuffix("[]") ? String(part.dropLast(2)) : String(part))
        parent += (parent.isEmpty ? "" : ".") + part
      }
    }
    #expect(known[""]!.count == 25)
    for (parent, names) in known where !names.contains("*") {
      let (json, place) = try change(parent) { .object($0.members! + [JSONMember("no such key", .null)]) }
      let error = try #require(throws: RulebookError.self) { try Rulebook(complete: json) }
      #expect(error.path == (place.isEmpty ? "" : place + ".") + "no such key")
      let list = error.reason.split(separator: ": ").last!.split(separator: ", ").map(String.init)
      #expect(Set(list) == names, "\(parent)")
    }
  }

  @Test(arguments: RulebookKey.all.filter { !$0.path.hasSuffix("*") }.map { ($0.path, $0.isOptional) })
  func `a key may be left out where the page says so`(path: String, isOptional: Bool) throws {
    var parts = path.split(separator: ".")
    let name = String(parts.removeLast())
    let (json, _) = try change(parts.joined(separator: ".")) { .object($0.members!.filter { $0.key != name }) }
    var isMissed = false
    do throws(RulebookError) {
      _ = try Rulebook(complete: json)
    } catch {
      isMissed = error.reason == "\"\(name)\" is missing"
    }
    #expect(isMissed == !isOptional)
  }

  @Test func `every key has its unit and its meaning, once`() {
    #expect(Set(RulebookKey.all.map(\.path)).count == RulebookKey.all.count)
    #expect(RulebookKey.all.allSatisfy { !$0.unit.isEmpty && !$0.meaning.isEmpty })
  }

  /// The built-in rulebook with the object at a path changed: the first of those that have a name of their own, or of a
  /// list. Tells which that was.
  private func change(
    _ path: String, _ body: (JSONValue) -> JSONValue
  ) throws -> (json: JSONValue, place: String) {
    var place = ""
    func changed(_ value: JSONValue, _ parts: ArraySlice<Substring>) throws -> JSONValue {
      guard let part = parts.first else { return body(value) }
      let name = part.hasSuffix("[]") ? String(part.dropLast(2)) : String(part)
      var members = try #require(value.members)
      let index = try #require(name == "*" ? members.indices.first : members.firstIndex { $0.key == name })
      place += (place.isEmpty ? "" : ".") + members[index].key
      if part.hasSuffix("[]") {
        var items = try #require(members[index].value.array)
        place += "[0]"
        items[0] = try changed(items[0], parts.dropFirst())
        members[index].value = .array(items)
      } else {
        members[index].value = try changed(members[index].value, parts.dropFirst())
      }
      return .object(members)
    }
    return (try changed(Rulebook.standard.json, path.split(separator: ".")[...]), place)
  }
}
