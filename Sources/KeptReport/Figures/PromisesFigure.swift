import KeptFormat

/// Promises of ours that were kept on time, by department.
struct PromisesFigure: Figure {
  static let subject = FigureSubject(
    id: "promises", name: "Promises kept",
    needs: ["departments": ["department", "period", "promises_on_time_num", "promises_on_time_den"]],
    defines: [("departments", "promises_on_time"), ("promises", "state")])

  private static let departmentCountMax = 12

  private let rows: [ShareRow]
  private let total: Share
  private let hidden: Int
  private let last: (department: String, month: CivilDate)
  private let origin: Origin

  init?(_ tables: ReportTables) {
    let table = tables["departments"]
    var all: [ShareRow] = []
    for (department, rows) in table.grouped(by: "department") {
      let share = Share(table.sum("promises_on_time_num", rows), of: table.sum("promises_on_time_den", rows))
      if let share { all.append(ShareRow(name: department, share: share)) }
    }
    let sum = all.reduce(into: (part: 0, whole: 0)) { $0 = ($0.part + $1.share.part, $0.whole + $1.share.whole) }
    guard let total = Share(sum.part, of: sum.whole) else { return nil }
    let largest = all.sorted { ($1.share.whole, $0.name) < ($0.share.whole, $1.name) }.prefix(Self.departmentCountMax)
    rows = largest.sorted { ($1.share.rate, $0.name) < ($0.share.rate, $1.name) }
    let worst = rows.last!.name
    let due = table.rows(where: ["department": worst]).filter { table["promises_on_time_den"].count($0) > 0 }
    guard let month = table.byMonth(due).last?.month else { return nil }
    (self.total, hidden, last, origin) = (total, all.count - rows.count, (worst, month), tables.origin)
  }

  var title: String {
    let best = rows.first!
    let worst = rows.last!
    let apart =
      rows.count > 1
      ? ": \(Numbers.short(best.name, 30)) \(Numbers.percent(best.share.rate)), \(Numbers.short(worst.name, 30)) "
        + Numbers.percent(worst.share.rate) : ""
    return "Of \(Numbers.count(total.whole, "promise")) that fell due, \(Numbers.percent(total.rate)) were kept on time\(apart)"
  }
  var count: String {
    "n = \(Numbers.count(total.whole, "promise")) of ours that fell due, in \(Numbers.count(rows.count, "department"))"
      + (hidden > 0 ? "; \(Numbers.whole(hidden)) smaller ones are not shown" : "")
  }
  var legend: String {
    "A dot is the share kept on time, its line the 95 % interval; at the right how many of how many. The tall mark is all of them."
  }
  var commands: [String] {
    [
      origin.explain(measure: "promises_on_time", row: ["department", last.department, "\(last.month)"]),
      origin.replay("promises"),
    ]
  }

  func draw(into page: inout Markup) {
    ShareRow.draw(rows, all: total, id: Self.subject.id, title: title, into: &page)
  }
}
