import KeptReplay
import Testing

@testable import KeptMeasures

@Suite struct FeelingTraitTests {
  private func answer(_ time: String, _ instrument: String, _ score: Double) -> TestTouch {
    TestTouch("survey.answered", time, .in, [.score: .number(score), .dataText("instrument"): .text(instrument)])
  }

  private func effort(_ minutes: Double, _ effort: String = "keep") -> TestTouch {
    TestTouch(
      "effort.spent", "2024-05-01", .absent, [.dataText("effort"): .text(effort), .dataNumber("minutes"): .number(minutes)])
  }

  @Test func `two of five answers say they were met with respect`() {
    let touches = [5.0, 4, 3, 2, 1].enumerated().map { answer("2024-05-0\($0 + 1)", "respect", $1) }
    #expect(traits(touches, "respect", "respect_num", "respect_den") == ["0.4", "2", "5"])
  }

  @Test func `ease and enjoyment are means of what was rescaled`() {
    let touches = [
      answer("2024-05-01", "ces", 4), answer("2024-05-02", "ease", 2), answer("2024-05-03", "enjoyment", 3),
    ]
    // ces 4 of 1 … 7 is .5, ease 2 of 1 … 5 is .25.
    #expect(traits(touches, "ease", "ease_num", "ease_den") == ["0.375", "0.75", "2.0"])
    #expect(traits(touches, "enjoyment", "enjoyment_den") == ["0.5", "1.0"])
  }

  @Test func `never satisfied although we tried as hard as for others`() {
    let bad = (1...3).map { answer("2024-0\($0)-01", "csat", 2) }
    let known = TestTouch("relationship.started", "2023-12-01", .in)
    let lives: [[TestTouch]] = [
      [known] + bad + [effort(60)], [known] + bad + [effort(30)], [known] + bad + [effort(10)],
      [known] + bad + [effort(60, "acquire")], [known] + bad.dropLast() + [effort(90)],
      [known] + bad + [answer("2024-04-01", "nps", 9), effort(90)], bad.map { $0 } + [effort(90)],
    ]
    let table = Lives(lives.enumerated().map { (UInt32($0 + 1), $1) }).tables([.customers], asOf: at("2024-06-15"))[
      "customers"]!
    // The median of 10, 30, 60, 90, 90, 90 is 75; the last is known for 166 days only.
    #expect(table.texts("never_well_served").map { $0[0] } == ["false", "false", "false", "false", "false", "false", "false"])
    let few = Lives(Array(lives.prefix(4).enumerated().map { (UInt32($0 + 1), $1) }))
    #expect(
      few.tables([.customers], asOf: at("2024-06-15"), workers: 3)["customers"]!.texts("never_well_served").map { $0[0] }
        == ["true", "true", "false", "false"])
  }

  @Test func `untruths of a year, leaving talk of late`() {
    func said(_ time: String, _ word: String) -> TestTouch {
      TestTouch("statement.contradicted", time, .out, [.dataText("contradiction"): .text(word)])
    }
    let touches = [
      said("2023-06-01", "false"), said("2023-08-01", "false"), said("2024-06-01", "inconsistent"),
      TestTouch("promise.broken", "2024-05-01", .out, [.dataText("by"): .text("us")]),
      TestTouch("promise.broken", "2024-05-02", .in, [.dataText("by"): .text("customer")]),
      TestTouch("competitor.mentioned", "2024-06-01", .in, [.dataText("intent"): .text("leaving")]),
      TestTouch("competitor.mentioned", "2024-06-02", .in, [.dataText("intent"): .text("compare")]),
      TestTouch("competitor.mentioned", "2024-03-01", .in, [.dataText("intent"): .text("leaving")]),
    ]
    #expect(traits(touches, "untruths", "leave_signal") == ["2", "1"])
  }

  @Test func `a ledger that records no contradiction does not say that all was true`() {
    #expect(traits([answer("2024-05-01", "csat", 5)], "untruths", "leave_signal") == ["NULL", "NULL"])
  }
}

