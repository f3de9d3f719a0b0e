import KeptFormat
import KeptReplay
import Testing

@testable import KeptMeasures

@Suite struct SegmentTests {
  /// Customers of a sort who came in January 2022, some of whom left within the year; the first of them rates us, pays 100 and
  /// costs something.
  private func customers(
    _ sort: String, _ numbers: ClosedRange<UInt32>, left: Int, score: Double, cost: Double
  ) -> [(UInt32, [TestTouch])] {
    numbers.map { number in
      let place = Int(number - numbers.lowerBound)
      var touches = [touch("relationship.started", "2022-01-10", ["segment": .text(sort)])]
      if place > 0, place <= left { touches.append(touch("relationship.ended", "2022-06-01", ["ended_by": .text("customer")])) }
      if place == 0 {
        touches += [
          touch("survey.answered", "2022-06-02", ["instrument": .text("csat"), "score": .number(score)]),
          touch("payment.received", "2022-06-03", ["amount": .number(100)]),
          touch("effort.spent", "2022-06-04", ["effort": .text("serve"), "amount": .number(cost)]),
        ]
      }
      return (number, touches)
    }
  }

  private var clinics: [(UInt32, [TestTouch])] { customers("clinics", 1...100, left: 7, score: 4.6, cost: 62) }
  private var schools: [(UInt32, [TestTouch])] { customers("schools", 101...120, left: 1, score: 3.8, cost: 80) }

  @Test(arguments: [1, 2]) func `S2.15: clinics rate 4.6, .93 stay and .38 is left; they are served better than schools`(workers: Int) {
    let programs = Programs(Lives(clinics + schools), asOf: "2024-03-31")
    func rows(_ measure: String) -> [String] { programs.rows(measure, workers: workers) }
    #expect(rows("segment_csat") == ["segment=clinics 2024-03 0.9/1 0.9", "segment=schools 2024-03 0.7/1 0.7"])
    #expect(rows("segment_kept_12m") == ["segment=clinics 2024-03 93/100 0.93", "segment=schools 2024-03 19/20 0.95"])
    #expect(rows("segment_margin") == ["segment=clinics 2024-03 38/100 0.38", "segment=schools 2024-03 20/100 0.2"])
    // First, second and first; second, first and second.
    #expect(rows("best_served") == ["segment=clinics 2024-03 4/3 1.333", "segment=schools 2024-03 5/3 1.667"])
  }

  @Test func `one sort alone has no place, and a ledger that tells none says so`() {
    #expect(Programs(Lives(clinics), asOf: "2024-03-31").rows("best_served") == ["segment=clinics 2024-03 –/– one segment alone"])
    let unsaid = Programs([touch("relationship.started", "2022-01-10")], asOf: "2024-03-31")
    #expect(unsaid.rows("best_served") == ["firm NULL –/– no event says the segment"])
    let without = Programs([touch("order.placed", "2022-01-10")], asOf: "2024-03-31")
    #expect(without.rows("segment_csat") == ["firm NULL –/– no fit.assessed or relationship.started events"])
  }

  @Test func `the rulebook names the key, and what is said last of a customer counts`() throws {
    let rules = try Rulebook.parse(#"{"programs": {"segment": "sort"}}"#)
    let lives = Lives([
      (1, [
        touch("relationship.started", "2022-01-10", ["sort": .text("schools"), "segment": .text("x")]),
        touch("fit.assessed", "2022-02-10", ["sort": .text("clinics")]),
      ])
    ])
    #expect(
      Programs(lives, asOf: "2024-03-31", rulebook: rules).rows("segment_kept_12m") == ["segment=clinics 2024-03 1/1 1"])
  }
}
