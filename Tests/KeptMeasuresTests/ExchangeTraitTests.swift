import KeptReplay
import Testing

@testable import KeptMeasures

@Suite struct ExchangeTraitTests {
  private func said(_ time: String, _ direction: Direction, on subject: String? = nil, by channel: String? = nil) -> TestTouch {
    var touch = TestTouch("message.sent", time, direction)
    if let subject { touch.fields[.text(.subject)] = .text(subject) }
    if let channel { touch.fields[.text(.channel)] = .text(channel) }
    return touch
  }

  /// Somebody else's touch: the source goes on to the end.
  private func days(_ touches: [TestTouch], _ names: String...) -> [String] {
    let other = [said("2024-06-30", .in)]
    let table = Lives([(1, touches), (2, other)]).tables([.customers], asOf: at("2024-07-01"))["customers"]!
    return names.map { table.texts($0)[0][0] }
  }

  @Test func `silent for 46 days after an answer, and once for 61`() {
    let touches = [
      said("2024-03-10", .in, on: "k1"), said("2024-03-15", .out, on: "k1"),
      said("2024-05-10", .in, on: "k2"), said("2024-05-15", .out, on: "k2"),
      // Not an exchange: another subject, and beyond fourteen days.
      said("2024-06-01", .out, on: "k3"), said("2024-06-20", .in, on: "k4"), said("2024-06-21", .out, on: "k1"),
    ]
    // Until 2024-06-30: the sources spoke no longer.
    #expect(days(touches, "silence_d", "max_silence_d") == ["46", "61"])
  }

  @Test func `without a subject the channel holds them together`() {
    let touches = [said("2024-06-10", .out, by: "email"), said("2024-06-12", .in, by: "email")]
    #expect(days(touches, "silence_d", "their_reply_h") == ["18", "48.0"])
    #expect(days([said("2024-06-10", .out, by: "sms"), said("2024-06-12", .in, by: "email")], "their_reply_h") == ["NULL"])
  }

  @Test func `a meeting is an exchange by itself; who never had one is silent since their last contact`() {
    #expect(days([TestTouch("meeting.held", "2024-06-20", .both), said("2024-06-29", .out)], "silence_d") == ["10"])
    #expect(days([said("2024-06-25", .in), said("2024-06-29", .out)], "silence_d") == ["5"])
    #expect(days([said("2024-06-29", .out)], "silence_d", "max_silence_d") == ["NULL", "NULL"])
  }

  @Test func `silence counts within the year, and no further than their sources speak`() {
    let touches = [TestTouch("meeting.held", "2021-01-01", .both), TestTouch("meeting.held", "2023-08-01", .both)]
    // From 2023-07-02, a year ago, to 2023-08-01; then to 2024-06-30.
    #expect(days(touches, "silence_d", "max_silence_d") == ["334", "334"])
    let alone = Lives(touches).tables([.customers], asOf: at("2024-07-01"))["customers"]!
    #expect(alone.texts("silence_d", "max_silence_d") == [["0", "30"]])
  }

  @Test func `how soon they answer is the middle of their answers`() {
    let touches = [
      said("2024-06-01T00:00", .out, on: "a"), said("2024-06-01T01:00", .in, on: "a"),
      said("2024-06-01T09:00", .in, on: "a"),
      said("2024-06-02T00:00", .out, on: "b"), said("2024-06-02T05:00", .in, on: "b"),
      said("2024-06-03T00:00", .out, on: "c"), said("2024-06-03T10:00", .in, on: "c"),
    ]
    #expect(days(touches, "their_reply_h") == ["5.0"])
  }

  @Test func `a life in pieces says the same`() {
    let touches = [
      said("2024-03-10", .in, on: "k1"), said("2024-03-15", .out, on: "k1"), said("2024-05-10", .in, on: "k2"),
      said("2024-05-15", .out, on: "k2"),
    ]
    let whole = Lives(touches).tables([.customers], asOf: at("2024-07-01"))["customers"]!
    let pieces = Lives(touches).tables([.customers], asOf: at("2024-07-01"), piece: 1)["customers"]!
    #expect(whole.texts("silence_d", "max_silence_d") == pieces.texts("silence_d", "max_silence_d"))
  }
}

@Suite struct DepthTraitTests {
  private func call(_ time: String, _ agent: String) -> TestTouch {
    TestTouch("call.handled", time, .in, [.text(.agent): .text(agent)])
  }

  @Test func `two of ours know them by three touches, one of them since April`() {
    let touches = ["01", "02", "03"].map { call("2023-12-\($0)", "ann") }
      + ["2024-04-01", "2024-04-02", "2024-04-03"].map { call($0, "bo") } + [call("2024-05-01", "cy")]
    // At the ends of January to June: 1, 1, 1, 2, 2, 2.
    #expect(traits(touches, "depth", "depth_slope") == ["2", "0.257143"])
  }

  @Test func `an account counts pairs of people`() {
    let ann = ["2024-02-01", "2024-02-02", "2024-02-03"].map {
      touch("call.handled", $0, of: "a", .in, [.text(.agent): .text("ann")])
    }
    let bo = ["2024-03-01", "2024-03-02"].map { touch("call.handled", $0, of: "a", .in, [.text(.agent): .text("ann")]) }
    let table = Lives([(1, ann), (2, ann), (3, bo)]).tables([.accounts], asOf: at("2024-07-01"))["accounts"]!
    #expect(table.texts("depth") == [["2"]])
  }

  @Test func `growth shows once they are known for all the months`() {
    let touches = ["2024-02-01", "2024-02-02", "2024-02-03"].map { call($0, "ann") }
    #expect(traits(touches, "depth", "depth_slope") == ["1", "NULL"])
    #expect(traits([TestTouch("call.handled", "2024-02-01", .in)], "depth") == ["NULL"])
  }
}
