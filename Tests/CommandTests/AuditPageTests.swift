import Testing

/// Sources/kept/Audit.md, command by command: what it shows is what is printed.
@Suite struct AuditPageTests {
  /// Without what another ledger, key or moment makes another.
  private static func steady(_ text: String) -> String {
    text.replacing(/extra [A-Za-z0-9+\/=]+/, with: "extra …")
      .replacing(/[A-Za-z0-9+\/]{43}=/, with: "…=")
      .replacing(/kept\/[0-9a-f]{32}/, with: "kept/…")
      .replacing(/20(2[5-9]|[3-9][0-9])-[0-9T:.-]+Z/, with: "…Z")
  }

  @Test func `every command of the audit prints what the page shows`() throws {
    let page = try CommandPage("Sources/kept/Audit.md")
    #expect(page.commandCount > 12)
    try page.check(in: Workplace(), rewrittenFor: "KEPT_WRITE_AUDIT", steady: Self.steady)
  }
}
