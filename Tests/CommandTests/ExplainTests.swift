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
    #expect(cause.count == 1 && Array(cause[0][..<5]) == ["74", "2024-02-12T17:30:00.000000Z", "promise.broken", "1", "unknown"])
    let event = try place.kept("events", "shop", "--customer", "C-1003", "--kind", "promise.broken", "--format", "csv")
    #expect(event.output.contains("\n74,") && found.talk.contains("kept prove shop 74"))
  }

  @Test func `what a touch adds to a number is the number less what it is without the touch`() throws {
    let place = try shop()
    let orders = try rows(
      place.kept("explain", "shop", "--customer", "C-1003", "--column", "orders", "--format", "csv"))
    #expect(orders.map { Array($0[2...]) } == [["order.placed", "1", "0", "1"]])
    let touches = try rows(
      place.kept("explain", "shop", "--customer", "C-1003", "--column", "touches", "--format", "csv"))
    #expect(!touches.isEmpty && touches.allSatisfy { $0[5] == "1" })
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
