import KeptFormat
import Testing

@testable import KeptIntake

/// A line that is refused, and how: column of the fault, field and reason.
struct BadLine: CustomTestStringConvertible {
  let testDescription: String
  let bytes: [UInt8]
  let expected: String

  init(_ what: String, _ text: String, _ expected: String) {
    self.init(what, Array(text.utf8), expected)
  }

  init(_ what: String, _ bytes: [UInt8], _ expected: String) {
    testDescription = what
    self.bytes = bytes
    self.expected = expected
  }
}

/// The offset of `needle` in an event with `members`.
private func column(of needle: String, in line: String) -> Int {
  line.utf8.count - (line.range(of: needle).map { line[$0.lowerBound...].utf8.count } ?? 0)
}

private func bad(_ what: String, _ members: [String: String], _ needle: String, _ expected: String) -> BadLine {
  let line = event(members)
  return BadLine(what, line, "\(column(of: needle, in: line)) \(expected)")
}

@Suite struct RejectTests {
  static let bytes: [BadLine] = [
    BadLine("not an object", "[1]", "0  not_an_object"),
    BadLine("a number", "17", "0  not_an_object"),
    BadLine("no JSON", "order placed", "0  not_an_object"),
    BadLine("a cut line", String(event().dropLast(3)), "\(event().utf8.count - 3) customer cut"),
    BadLine("a line cut between members", "{\"source\":\"shop\",", "17  cut"),
    BadLine("something behind the object", event() + " {}", "\(event().utf8.count + 1)  trailing"),
    BadLine("a NUL byte", [0x7B, 0x00], "1  control_character"),
    BadLine("NUL bytes only", [0, 0, 0], "0  control_character"),
    BadLine("a NUL in a text", Array("{\"id\":\"a".utf8) + [0] + Array("\"}".utf8), "8 id control_character"),
    BadLine("not UTF-8 in a text", Array("{\"id\":\"a".utf8) + [0xFF] + Array("\"}".utf8), "8 id not_utf8"),
    BadLine("not UTF-8 anywhere", [0xFF, 0xFE], "0  not_utf8"),
    BadLine("Latin-1", Array("{\"agent\":\"Jos".utf8) + [0xE9] + Array("\"}".utf8), "13 agent not_utf8"),
    BadLine("a lone surrogate", #"{"id":"\ud800"}"#, "7 id lone_surrogate"),
    BadLine("an unknown escape", #"{"id":"\q"}"#, "7 id bad_escape"),
    BadLine("a key twice", #"{"id":"1","id":"2"}"#, "10 id duplicate_key"),
    BadLine("a key twice, once escaped", #"{"id":"1","\u0069d":"2"}"#, "10 id duplicate_key"),
    BadLine("a key twice, once null", #"{"id":null,"id":"2"}"#, "11 id duplicate_key"),
    BadLine("nested 33 deep", "{\"data\":{\"a\":" + String(repeating: "[", count: 40), "43 data.a too_deep"),
    BadLine("single quotes", "{'id':1}", "1  syntax"),
    BadLine("no comma", #"{"id":"1" "kind":"x"}"#, "10  syntax"),
  ]

  static let fields: [BadLine] = [
    bad("an id that is a number", ["id": "7"], "7", "id wrong_type"),
    bad("a kind that is an array", ["kind": "[]"], "[]", "kind wrong_type"),
    bad("an amount in quotes", ["amount": #""7""#], #""7""#, "amount wrong_type"),
    bad("a boolean score", ["score": "true"], "true", "score wrong_type"),
    bad("a time that is a number", ["time": "1711875900"], "1711875900", "time wrong_type"),
    bad("data that is a text", ["data": #""x""#], #""x""#, "data wrong_type"),
    bad("1e400", ["amount": "1e400"], "1e400", "amount too_many_digits"),
    bad("19 digits", ["amount": "1234567890123456789"], "12345", "amount too_many_digits"),
    bad("19 digits in data", ["data": #"{"n":1234567890.123456789}"#], "12345", "data.n too_many_digits"),
    bad("a number with a leading zero", ["amount": "007"], "007", "amount bad_number"),
    bad("an empty id", ["id": #""""#], #""""#, "id empty"),
    bad("an empty customer", ["customer": #""""#], #""""#, "customer empty"),
    bad("an unknown field", ["colour": #""red""#], #""colour""#, "colour unknown_field"),
    bad("a field given twice", ["amount": "1", "data": #"{"amount":2}"#], "2}", "amount given_twice"),
    bad("a text given twice", ["text": #""a""#, "data": #"{"text":"b"}"#], #""a""#, "text given_twice"),
    bad("a key twice in data", ["data": #"{"a":1,"b":2,"a":null}"#], "{", "data.a duplicate_key"),
    bad("a key twice, nested", ["data": #"{"a":{"b":1,"b":2}}"#], #""b":2"#, "data.a duplicate_key"),
    bad("a hoisted key twice", ["data": #"{"score":1,"score":2}"#], #""score":2"#, "score duplicate_key"),
    bad("a direction of its own", ["direction": #""sideways""#], #""sideways""#, "direction not_one_of"),
    bad("a party of its own", ["party": #""b2x""#], #""b2x""#, "party not_one_of"),
    bad("a kind only the ledger records", ["kind": #""import.finished""#], "{", "kind reserved_kind"),
    bad("a forgotten customer", ["kind": #""customer.forgotten""#], "{", "kind reserved_kind"),
    bad("a rulebook", ["kind": #""rulebook.adopted""#], "{", "kind reserved_kind"),
    bad("a retraction of nothing", ["kind": #""event.retracted""#], "{", "corrects missing"),
    bad("a merger with nobody", ["kind": #""customer.merged""#], "{", "other_customer missing"),
    bad("a CloudEvent among plain lines", ["specversion": #""1.0""#], #""specversion""#, "specversion cloud_event"),
  ]

  static let times: [BadLine] = [
    ("a time without zone", "2024-03-31T09:05:00", "time_without_zone"), ("a date", "2024-03-31", "bad_time"),
    ("year 0", "0000-01-01T00:00:00Z", "time_out_of_range"), ("year 9999", "9999-12-31T23:59:59Z", "time_out_of_range"),
    ("just before 1900", "1899-12-31T23:59:59.999999Z", "time_out_of_range"),
    ("just 2200", "2200-01-01T00:00:00Z", "time_out_of_range"), ("30 February", "2024-02-30T00:00:00Z", "no_such_time"),
    ("a leap second", "2016-12-31T23:59:60Z", "leap_second"), ("no time", "soon", "bad_time"),
    ("nothing", "", "bad_time"),
  ].flatMap { what, text, reason in
    [
      bad(what, ["time": "\"\(text)\""], "\"\(text)\"", "time \(reason)"),
      bad(what + " due", ["due": "\"\(text)\""], "\"\(text)\"", "due \(reason)"),
    ]
  }

  static let sizes: [BadLine] = [
    bad("a long id", ["id": "\"\(String(repeating: "x", count: 513))\""], "\"xxx", "id value_too_long"),
    bad("a long kind", ["kind": "\"\(String(repeating: "x", count: 513))\""], "\"xxx", "kind value_too_long"),
    bad(
      "a long customer", ["customer": "\"\(String(repeating: "x", count: 513))\""], "\"xxx", "customer value_too_long"),
    bad(
      "a long key", ["data": "{\"\(String(repeating: "k", count: 129))\":1}"], "\"kkk",
      "data.\(String(repeating: "k", count: 64)) key_too_long"),
    bad(
      "a long key, nested", ["data": "{\"a\":{\"\(String(repeating: "k", count: 129))\":1}}"], "{\"kkk",
      "data.a key_too_long"),
    bad(
      "a canonical line too long", ["data": "{\"a\":\"\(String(repeating: "v", count: 65_400))\"}"], "{",
      " event_too_long"),
    bad(
      "257 keys", ["data": "{" + (0..<251).map { "\"k\($0)\":1" }.joined(separator: ",") + "}"], "{", " too_many_keys"),
    bad(
      "257 keys, nested", ["data": "{\"a\":{" + (0..<250).map { "\"k\($0)\":1" }.joined(separator: ",") + "}}"], "{",
      " too_many_keys"),
  ]

  @Test(arguments: bytes + fields + times + sizes)
  func `a bad line is rejected with place, field and reason, and the next one lands`(line: BadLine) throws {
    let good = Array((event() + "\n").utf8)
    let said = try read(good + line.bytes + Array("\n".utf8) + good).said
    #expect(said.rejects == ["2 \(good.count)+\(line.expected)"])
    #expect(said.events.map { $0.prefix(2) } == ["1:", "3:"])
  }

  @Test(arguments: ["source", "id", "kind", "time", "customer"])
  func `a missing field is named`(field: String) throws {
    #expect(try read(event(without: [field])).rejects == ["1 0+0 \(field) missing"])
    #expect(try read(event([field: "null"])).rejects == ["1 0+0 \(field) missing"])
  }

  @Test func `what is as long as a limit is taken`() throws {
    let name = String(repeating: "é", count: 256)
    let key = String(repeating: "k", count: 128)
    let keys = (0..<249).map { "\"k\($0)\":1" }.joined(separator: ",")
    let text = String(repeating: "t", count: 1 << 19)
    let lines = [
      event(["id": "\"\(name)\"", "customer": "\"\(name)\""]), event(["data": "{\"\(key)\":1,\(keys)}"]),
      event(["data": "{\"a\":\"\(String(repeating: "v", count: 64_000))\"}"]), event(["text": "\"\(text)\""]),
    ]
    let said = try read(lines.joined(separator: "\n"))
    #expect(said.rejects == [])
    #expect(said.events.count == 4)
  }

  @Test(arguments: [1 << 12, 1 << 20, 4 << 20])
  func `a line longer than 1 MiB is rejected wherever the chunks are cut, and not kept`(chunkByteCount: Int) throws {
    let huge = "{\"text\":\"" + String(repeating: "x", count: 6 << 20)
    let just = event(["text": "\"\(String(repeating: "x", count: (1 << 20) - event(["text": "\"\""]).utf8.count))\""])
    #expect(just.utf8.count == 1 << 20)
    let lines = [event(), huge, event(), just, just + " ", event(), huge]
    let said = try read(lines.joined(separator: "\n"), chunkByteCount: chunkByteCount)
    #expect(said.events.map { $0.prefix(2) } == ["1:", "3:", "4:", "6:"])
    var offsets = [0]
    for line in lines { offsets.append(offsets.last! + line.utf8.count + 1) }
    #expect(said.rejects == [2, 5, 7].map { "\($0) \(offsets[$0 - 1])+0  line_too_long" })
  }

  @Test func `the rejected line can be had and the report never says it`() throws {
    let file = try TemporaryFile(Array((event() + "\n{\"customer\":\"secret\",\"id\":7}\r\n").utf8))
    try ImportSource(path: file.path, format: .jsonl).forEachBatch { chunk in
      let reject = try #require(chunk.rejects.first)
      #expect(
        chunk.bytes(of: reject).map { String(decoding: $0, as: UTF8.self) } == "{\"customer\":\"secret\",\"id\":7}\r")
      var sink = ByteSink()
      reject.appendJSON(to: &sink)
      #expect(!sink.text().contains("secret") && !reject.description.contains("secret"))
      #expect(
        reject.description.hasSuffix(": line 2, byte \(event().utf8.count + 1 + 26): id: a value of the wrong type"))
    }
  }

  @Test func `every reason has a code of its own and a sentence`() {
    #expect(Set(RejectReason.allCases.map(\.rawValue)).count == RejectReason.allCases.count)
    #expect(RejectReason.allCases.allSatisfy { !$0.sentence.isEmpty && $0.rawValue.allSatisfy { $0.isASCII } })
  }
}