@Suite struct FitTraitTests {
  private func assessed(_ time: String, _ fields: [DetailField: TestTouch.Value]) -> TestTouch {
    TestTouch("fit.assessed", time, .absent, fields)
  }

  @Test func `the last assessment holds, and each signal as it was given last`() {
    let touches = [
      assessed("2024-05-22", [.dataNumber("their_clients_signal"): .number(-1), .score: .number(0.9)]),
      assessed(
        "2024-06-01",
        [
          .score: .number(0.55), .dataText("required_skills"): .text(#"["a","b","c","d"]"#),
          .dataText("held_skills"): .text(#"["a","c","d","x"]"#),
        ]),
    ]
    #expect(traits(touches, "fit", "skill_gap", "skill_gap_num", "skill_gap_den") == ["0.55", "0.25", "1", "4"])
    #expect(traits(touches, "their_clients", "their_clients_age_d") == ["-1.0", "40"])
  }

  @Test func `without a score the skills say how well it fits`() {
    let touch = assessed(
      "2024-06-01",
      [.dataText("required_skills"): .text(#"["a","b"]"#), .dataText("held_skills"): .text(#"["b"]"#)])
    #expect(traits([touch], "fit", "skill_gap") == ["0.5", "0.5"])
    #expect(traits([assessed("2024-06-01", [:])], "fit", "skill_gap", "their_clients") == ["NULL", "NULL", "NULL"])
  }
}

@Suite struct PromiseTraitTests {
  private func made(_ id: Int, due: String, source: String = "crm") -> TestTouch {
    TestTouch(
      "promise.made", "2024-01-01", .out,
      [.dataText("promise_id"): .text("p\(id)"), .due: .instant(at(due)), .text(.source): .text(source)])
  }
  private func kept(_ id: Int, _ time: String) -> TestTouch {
    TestTouch("promise.kept", time, .out, [.dataText("promise_id"): .text("p\(id)"), .text(.source): .text("crm")])
  }

  @Test func `eight of eleven promises were kept in time, two late, one never`() {
    var touches = (1...12).map { made($0, due: $0 == 12 ? "2024-09-01" : "2024-03-01") }
    touches += (1...8).map { kept($0, "2024-02-01") } + [kept(9, "2024-03-02"), kept(10, "2024-04-01")]
    // Of another source, which settles nothing: it accuses nobody.
    touches.append(made(20, due: "2024-03-01", source: "shop"))
    #expect(traits(touches, "promises_kept_num", "promises_kept_den", "promises_late") == ["8", "11", "2"])
    #expect(traits(touches, "promises_kept")[0].hasPrefix("0.727"))
  }

  @Test func `a source settles for all lives of all workers`() {
    let lives = Lives([(1, [made(1, due: "2024-03-01")]), (2, [made(2, due: "2024-03-01"), kept(2, "2024-02-01")])])
    let table = lives.tables([.customers], asOf: at("2024-07-01"), workers: 2)["customers"]!
    #expect(table.texts("promises_kept_num", "promises_kept_den") == [["0", "1"], ["1", "1"]])
  }

  @Test func `five promises to win them, before they first paid`() {
    func courted(_ time: String) -> TestTouch {
      TestTouch("promise.made", time, .out, [.dataText("phase"): .text("courtship"), .text(.subject): .text(time)])
    }
    var touches = (1...5).map { courted("2024-02-0\($0)") }
    touches += [
      TestTouch("order.placed", "2024-02-03", .in, [.amount: .number(0)]),
      TestTouch("order.placed", "2024-02-06", .in, [.amount: .number(20)]), courted("2024-02-07"),
      TestTouch("promise.made", "2024-02-01", .out, [.dataText("phase"): .text("service")]),
    ]
    #expect(traits(touches, "courtship_promises") == ["5"])
  }
}
