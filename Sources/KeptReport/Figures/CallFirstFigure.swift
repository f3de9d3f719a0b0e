import KeptFormat

/// Customers who are still here and have reason to go.
struct CallFirstFigure: Figure {
  static let subject = FigureSubject(
    id: "call-first", name: "Whom to call first",
    needs: [
      "customers": [
        "customer", "status", "they_index", "we_index", "promises_late", "untruths", "unmet_long", "leave_signal",
        "never_well_served", "below_own_baseline", "p_end_90d", "revenue",
      ]
    ],
    defines: [
      ("customers", "p_end_90d"), ("customers", "leave_signal"), ("customers", "untruths"), ("customers", "promises_late"),
      ("customers", "never_well_served"), ("customers", "below_own_baseline"), ("customers", "unmet_long"),
    ], shape: .wide)

  private static let customerCountMax = 12

  private struct Customer {
    let name: String
    let reasons: [String]
    let chance: Double?
    let revenue: Double
    let ours: Double?
    let theirs: Double?
  }

  private let customers: [Customer]
  private let withReasons: Int
  private let stillHere: Int
  private let origin: Origin

  init?(_ tables: ReportTables) {
    let table = tables["customers"]
    let rows = table.rows(where: ["status": "active"]) + table.rows(where: ["status": "quiet"])
    guard !rows.isEmpty else { return nil }
    var all: [Customer] = []
    for row in rows {
      let reasons = Self.reasons(table, row)
      guard !reasons.isEmpty else { continue }
      all.append(
        Customer(
          name: table["customer"].text(row) ?? "", reasons: reasons, chance: table["p_end_90d"].number(row),
          revenue: table["revenue"].number(row) ?? 0, ours: table["we_index"].number(row),
          theirs: table["they_index"].number(row)))
    }
    customers = Array(
      all.sorted { left, right in
        if left.reasons.count != right.reasons.count { return left.reasons.count > right.reasons.count }
        if left.chance != right.chance { return left.chance ?? -1 > right.chance ?? -1 }
        return left.revenue != right.revenue ? left.revenue > right.revenue : left.name < right.name
      }.prefix(Self.customerCountMax))
    (withReasons, stillHere, origin) = (all.count, rows.count, tables.origin)
  }

  private static func reasons(_ table: ReportTable, _ row: Int) -> [String] {
    func count(_ column: String) -> Int { table[column].count(row) }
    var reasons: [String] = []
    if count("leave_signal") > 0 { reasons.append("spoke of leaving \(times(count("leave_signal")))") }
    if table["never_well_served"].flag(row) ?? false { reasons.append("never satisfied, and known long") }
    if count("untruths") > 0 { reasons.append("told what was not so \(times(count("untruths")))") }
    if count("promises_late") > 0 { reasons.append("\(Numbers.count(count("promises_late"), "promise")) kept late") }
    if let unmet = table["unmet_long"].number(row), unmet > 0 {
      reasons.append("\(Numbers.percent(unmet)) of their long-term needs unmet")
    }
    if let worse = table["below_own_baseline"].number(row), worse >= 0.5 {
      reasons.append("\(Numbers.percent(worse)) of our service worse than they knew it")
    }
    if let theirs = table["they_index"].number(row), theirs <= -10 { reasons.append("not into us") }
    return reasons
  }

  private static func times(_ count: Int) -> String {
    switch count {
    case 1: "once"
    case 2: "twice"
    default: "\(Numbers.whole(count)) times"
    }
  }

  var title: String {
    guard let first = customers.first else {
      return "None of the \(Numbers.count(stillHere, "customer")) still here has reason to go"
    }
    return "\(Numbers.whole(withReasons)) of \(Numbers.count(stillHere, "customer")) still here have reason to go; "
      + "\(Numbers.short(first.name, 30)) has \(Numbers.whole(first.reasons.count))"
  }
  var count: String {
    "n = \(Numbers.count(stillHere, "customer")) active or quiet"
      + (withReasons > customers.count
        ? "; the first \(Numbers.whole(customers.count)) of \(Numbers.whole(withReasons)) are shown" : "")
  }
  var legend: String {
    "Those with most reasons come first, of equally many those likelier to end it within 90 days, then those who paid more. The "
      + "indices run from −100 to +100; a dash says that this side is silent."
  }
  var commands: [String] {
    guard let first = customers.first else { return [origin.replay("customers")] }
    return [origin.mirror(first.name), origin.replay("customers")]
  }

  func draw(into page: inout Markup) {
    guard !customers.isEmpty else { return }
    page.element("table", ["class": "list stack"]) { page in
      page.element("thead") { page in
        page.element("tr") { page in
          for name in ["Customer", "Why", "Ends in 90 days", "We", "They"] { page.element("th", ["scope": "col"], name) }
        }
      }
      page.element("tbody") { page in
        for customer in customers {
          page.element("tr") { page in
            page.element("th", ["scope": "row"]) { $0.element("bdi", Numbers.short(customer.name, 40)) }
            page.element("td", ["data-name": "Why"]) { page in
              page.element("ul") { page in for reason in customer.reasons { page.element("li", reason) } }
            }
            page.element("td", ["data-name": "Ends in 90 days", "class": "n"], customer.chance.map(Numbers.percent) ?? "–")
            page.element("td", ["data-name": "We", "class": "n"], customer.ours.map { Numbers.signed($0) } ?? "–")
            page.element("td", ["data-name": "They", "class": "n"], customer.theirs.map { Numbers.signed($0) } ?? "–")
          }
        }
      }
    }
  }
}
