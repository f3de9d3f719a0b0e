import Testing

/// Sources/KeptSnapshot/Outgrowing.md, command by command: what it shows is what is printed.
@Suite struct OutgrowingPageTests {
  @Test func `every command of the page on outgrowing prints what the page shows`() throws {
    let page = try CommandPage("Sources/KeptSnapshot/Outgrowing.md")
    #expect(page.commandCount > 8)
    try page.check(in: Workplace(), rewrittenFor: "KEPT_WRITE_OUTGROWING") { text in
      text.replacing(/\([0-9.]+ s(, [0-9,]+ lines\/s)?\)/, with: "(…)")
        .replacing(/[A-Za-z0-9+\/]{43}=/, with: "…=")
        .replacing(/[0-9.]+ KiB/, with: "… KiB")
        .replacing(/20(2[5-9]|[3-9][0-9])-[0-9T:.-]+Z/, with: "…Z")
        // The month in which the ledger itself recorded the import.
        .replacing(/month=20(2[5-9]|[3-9][0-9])-[0-9]+/, with: "month=…")
    }
  }
}
