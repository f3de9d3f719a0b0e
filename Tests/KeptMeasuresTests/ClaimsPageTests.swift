import Foundation
import Testing

@testable import KeptMeasures

@Suite struct ClaimsPageTests {
  private static let path = "Sources/KeptMeasures/Claims.md"

  @Test func `every row of the claims has its words`() {
    #expect(ClaimRows.all.map(\.id) == ClaimAnswerTests.claims)
    #expect(ClaimRows.all.allSatisfy { !$0.words.isEmpty })
  }

  /// `KEPT_WRITE_CLAIMS=1` in the environment writes the page instead.
  @Test func `the page of claims says what is declared`() throws {
    let page = ClaimsPage.text(.standard)
    let file = Repository.folder.appending(path: Self.path)
    if ProcessInfo.processInfo.environment["KEPT_WRITE_CLAIMS"] != nil {
      try page.write(to: file, atomically: true, encoding: .utf8)
    }
    let written = String(decoding: try Repository.bytes(Self.path), as: UTF8.self)
    let old = Set(written.split(separator: "\n"))
    let changed = page.split(separator: "\n").filter { !old.contains($0) }
    #expect(
      written == page,
      "\(Self.path) differs in \(changed.prefix(5)); KEPT_WRITE_CLAIMS=1 swift test --filter ClaimsPageTests makes it anew")
  }
}
