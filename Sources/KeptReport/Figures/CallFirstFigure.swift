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
      ("customers", "p_end_90d"), ("customers", "leave_signal"), ("customers", "untruths"),
      ("customers", "promises_late"), ("customers", "never_well_served"), ("customers", "below_own_baseline"),
      ("customers", "unmet_long"), ("customers", "they_index"),
    ], shape: .wide)

  private static let customerCountMax = 12

  private struct Customer {
    let name: String
    let reasons: [(reason: ReasonToGo, words: String)]
    let chance: Double?
    let revenue: Double
    let ours: Double?
    let theirs: Double?
  }

  private let customers: [Customer]
  private let withReasons: Int
  private let stillHere: Int
  /// The reason that most of them have, and how many.
  private let commonest: (reason: ReasonToGo, count: Int)?
  /// Those that the record cannot tell of anybody.
  private let unknown: [ReasonToGo]
  private let origin: Origin

  init?(_ tables: ReportTables) {
    let table = tables["customers"]
    let rows = table.rows(where: ["status": "active"]) + table.rows(where: ["status": "quiet"])
    unknown = ReasonToGo.allCases.filter { reason in !rows.contains { reason.isKnown(table, $0) } }
    guard !rows.isEmpty, unknown.count < ReasonToGo.allCases.count else { return nil }
    var all: [Customer] = []
    for row in rows {
      let reasons = ReasonToGo.allCases.compactMap { reason in reason.words(table, row).map { (reason, $0) } }
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
    let counts = ReasonToGo.allCases.map { reason in
      (reason: reason, count: all.count { $0.reasons.contains { $0.reason == reason } })
    }
    commonest = counts.max { $0.count < $1.count }.flatMap { $0.count > 0 ? $0 : nil }
    (withReasons, stillHere, origin) = (all.count, rows.count, tables.origin)
  }

  var title: String {
    guard let first = customers.first, let commonest else {
      return "Of \(Numbers.count(stillHere, "customer")) still here, the record gives none a reason to go"
    }
    let most = commonest.count == withReasons ? "" : "\(Numbers.whole(commonest.count)) of them "
    let many = first.reasons.count > 1 ? "; \(Numbers.short(first.name, 30)) has \(Numbers.whole(first.reasons.count))" : ""
    let have = withReasons == 1 ? "has" : "have"
    return "\(Numbers.whole(withReasons)) of \(Numbers.count(stillHere, "customer")) still here \(have) reason to go, "
      + "\(most)\(commonest.reason.summary)\(many)"
  }
  var count: String {
    let shown =
      withReasons > customers.count
      ? "; the first \(Numbers.whole(customers.count)) of \(Numbers.whole(withReasons)) are shown" : ""
    return "n = \(Numbers.count(stillHere, "customer")) active or quiet" + shown
  }
  var legend: String {
    let order =
      customers.isEmpty
      ? ""
      : "Those with most reasons come first, of equally many those likelier to end it within 90 days, then those who paid "
        + "more. The indices run from −100 to +100; a dash says that nothing is known. "
    guard !unknown.isEmpty else { return order }
    return order + "No such events yet, so that they cannot be a reason: \(unknown.map(\.name).joined(separator: ", "))."
  }
  var commands: [String] {
    guard let first = customers.first else { return [origin.replay("customers")] }
    return [origin.mirror(first.name), origin.replay("customers")]
  }

  private var columns: [(name: String, value: (Customer) -> String?)] {
    let all: [(name: String, value: (Customer) -> String?)] = [
      ("Ends in 90 days", { $0.chance.map(Numbers.percent) }), ("We", { $0.ours.map { Numbers.signed($0) } }),
      ("They", { $0.theirs.map { Numbers.signed($0) } }),
    ]
    return all.filter { column in customers.contains { column.value($0) != nil } }
  }

  func draw(into page: inout Markup) {
    guard !customers.isEmpty else { return }
    let columns = columns
    page.element("table", ["class": "list stack"]) { page in
      page.element("thead") { page in
        page.element("tr") { page in
          for name in ["Customer", "Why"] + columns.map(\.name) { page.element("th", ["scope": "col"], name) }
        }
      }
      page.element("tbody") { page in
        for customer in customers {
          page.element("tr") { page in
            page.element("th", ["scope": "row"]) { $0.element("bdi", Numbers.short(customer.name, 40)) }
            page.element("td", ["class": "why"]) { page in
              page.element("ul") { page in for reason in customer.reasons { page.element("li", reason.words) } }
            }
            for column in columns {
              page.element("td", ["data-name": column.name, "class": "n"], column.value(customer) ?? "–")
            }
          }
        }
      }
    }
  }
}
