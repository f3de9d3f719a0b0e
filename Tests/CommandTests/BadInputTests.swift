import Foundation
import Testing

/// A line of Fixtures/bad-input/expected.jsonl.
struct BadInput: Decodable, Sendable, CustomTestStringConvertible {
  struct Reject: Decodable, Equatable, Sendable {
    var line: Int
    var field: String?
    var reason: String
  }
  var file: String
  var status: Int32
  var accepted: Int
  var rejects: [Reject]

  var testDescription: String { file }

  static let all: [BadInput] = {
    let path = Workplace.repository + "/Fixtures/bad-input/expected.jsonl"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
    return text.split(separator: "\n").compactMap { try? JSONDecoder().decode(BadInput.self, from: Data($0.utf8)) }
  }()
}

@Suite struct BadInputTests {
  @Test func `every file of bad input is expected`() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Workplace.repository + "/Fixtures/bad-input")
    #expect(files.filter { $0 != "README.md" && $0 != "expected.jsonl" }.sorted() == BadInput.all.map(\.file).sorted())
  }

  @Test(arguments: BadInput.all)
  func `bad lines land in the rejects with line, field and reason, and the rest lands`(expected: BadInput) throws {
    let place = try Workplace()
    try #require(place.kept("init", "shop").status == 0)
    var words = ["import", "shop", "Fixtures/bad-input/" + expected.file]
    if expected.file.contains("cloudevents") { words += ["--format", "cloudevents"] }
    let run = try place.kept(words)
    #expect(run.status == expected.status)
    #expect(run.output == "")

    // Each is told on standard error, with its line.
    for reject in expected.rejects { #expect(run.talk.contains(": line \(reject.line)"), "\(run.talk)") }

    let lists = try FileManager.default.contentsOfDirectory(atPath: place.path + "/shop/rejects")
    #expect(lists.count == (expected.rejects.isEmpty ? 0 : 1))
    let rejects = try lists.flatMap { name in
      try place.read("shop/rejects/" + name).split(separator: "\n").map { line in
        var reject = try JSONDecoder().decode(BadInput.Reject.self, from: Data(line.utf8))
        reject.field = reject.field ?? ""
        return reject
      }
    }
    #expect(rejects == expected.rejects)

    let landed = try place.kept("events", "shop").lines.filter { !$0.contains(#""kind":"import.finished""#) }
    #expect(landed.count == expected.accepted)
    for line in landed { #expect(!line.contains(#""id":"bad-"#), "\(line)") }
    #expect(try place.kept("verify", "shop", "--deep").status == 0)
  }

  @Test func `the rejects of the ledger never hold the line itself, the file that was asked for does`() throws {
    let place = try Workplace()
    try #require(place.kept("init", "shop").status == 0)
    let run = try place.kept(
      "import", "shop", "Fixtures/bad-input/wrong-types.jsonl", "--rejects", "rejected.jsonl")
    #expect(run.status == 1)
    let lines = try String(contentsOfFile: place.path + "/Fixtures/bad-input/wrong-types.jsonl", encoding: .utf8)
      .split(separator: "\n")
    #expect(try place.read("rejected.jsonl").split(separator: "\n") == Array(lines[1...10]))
    let list = try FileManager.default.contentsOfDirectory(atPath: place.path + "/shop/rejects")[0]
    #expect(try !place.read("shop/rejects/" + list).contains("C-"))
  }

  @Test func `with strict, nothing of a file with a bad line lands`() throws {
    let place = try Workplace()
    try #require(place.kept("init", "shop").status == 0)
    let run = try place.kept(
      "import", "shop", "--strict", "Fixtures/bad-input/text-after.jsonl", "Fixtures/bad-input/crlf.jsonl")
    #expect(run.status == 1)
    #expect(run.talk.contains("text-after.jsonl: nothing of it was recorded, because --strict was given\n"))
    #expect(try place.kept("events", "shop").output == "")
    let good = try place.kept("import", "shop", "--strict", "Fixtures/shop/events.jsonl")
    #expect(good.status == 0)
    #expect(try place.kept("events", "shop").lines.count == 255)
  }
}
