import KeptFormat
import KeptReplay
import Testing

@testable import KeptMeasures

@Suite struct WordOfMouthTests {
  private func rating(
    _ score: Double, _ time: String, _ instrument: String? = nil, scale: (Double, Double)? = nil
  ) -> TestTouch {
    var fields: [DetailField: TestTouch.Value] = [.score: .number(score)]
    if let instrument { fields[.dataText("instrument")] = .text(instrument) }
    if let scale {
      fields[.dataNumber("scale_min")] = .number(scale.0)
      fields[.dataNumber("scale_max")] = .number(scale.1)
    }
    return TestTouch("survey.answered", time, .in, fields)
  }

  private func emotion(_ level: String, _ time: String, _ from: String = "customer_words") -> TestTouch {
    TestTouch("emotion.expressed", time, .in, [.dataText("level"): .text(level), .dataText("heard_from"): .text(from)])
  }

  /// answered, unusable, satisfied, dissatisfied, neutral of the only month.
  private func month(_ touches: [TestTouch]...) -> [String] {
    let lives = Lives(touches.enumerated().map { (UInt32($0.offset + 1), $0.element) })
    let table = lives.tables([.wordOfMouth], asOf: at("2024-01-31"))["word_of_mouth"]!
    return table.texts("answered", "unusable", "satisfied", "dissatisfied", "neutral").first ?? []
  }

  @Test func `a customer counts once a month, by their last rating`() {
    #expect(month([rating(1, "2024-01-05"), rating(5, "2024-01-06")]) == ["2", "0", "1", "0", "0"])
    #expect(month([rating(5, "2024-01-05"), rating(3, "2024-01-06")]) == ["2", "0", "0", "0", "1"])
    #expect(month([rating(4, "2024-01-05")], [rating(2, "2024-01-05")]) == ["2", "0", "1", "1", "0"])
  }

  @Test func `9 and 10 of nps are satisfied, 0 to 6 are not; other scales are rescaled`() {
    #expect(month([rating(9, "2024-01-05", "nps")]) == ["1", "0", "1", "0", "0"])
    #expect(month([rating(7, "2024-01-05", "nps")]) == ["1", "0", "0", "0", "1"])
    #expect(month([rating(6, "2024-01-05", "nps")]) == ["1", "0", "0", "1", "0"])
    #expect(month([rating(75, "2024-01-05", "csat", scale: (0, 100))]) == ["1", "0", "1", "0", "0"])
    #expect(month([rating(74, "2024-01-05", "csat", scale: (0, 100))]) == ["1", "0", "0", "0", "1"])
  }

  @Test func `effort, ease and enjoyment say nothing about word of mouth, scores off the scale are unusable`() {
    for instrument in ["ces", "ease", "enjoyment", "reason_to_stay"] {
      #expect(month([rating(5, "2024-01-05", instrument), rating(3, "2024-01-04")]) == ["1", "0", "0", "0", "1"])
    }
    #expect(month([rating(6, "2024-01-05")]) == ["0", "1", "0", "0", "0"])
    #expect(month([rating(3, "2024-01-05", "stars")]) == ["0", "1", "0", "0", "0"])
    #expect(month([TestTouch("survey.answered", "2024-01-05", .in)]) == ["0", "1", "0", "0", "0"])
  }

  @Test func `feelings count in the customer's words, and only in a month without a rating`() {
    #expect(month([emotion("anger", "2024-01-05")]) == ["0", "0", "0", "1", "0"])
    #expect(month([emotion("anger", "2024-01-05"), emotion("gratitude", "2024-01-06")]) == ["0", "0", "1", "0", "0"])
    #expect(month([emotion("anger", "2024-01-06"), rating(5, "2024-01-05")]) == ["1", "0", "1", "0", "0"])
    #expect(month([emotion("anger", "2024-01-05", "model"), rating(3, "2024-01-07")]) == ["1", "0", "0", "0", "1"])
  }

  @Test func `41 satisfied against 19 dissatisfied is a ratio of 2.16, a balance of -6.5, and unclear`() {
    let lives = Lives((1...60).map { (UInt32($0), [rating($0 <= 41 ? 5 : 1, "2024-01-05")]) })
    let table = lives.tables([.wordOfMouth], asOf: at("2024-02-15"), workers: 3)["word_of_mouth"]!
    #expect(
      table.texts(
        "period", "satisfied", "dissatisfied", "balance", "state", "told_good_lo", "told_good_hi",
        "told_bad_lo", "told_bad_hi") == [
          ["2024-01-01", "41", "19", "-6.5", "unclear", "164.0", "246.0", "171.0", "285.0"],
          ["2024-02-01", "0", "0", "0.0", "NULL", "0.0", "0.0", "0.0", "0.0"],
        ])
    #expect(abs(table.reals("ratio")[0]! - 41.0 / 19) < 1e-12)
    #expect(table.reals("ratio")[1] == nil)
    // S1.3: 13 % of 19 tell more than twenty.
    #expect(abs(table.reals("told_over_20")[0]! - 2.47) < 1e-12)
    #expect(WordOfMouthTable.state(60, 0, breakEven: 2.5) == "above")
    #expect(WordOfMouthTable.state(1, 9, breakEven: 2.5) == "below")
  }

  @Test func `public mentions are counted with the customers who are satisfied or not, surveys sent beside`() {
    let lives = Lives([
      (
        1,
        [rating(5, "2024-01-05"), TestTouch("mention.posted", "2024-01-06"), TestTouch("mention.posted", "2024-01-07")]
      ),
      (
        2,
        [
          TestTouch("survey.sent", "2024-01-01", .out), TestTouch("mention.posted", "2024-01-06"),
          rating(1, "2024-01-08"),
        ]
      ),
      (3, [TestTouch("mention.posted", "2024-01-06")]),
    ])
    let table = lives.tables([.wordOfMouth], asOf: at("2024-01-31"))["word_of_mouth"]!
    #expect(table.texts("asked", "praised", "panned") == [["1", "2", "1"]])
  }
}
