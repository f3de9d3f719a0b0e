import Foundation
import Testing

@testable import KeptMeasures

@Suite struct ClaimsPageTests {
  @Test func `every row of the claims has its words`() {
    #expect(ClaimRows.all.map(\.id) == ClaimAnswerTests.claims)
    #expect(ClaimRows.all.allSatisfy { !$0.words.isEmpty })
  }

  /// `KEPT_WRITE_CLAIMS=1` in the environment writes the page instead.
  @Test func `the page of claims says what is declared`() throws {
    try GeneratedPage.check(
      ClaimsPage.text(.standard), at: "Sources/KeptMeasures/Claims.md", writtenWith: "KEPT_WRITE_CLAIMS")
  }
}
