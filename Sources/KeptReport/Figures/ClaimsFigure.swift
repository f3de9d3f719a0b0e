/// What the articles claim, and what this ledger says of it.
struct ClaimsFigure: Figure {
  static let subject = FigureSubject(
    id: "claims", name: "What is claimed",
    needs: ["claims": ["seed", "claim", "statistic", "value", "lo", "hi", "n", "verdict", "note"]],
    defines: [("claims", "verdict"), ("claims", "value"), ("claims", "p_holm")], shape: .wide)

  private static let testCountMax = 60

  fileprivate struct Test {
    let statistic: String
    let value: Double?
    let low: Double?
    let high: Double?
    let n: Int
    let verdict: String
    /// What the note says of this test alone.
    var note = ""
  }

  fileprivate struct Claim {
    let seed: String
    let words: String
    var tests: [Test]
    /// What was compared: what the notes of all its tests say.
    var compared = ""
  }

  /// Those of which a test has a value.
  private let claims: [Claim]
  /// Those that the ledger has no events for.
  private let untested: [Claim]
  private let testCount: Int
  private let origin: Origin

  init?(_ tables: ReportTables) {
    let table = tables["claims"]
    var all: [Claim] = []
    var notes: [[[String]]] = []
    for row in 0..<min(table.rowCount, Self.testCountMax) {
      let test = Test(
        statistic: table["statistic"].text(row) ?? "", value: table["value"].number(row), low: table["lo"].number(row),
        high: table["hi"].number(row), n: table["n"].count(row), verdict: table["verdict"].text(row) ?? "not tested")
      let note = (table["note"].text(row) ?? "").split(separator: ";").map { String($0.drop { $0 == " " }) }
      let words = table["claim"].text(row) ?? ""
      if all.last?.words == words {
        all[all.count - 1].tests.append(test)
        notes[notes.count - 1].append(note)
      } else {
        all.append(Claim(seed: table["seed"].text(row) ?? "", words: words, tests: [test]))
        notes.append([note])
      }
    }
    for index in all.indices { all[index].share(notes[index]) }
    untested = all.filter { claim in claim.tests.allSatisfy { $0.value == nil && $0.n == 0 } }
    claims = all.filter { claim in claim.tests.contains { $0.value != nil || $0.n > 0 } }
    guard claims.contains(where: { $0.tests.contains { $0.value != nil } }) else { return nil }
    testCount = claims.reduce(0) { $0 + $1.tests.count }
    origin = tables.origin
  }

  private func count(_ verdict: String) -> Int { claims.reduce(0) { $0 + $1.tests.count { $0.verdict == verdict } } }

  var title: String {
    let against = count("reversed")
    let reversed = against > 0 ? ", shows the reverse of \(Numbers.whole(against))" : ""
    return "Of \(Numbers.count(testCount, "test")) of what is claimed about customers, this record supports "
      + "\(Numbers.whole(count("supported")))\(reversed) and does not support \(Numbers.whole(count("not supported"))); "
      + "for \(Numbers.whole(count("too little data"))) it has too little data"
  }
  var count: String {
    "n = \(Numbers.count(testCount, "test")) of \(Numbers.count(claims.count, "claim"))"
  }
  var legend: String {
    "Associations, not causes. In brackets the 95 % interval of the value; n is what was counted, of each test its own."
  }
  var commands: [String] { [origin.replay("claims"), origin.replay("backtests")] }

  func draw(into page: inout Markup) {
    page.element("table", ["class": "list stack claims"]) { page in
      page.element("thead") { page in
        page.element("tr") { page in
          for name in ["Claim, and what was compared", "Verdict", "Value and n"] { page.element("th", ["scope": "col"], name) }
        }
      }
      for claim in claims {
        page.element("tbody") { page in
          for (index, test) in claim.tests.enumerated() {
            page.element("tr") { page in
              if index == 0 { draw(claim, into: &page) }
              draw(test, into: &page)
            }
          }
        }
      }
    }
    guard !untested.isEmpty else { return }
    page.element("p", ["class": "untested"]) { page in
      page.element("b", "No such events yet for: ")
      for (index, claim) in untested.enumerated() {
        page.write(index == 0 ? claim.words : "; " + claim.words)
        page.element("small", " \(claim.seed)")
      }
    }
  }

  private func draw(_ claim: Claim, into page: inout Markup) {
    page.element("th", ["scope": "rowgroup", "rowspan": String(claim.tests.count)]) { page in
      page.write(claim.words + " ")
      page.element("small", claim.seed)
      if !claim.compared.isEmpty { page.element("p", claim.compared) }
    }
  }

  private func draw(_ test: Test, into page: inout Markup) {
    page.element("td", ["class": "verdict"], "\(Self.sign(test.verdict)) \(test.verdict)")
    page.element("td") { page in
      page.element("span", ["class": "n"], test.words)
      page.write(", n = \(Numbers.whole(test.n))")
      if !test.note.isEmpty { page.element("p", test.note) }
    }
  }

  private static func sign(_ verdict: String) -> String {
    switch verdict {
    case "supported": "✓"
    case "not supported": "○"
    case "reversed": "✗"
    default: "?"
    }
  }
}

extension ClaimsFigure.Claim {
  /// Deals out the parts of the notes: what all tests say is said once, but for what the figure says of all claims.
  ///
  /// - Parameter notes: of each test, its parts.
  fileprivate mutating func share(_ notes: [[String]]) {
    let common = notes[0].filter { part in notes.allSatisfy { $0.contains(part) } && part != "association, not cause" }
    // Where there is one test, the first part is what became of it.
    let own = notes.count == 1 && common.count > 1 ? [common[0]] : []
    compared = common.filter { !own.contains($0) }.joined(separator: "; ")
    for index in tests.indices {
      tests[index].note = notes[index].filter { part in
        // How much later is said by the statistic.
        own.contains(part) || !common.contains(part) && part != "association, not cause" && !part.hasSuffix(" later")
      }.joined(separator: "; ")
    }
  }
}

extension ClaimsFigure.Test {
  fileprivate var words: String {
    let name =
      switch statistic {
      case "chi2": "χ²"
      case "hazard_ratio": "hazard ratio"
      case "auc_gain": "gain in AUC"
      case "rho": "ρ"
      case let other where other.hasPrefix("rho_lag"): "ρ (lag \(other.dropFirst(7)))"
      case let other where other.hasPrefix("rho_"): "ρ (\(other.dropFirst(4)))"
      default: statistic
      }
    guard let value else { return "\(name): not told" }
    guard let low, let high else { return "\(name) \(Numbers.decimal(value, 2))" }
    return "\(name) \(Numbers.decimal(value, 2)) (\(Numbers.decimal(low, 2)) to \(Numbers.decimal(high, 2)))"
  }
}
