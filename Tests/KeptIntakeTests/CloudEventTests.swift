import KeptFormat
import Testing

@testable import KeptIntake

@Suite struct CloudEventTests {
  static let one = """
    {"specversion":"1.0","id":"1","source":"/shop","type":"kept.order.placed","time":"2024-03-31T09:05:00Z",\
    "subject":"o-1","customer":"C-1","channel":"web","datacontenttype":"application/json; charset=utf-8",\
    "traceparent":"00-ab","data":{"amount":12.5,"currency":"EUR","order_id":"o-1","other_customer":"C-2"}}
    """
  static let plain = """
    {"source":"/shop","id":"1","kind":"order.placed","time":"2024-03-31T09:05:00.000000Z","customer":"C-1",\
    "channel":"web","subject":"o-1","other_customer":"C-2","amount":12.5,"currency":"EUR",\
    "data":{"order_id":"o-1","traceparent":"00-ab"}}
    """

  @Test func `structured events, one a line, are mapped name for name`() throws {
    let said = try read(Self.one + "\n" + Self.one.replacing("kept.order", with: "order"), .cloudevents)
    #expect(said.events == ["1: " + Self.plain, "2: " + Self.plain])
    #expect(said.rejects == [])
  }

  @Test func `a batch is an array, however its lines are broken`() throws {
    let pretty = Self.one.replacing(",\"", with: ",\n  \"")
    let lineCount = pretty.split(separator: "\n").count
    let said = try read("[\n\(pretty),\n\(Self.one)\n]\n", .cloudevents)
    #expect(said.events == ["2: " + Self.plain, "\(2 + lineCount): " + Self.plain])
    #expect(try read("[" + Self.one + "]", .cloudevents).events == ["1: " + Self.plain])
    #expect(try read("[]", .cloudevents) == Said())
    #expect(try read(pretty, .cloudevents).events == ["1: " + Self.plain])
  }

  @Test func `a batch cut at every offset says the same, bad elements included`() throws {
    let small =
      #"{"specversion":"1.0","id":"1","source":"s","type":"a.b","time":"2024-03-31T09:05:00Z","customer":"C"}"#
    let text = " [\(small),\n{\"id\":\"]}\\\"\"},\n \(small) ,{\"cut\": [\n\(small)\n]"
    let bytes = Array(text.utf8)
    let whole = try read(bytes, .cloudevents).said
    #expect(whole.events.map { $0.prefix(2) } == ["1:", "3:", "4:"])
    #expect(whole.rejects.count == 2)
    for size in 1...bytes.count { #expect(try read(bytes, .cloudevents, chunkByteCount: size).said == whole) }
  }

  static let bad: [(String, String, String)] = [
    ("\"1.0\"", "\"0.3\"", "specversion spec_version"), ("\"specversion\":\"1.0\",", "", " spec_version"),
    ("application/json; charset=utf-8", "text/plain", "datacontenttype content_type"),
    ("\"kept.order.placed\"", "\"kept.\"", "kind empty"), ("\"kept.order.placed\"", "7", "type wrong_type"),
    ("\"customer\":\"C-1\",", "", "customer missing"),
    ("\"traceparent\"", "\"order_id\"", "data.order_id duplicate_key"),
    ("\"amount\"", "\"amount\":1,\"amount\"", "amount duplicate_key"),
    ("\"channel\"", "\"amount\":1,\"channel\"", "amount given_twice"),
  ]

  @Test(arguments: bad)
  func `what is no CloudEvent of ours is rejected`(old: String, new: String, expected: String) throws {
    let said = try read(Self.one + "\n" + Self.one.replacing(old, with: new), .cloudevents)
    #expect(said.events.count == 1)
    #expect(said.rejects.count == 1 && said.rejects[0].hasSuffix(expected), "\(said.rejects)")
  }

  @Test func `events are written as CloudEvents and read back as themselves`() throws {
    let file = try TemporaryFile(Array((Self.one + "\n").utf8))
    try ImportSource(path: file.path, format: .cloudevents).forEachBatch { chunk in
      var sink = ByteSink()
      EventText.append(0, of: chunk.batch, form: .cloudEvent, to: &sink)
      #expect(
        sink.text() == """
          {"specversion":"1.0","source":"/shop","id":"1","type":"kept.order.placed","time":"2024-03-31T09:05:00.000000Z",\
          "subject":"o-1","customer":"C-1","channel":"web","datacontenttype":"application/json",\
          "data":{"other_customer":"C-2","amount":12.5,"currency":"EUR","order_id":"o-1","traceparent":"00-ab"}}
          """)
      let again = try read(sink.text(), .cloudevents)
      #expect(again.events == ["1: " + Self.plain])
    }
  }

  @Test func `a recorded event says what the ledger gave it and what is sealed`() throws {
    let batch = EventBatch()
    var row = EventRow()
    for (field, text) in [(TextField.source, "s"), (.id, "1"), (.kind, "a.b")] { row[field] = batch.add(text.utf8) }
    row[.text] = batch.add([UInt8](repeating: 7, count: 32))
    row.sealed = 1 << UInt32(TextField.text.rawValue)
    row.customer = 17
    row.time = 0
    row.recorded = 1
    batch.rows = [row]
    var sink = ByteSink()
    EventText.append(0, of: batch, recorded: .init(position: 5), form: .plain, to: &sink)
    #expect(
      sink.text() == """
        {"position":5,"recorded":"1970-01-01T00:00:00.000001Z","source":"s","id":"1","kind":"a.b",\
        "time":"1970-01-01T00:00:00.000000Z","customer":"c17","sealed":["text"]}
        """)
    sink.removeAll()
    let named = EventText.Recorded(position: 5, customer: Array("C-1".utf8))
    EventText.append(0, of: batch, recorded: named, form: .cloudEvent, to: &sink)
    #expect(
      sink.text() == """
        {"specversion":"1.0","source":"s","id":"1","type":"kept.a.b","time":"1970-01-01T00:00:00.000000Z",\
        "customer":"C-1","position":5,"recorded":"1970-01-01T00:00:00.000001Z","sealed":"text"}
        """)
  }
}
