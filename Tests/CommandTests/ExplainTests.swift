import Foundation
import Testing

/// Why a number is what it is: the touches without which it would be another.
@Suite struct ExplainTests {
  private func shop() throws -> Workplace {
    let place = try Workplace()
    try #require(place.kept("init", "shop", "--zone", "Europe/Berlin", "--currency", "EUR").status == 0)
    try #require(place.kept("import", "shop", "Fixtures/shop/events.jsonl").status == 0)
    return place
  }

  /// The cells of what was printed as CSV, without the header.
  private func rows(_ outcome: Outcome) -> [[String]] {
    outcome.output.split(whereSeparator: \.isNewline).dropFirst().map { line in
      line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  @Test func `a promise is broken because somebody said so, and that event can be proved`() throws {
    let place = try shop()
    let found = try place.kept(
      "explain", "shop", "--customer", "C-1003", "--table", "promises", "--row", "P-1", "--column", "state")
    #expect(found.status == 0)
    #expect(found.lines.first == "promises.state of P-1 us C-1003: broken" && found.output.contains("claim S3.22"))
    let cause = try rows(
      place.kept(
        "explain", "shop", "--customer", "C-1003", "--table", "promises", "--column", "state", "--format", "csv"))
    // Without the breaking nothing settles the promise in that source: nobody is accused.
    #expect(
      cause == [["touch", "", "74", "2024-02-12T17:30:00.000000Z", "promise.broken", "1", "", "unknown", ""]])
    let event = try place.kept("events", "shop", "--customer", "C-1003", "--kind", "promise.broken", "--format", "csv")
    #expect(event.output.contains("\n74,") && found.talk.contains("kept prove shop 74"))
  }

  @Test func `what a touch adds to a number is the number less what it is without the touch`() throws {
    let place = try shop()
    let orders = try rows(
      place.kept("explain", "shop", "--customer", "C-1003", "--column", "orders", "--format", "csv"))
    #expect(orders.map { Array($0[4...]) } == [["order.placed", "1", "", "0", "1"]])
    let touches = try rows(
      place.kept("explain", "shop", "--customer", "C-1003", "--column", "touches", "--format", "csv"))
    #expect(!touches.isEmpty && touches.allSatisfy { $0[8] == "1" })
  }

  @Test func `after the last touch both sides stand as the table of customers says at that instant`() throws {
    let place = try shop()
    let last = "2024-03-04T09:00:00Z"
    let timeline = try place.kept("explain", "shop", "--customer", "C-1003", "--as-of", last, "--format", "jsonl")
    let told = try #require(timeline.lines.last)
    let table = try place.kept("replay", "shop", "--customer", "C-1003", "--as-of", last, "--format", "jsonl").output
    func number(_ key: String, _ line: String) throws -> Double {
      let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      return try #require(object[key] as? Double)
    }
    for (after, index) in [("we_after", "we_index"), ("they_after", "they_index")] {
      #expect(abs(try number(after, told) - number(index, table)) < 1e-5)
    }
  }

  /// A number that many lives make.
  @Test func `what each customer adds to a count comes to the count, and so do their touches`() throws {
    let place = try shop()
    let cell = ["--table", "signals", "--column", "touches", "--row", "had-to-ask", "--row", "2024-02-01"]
    let found = try place.kept(["explain", "shop", "--limit", "100", "--format", "csv"] + cell)
    #expect(found.status == 0)
    let parts = rows(found)
    let signals = try place.kept("replay", "shop", "--table", "signals", "--format", "csv")
    let row = try #require(rows(signals).first { $0[0] == "had-to-ask" && $0[3] == "2024-02-01" })
    let total = try #require(Double(row[4]))
    #expect(total > 0 && parts.filter { $0[0] == "life" }.reduce(0) { $0 + Double($1[8])! } == total)
    #expect(parts.filter { $0[0] == "touch" && $0[4] == "status.reported" }.count == Int(total))
    for touch in parts where touch[0] == "touch" { #expect(Int(touch[2]) != nil) }
  }

  @Test func `of a ratio each customer adds to both sides, and its definition is the measure's own`() throws {
    let place = try shop()
    let cell = ["--measure", "promises_on_time", "--row", "firm", "--row", "2024-02-01"]
    let found = rows(try place.kept(["explain", "shop", "--limit", "100", "--format", "csv"] + cell))
    let table = rows(try place.kept("replay", "shop", "--table", "measures", "--format", "csv"))
    let row = try #require(table.first { $0[0] == "promises_on_time" && $0[2] == "firm" && $0[4] == "2024-02-01" })
    let says = found.filter { $0[0] == "life" }.map { $0[6].split { "(/)".contains($0) }.map(String.init) }
    #expect(says.reduce(0) { $0 + Double($1[1])! } == Double(row[5]))
    #expect(says.reduce(0) { $0 + Double($1[2])! } == Double(row[6]))
    let page = try place.kept(["explain", "shop"] + cell).output
    #expect(page.contains("claim S3.22") && page.contains("comes to just that"))
  }

  @Test func `a median without a customer is that of a ledger which never had them`() throws {
    let place = try shop()
    let cell = ["--table", "months", "--column", "reply_p50", "--row", "2024-02-01"]
    let asOf = ["--as-of", "2024-08-10T07:00:00Z"]
    let found = rows(try place.kept(["explain", "shop", "--format", "csv"] + cell + asOf))
    let lives = found.filter { $0[0] == "life" }
    #expect(lives.count >= 2)
    let all = try String(contentsOfFile: Workplace.repository + "/Fixtures/shop/events.jsonl", encoding: .utf8)
    for life in lives {
      let lines = all.split(separator: "\n").filter { !$0.contains("\"customer\": \"\(life[1])\"") }
      #expect(lines.count < 254)
      let other = "without-\(life[1])"
      try place.write(lines.joined(separator: "\n"), to: other + ".jsonl")
      try #require(place.kept("init", other, "--zone", "Europe/Berlin", "--currency", "EUR").status == 0)
      try #require(place.kept("import", other, other + ".jsonl").status == 0)
      let months = try place.kept(["replay", other, "--table", "months", "--format", "jsonl"] + asOf)
      let month = try #require(months.lines.first { $0.contains("\"period\":\"2024-02-01\"") })
      let object = try #require(try JSONSerialization.jsonObject(with: Data(month.utf8)) as? [String: Any])
      let value = try #require(object["reply_p50"] as? Double)
      #expect(Double(life[7].prefix { $0 != " " }) == value, "without \(life[1])")
    }
  }

  @Test func `an account's cell is explained by its own touches`() throws {
    let place = try shop()
    let found = rows(
      try place.kept(
        "explain", "shop", "--table", "accounts", "--column", "touches", "--row", "A-NORD", "--limit", "1000", "--format",
        "csv"))
    #expect(found[0][0] == "life" && found[0][1] == "A-NORD")
    #expect(found.dropFirst().count == Int(found[0][5])! && found.dropFirst().allSatisfy { $0[8] == "1" })
  }

  @Test func `every touch listed comes with a proof that anyone can check`() throws {
    let place = try shop()
    let cell = ["--table", "signals", "--column", "touches", "--row", "had-to-ask", "--row", "2024-02-01"]
    let found = try place.kept(["explain", "shop", "--proofs", "proofs", "--format", "csv"] + cell)
    #expect(found.status == 0 && found.talk.contains("kept prove --check proofs/POSITION.tlog-proof"))
    let touches = rows(found).filter { $0[0] == "touch" }
    #expect(!touches.isEmpty)
    try place.write(place.kept("checkpoint", "shop").output, to: "mine")
    for touch in touches {
      let check = try place.kept("prove", "--check", "proofs/\(touch[2]).tlog-proof", "mine")
      #expect(check.status == 0 && check.output.contains(touch[4]))
    }
  }

  @Test func `a row that is not one row is asked for, and what no life makes says where to look`() throws {
    let place = try shop()
    func talk(_ words: String...) throws -> String {
      let outcome = try place.kept(["explain", "shop"] + words)
      #expect(outcome.status == 2)
      return outcome.talk
    }
    #expect(try talk("--measure", "promises_on_time").contains("which? Such as --row promises_on_time --row"))
    #expect(try talk("--measure", "promises_on_tme").contains("did you mean promises_on_time?"))
    #expect(try talk("--table", "months", "--column", "reply_p50", "--row", "2031-01-01").contains("a row is told by period"))
    #expect(try talk("--table", "orders", "--column", "amount").contains("whose? --customer ID"))
    let sources = try talk("--table", "sources", "--column", "events", "--row", "crm", "--row", "2024-02-12")
    let command = try #require(sources.firstMatch(of: /`kept (events [^`]+)`/)?.1)
    #expect(try place.shell("kept \(command)").lines.allSatisfy { $0.contains("\"source\":\"crm\"") })
    #expect(try talk("--table", "dictionary", "--column", "unit").contains("declared in the program"))
  }

  @Test func `who or what is unknown is said with the nearest that is`() throws {
    let place = try shop()
    let column = try place.kept("explain", "shop", "--customer", "C-1003", "--column", "we_indx")
    #expect(column.status == 2 && column.talk.contains("did you mean we_index?"))
    let row = try place.kept(
      "explain", "shop", "--customer", "C-1003", "--table", "promises", "--row", "P-99", "--column", "state")
    #expect(row.status == 2 && row.talk.contains("promises has no row named P-99 of customer C-1003"))
    #expect(try place.kept("explain", "shop").status == 2)
  }
}
