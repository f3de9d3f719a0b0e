import Testing

@testable import KeptMeasures

@Suite struct ClaimAnswerTests {
  /// The rows of metrics 1.
  static let claims: [String] =
    (1...17).map { "S0.\($0)" } + (1...9).map { "S1.\($0)" } + ["a", "b", "c", "d", "e"].map { "S1.10\($0)" }
    + (11...26).map { "S1.\($0)" } + (1...21).map { "S2.\($0)" } + (1...29).map { "S3.\($0)" }
    + (1...19).map { "S4.\($0)" }

  @Test func `every claim is answered by something declared`() {
    let answers = ClaimAnswers.gather(.standard)
    #expect(Self.claims.count == 116)
    #expect(Self.claims.filter { answers[$0] == nil } == [])
    #expect(answers.keys.filter { !Self.claims.contains($0) }.sorted() == [])
  }

  @Test func `an answer says where it stands`() {
    let answers = ClaimAnswers.gather(.standard)
    #expect(answers["S4.13"]?.contains("projects.closed_well") == true)
    #expect(answers["S4.11"] == ["measures.serve_obtain"])
    #expect(answers["S3.18"]?.contains("measures.by_name_rate") == true)
    #expect(answers["S3.18"]?.contains("signals.by-name") == true)
  }
}
