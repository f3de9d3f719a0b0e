/// Claims.md: which claim is answered by what, put together from what is declared.
enum ClaimsPage {
  /// - Returns: the whole page, in Markdown.
  static func text(_ rules: Rulebook) -> String {
    let answers = ClaimAnswers.gather(rules)
    let rows = ClaimRows.all.map { row in
      let found = answers[row.id]?.map { "`\($0)`" }.joined(separator: ", ") ?? "nothing yet"
      return "| \(row.id) | \(row.words) | \(found) |"
    }
    return """
      # The claims of the articles, and what answers them

      Every claim and prescription has a row; the first part of its id names the article. What answers it is a column of a
      table (`projects.closed_well`), a measure by month in `measures` and the wide tables (`measures.give_ask`), a rule of
      the signal table (`signals.promise-kept`), or a test on the ledger (`claims.hazard_ratio`). The `dictionary` of a
      snapshot says what each of them means.

      This page is made from the declarations; a test compares the two and says how to make it anew.

      | claim | in a few words | answered by |
      |---|---|---|
      \(rows.joined(separator: "\n"))

      """
  }
}
