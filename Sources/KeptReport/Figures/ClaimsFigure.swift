/// What the articles claim, and what this ledger says of it.
struct ClaimsFigure: Figure {
  static let subject = FigureSubject(
    id: "claims", name: "What is claimed",
    needs: ["claims": ["seed", "claim", "statistic", "value", "lo", "hi", "n", "verdict", "note"]],
    defines: [("claims", "verdict"), ("claims", "value"), ("claims", "p_holm")], shape: .wide)

  private static let claimCountMax = 60
  private static let signs = ["supported": "✓", "not supported": "✗", "contradicted": "✗"]

  private struct Claim {
    let seed: String
    let words: String
    let statistic: String
    let value: Double?
    let low: Double?
    let high: Double?
    let n: Int
    let verdict: String
  }

  private let claims: [Claim]
  private let origin: Origin

  init?(_ tables: ReportTables) {
    let table = tables["claims"]
    var claims: [Claim] = []
    for row in 0..<min(table.rowCount, Self.claimCountMax) {
      claims.append(
        Claim(
          seed: table["seed"].text(row) ?? "", words: table["claim"].text(row) ?? "",
          statistic: table["statistic"].text(row) ?? "", value: table["value"].number(row), low: table["lo"].number(row),
          high: table["hi"].number(row), n: table["n"].count(row), verdict: table["verdict"].text(row) ?? "not tested"))
    }
    guard claims.contains(where: { $0.value != nil }) else { return nil }
    (self.claims, origin) = (claims, tables.origin)
  }

  private func count(_ verdict: String) -> Int { claims.filter { $0.verdict == verdict }.count }

  var title: String {
    "Of \(Numbers.count(claims.count, "test")) of what is claimed about customers, this record supports "
      + "\(Numbers.whole(count("supported"))) and does not support \(Numbers.whole(count("not supported"))); "
      + "for \(Numbers.whole(count("too little data"))) it has too little data"
  }
  var count: String {
    "n = \(Numbers.count(claims.count, "test")) of \(Numbers.count(Set(claims.map(\.seed)).count, "claim"))"
  }
  var legend: String {
    "Associations, not causes. In brackets the 95 % interval of the value; n is what was counted, of each test its own."
  }
  var commands: [String] { [origin.replay("claims"), origin.replay("backtests")] }

  func draw(into page: inout Markup) {
    page.element("table", ["class": "list stack"]) { page in
      page.element("thead") { page in
        page.element("tr") { page in
          for name in ["Claim", "Verdict", "Value", "n"] { page.element("th", ["scope": "col"], name) }
        }
      }
      page.element("tbody") { page in
        for (index, claim) in claims.enumerated() {
          let isFirst = index == 0 || claims[index - 1].words != claim.words
          page.element("tr", ["class": isFirst ? "first" : "same"]) { page in
            page.element("th", ["scope": "row"]) { page in
              if isFirst {
                page.write(claim.words + " ")
                page.element("small", claim.seed)
              } else {
                page.element("span", ["class": "again"], claim.words)
              }
            }
            page.element("td", ["data-name": "Verdict"], "\(Self.signs[claim.verdict] ?? "?") \(claim.verdict)")
            page.element("td", ["data-name": "Value"], value(claim))
            page.element("td", ["data-name": "n", "class": "n"], Numbers.whole(claim.n))
          }
        }
      }
    }
  }

  private func value(_ claim: Claim) -> String {
    guard let value = claim.value else { return "\(claim.statistic): –" }
    let words = "\(claim.statistic) \(Numbers.decimal(value, 2))"
    guard let low = claim.low, let high = claim.high else { return words }
    return "\(words) (\(Numbers.decimal(low, 2)) to \(Numbers.decimal(high, 2)))"
  }
}
