import KeptFormat

/// Promises of ours that were kept on time, by department.
struct PromisesFigure: Figure {
  static let subject = FigureSubject(
    id: "promises", name: "Promises kept",
    needs: [
      "departments": ["department", "period", "promises_on_time_num", "promises_on_time_den"],
      "months": ["period", "promises_on_time_num", "promises_on_time_den"],
    ],
    defines: [("departments", "promises_on_time"), ("promises", "state")])

  private static let departmentCountMax = 12
  /// With fewer promises a department is drawn, but the sentence above speaks of the others.
  private static let promiseCountMin = 20

  /// By department, best first; those of which nobody said whose they were have a row of their own, the last.
  private let rows: [ShareRow]
  private let departmentCount: Int
  private let hidden: Int
  private let total: Share
  private let last: (row: [String], month: CivilDate)
  private let origin: Origin

  init?(_ tables: ReportTables) {
    let table = tables["departments"]
    let months = tables["months"]
    func parts(_ table: ReportTable, _ rows: [Int]) -> (part: Int, whole: Int) {
      (table.sum("promises_on_time_num", rows), table.sum("promises_on_time_den", rows))
    }
    var all: [ShareRow] = []
    var sum = (part: 0, whole: 0)
    for (department, rows) in table.grouped(by: "department") {
      let (part, whole) = parts(table, rows)
      sum = (sum.part + part, sum.whole + whole)
      if let share = Share(part, of: whole) { all.append(ShareRow(name: department, share: share)) }
    }
    let firm = parts(months, Array(0..<months.rowCount))
    let unsaid = Share(firm.part - sum.part, of: firm.whole - sum.whole)
    guard let total = Share(max(sum.part, firm.part), of: max(sum.whole, firm.whole)) else { return nil }
    let largest = all.sorted { ($1.share.whole, $0.name) < ($0.share.whole, $1.name) }.prefix(Self.departmentCountMax)
    let shown = largest.sorted { ($1.share.rate, $0.name) < ($0.share.rate, $1.name) }
    rows = shown + (unsaid.map { [ShareRow(name: "nobody said whose", share: $0)] } ?? [])
    (departmentCount, hidden) = (all.count, all.count - shown.count)
    // The last month in which something fell due of the worst department, or of anybody's.
    let source = shown.last.map { (table, table.rows(where: ["department": $0.name]), ["department", $0.name]) }
    let (place, due, row) = source ?? (months, Array(0..<months.rowCount), ["firm"])
    guard let month = place.byMonth(due.filter { place["promises_on_time_den"].count($0) > 0 }).last?.month else {
      return nil
    }
    (self.total, last, origin) = (total, (row, month), tables.origin)
  }

  var title: String {
    let departments = rows.prefix(departmentCount - hidden)
    let large = departments.filter { $0.share.whole >= Self.promiseCountMin }
    let compared = large.count > 1 ? Array(large) : Array(departments)
    var apart = ""
    if compared.count > 1, let best = compared.first, let worst = compared.last {
      apart =
        ": \(Numbers.short(best.name, 30)) \(Numbers.percent(best.share.rate)), \(Numbers.short(worst.name, 30)) "
        + Numbers.percent(worst.share.rate)
    }
    let kept = Numbers.percent(total.rate)
    guard total.whole > 1 else { return "The one promise that fell due was \(total.part == 1 ? "" : "not ")kept on time" }
    return "Of \(Numbers.count(total.whole, "promise")) that fell due, \(kept) were kept on time\(apart)"
  }
  var count: String {
    let places = departmentCount > 0 ? ", in \(Numbers.count(departmentCount, "department"))" : ""
    return "n = \(Numbers.count(total.whole, "promise")) of ours that fell due\(places)"
      + (hidden > 0 ? "; \(Numbers.whole(hidden)) smaller ones are not shown" : "")
  }
  var legend: String {
    "A dot is the share kept on time, its line the 95 % interval; at the right how many of how many. The tall mark is all of "
      + "them."
  }
  var commands: [String] {
    [
      origin.explain(measure: "promises_on_time", row: last.row + ["\(last.month)"]),
      origin.replay("promises"),
    ]
  }
  var height: Double { ShareRow.height(of: rows) }

  func draw(into page: inout Markup) {
    ShareRow.draw(rows, all: total, id: Self.subject.id, title: title, into: &page)
  }
}
