import Testing

@Suite struct UsageTests {
  @Test func `without a command, what is possible is told and the status is 2`() throws {
    let run = try Workplace().kept()
    #expect(run.output == "")
    #expect(run.talk.hasPrefix("kept: a ledger of customer care\n"))
    #expect(run.status == 2)
  }

  @Test func `help is data: it goes to standard output`() throws {
    let run = try Workplace().kept("--help")
    #expect(run.output.hasPrefix("kept: a ledger of customer care\n"))
    #expect(run.talk == "")
    #expect(run.status == 0)
  }

  @Test func `a mistyped command is answered with the nearest one`() throws {
    let run = try Workplace().kept("imprt", "shop")
    #expect(
      run
        == Outcome(
          output: "",
          talk: """
            kept: unknown command "imprt": did you mean `kept import`?
            Next: `kept --help` shows what is possible.

            """, status: 2))
  }

  @Test func `a mistyped option is answered with the nearest one`() throws {
    let run = try Workplace().kept("import", "shop", "--dryrun", "file.jsonl")
    #expect(
      run
        == Outcome(
          output: "",
          talk: """
            kept: unknown option --dryrun: did you mean --dry-run?
            Next: `kept import --help` shows what is possible.

            """, status: 2))
  }

  @Test(arguments: [
    (["init"], "DIR is missing"),
    (["import", "shop"], "FILE is missing"),
    (["status", "shop", "more"], "\"more\" is one argument too many"),
    (["rebuild", "shop", "--jobs"], "--jobs needs a value: --jobs N"),
    (["rebuild", "shop", "--jobs", "0"], "--jobs 0: a whole number from 1 was expected"),
    (["rebuild", "shop", "--memory", "lots"], "--memory lots: a size such as 256M or 2G was expected"),
    (["import", "shop", "--strict=yes", "f"], "--strict takes no value"),
    (["status", "shop", "--format", "xml"], "--format xml: expected table, csv or jsonl"),
    (["events", "shop", "--since", "a", "--since=b"], "--since is given twice"),
    (["status", "shop", "--progress", "loud"], "--progress loud: expected bar, json or none"),
  ])
  func `what cannot be meant is refused in a sentence, before anything is touched`(
    words: [String], sentence: String
  ) throws {
    let run = try Workplace().kept(words)
    #expect(run.talk == "kept: \(sentence)\nNext: `kept \(words[0]) --help` shows what is possible.\n")
    #expect(run.output == "")
    #expect(run.status == 2)
  }
}
