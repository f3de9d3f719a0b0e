import Testing

/// Sources/KeptQuery/Query.md, command by command: what it shows is what is printed.
@Suite struct QueryPageTests {
  @Test func `every command of the page on questions prints what the page shows`() throws {
    let page = try CommandPage("Sources/KeptQuery/Query.md")
    #expect(page.commandCount > 12)
    let place = try Workplace()
    try place.shell("ln -s '\(Workplace.repository)/Scripts' Scripts")
    try page.check(in: place, rewrittenFor: "KEPT_WRITE_QUERY") { $0 }
  }
}
