import KeptFormat
import KeptMeasures
import KeptReplay
import KeptSnapshot

/// A cell that many lives make, taken apart: what each customer or account adds to it, then the touches that do.
struct CrossLifeExplanation {
  private let asked: AskedCell
  private let measured: MeasuredTables
  private let limit: Int
  private let arguments: Arguments
  private let context: Context

  /// What a life by itself has to do with the cell.
  private struct Part {
    let entity: UInt32
    let touchCount: Int
    /// What the cell would say of this life alone; nil: there would be no such row.
    let alone: ExplainedCell.Reading?
    /// An account's name.
    let label: String?
  }

  init(_ asked: AskedCell, _ measured: MeasuredTables, limit: Int, _ arguments: Arguments, _ context: Context) throws {
    if asked.table == .dictionary { throw arguments.error("the dictionary is declared in the program: no touch makes it") }
    if asked.table.isOfCustomers {
      throw arguments.error("each row of \(asked.table.rawValue) is of one customer's life: whose? --customer ID")
    }
    self.asked = asked
    self.measured = measured
    self.limit = limit
    self.arguments = arguments
    self.context = context
  }

  func page() throws -> ExplainPage {
    let table = try measured.make(context.progress).first!
    let row = try theRow(of: table)
    let cell = ExplainedCell(asked.table, table, row: row, column: asked.column)
    if asked.table == .sources { try refuseSources(cell) }
    // Where two units share a table, the row says whose lives it counts.
    let unit: ReplayPlan.Entity = asked.table == .accounts || cell.ids.first == "account" ? .account : .customer
    let account = asked.table == .accounts ? cell.ids[0] : nil
    let everybody = try measured.parts(unit, account: account, context.progress) { explainer, entity, label -> Part? in
      let alone = explainer.tables().first.flatMap(cell.read)
      return Part(entity: entity, touchCount: explainer.life.rows.count, alone: alone, label: label)
    }
    let addsUp = addsUp(everybody, to: cell.reading)
    var parts = everybody
    parts.removeAll { part in
      guard let alone = part.alone else { return true }
      return addsUp ? (alone.amount ?? 0) == 0 && (alone.den ?? 0) == 0 : alone.text == "NULL"
    }
    // What only many together say, as a model, is asked of those with the most touches.
    if parts.isEmpty, !addsUp { parts = everybody }
    parts.sort { left, right in
      let (a, b) = (abs(left.alone?.amount ?? 0), abs(right.alone?.amount ?? 0))
      if a != b { return a > b }
      let (c, d) = (left.alone?.den ?? 0, right.alone?.den ?? 0)
      if c != d { return c > d }
      return left.touchCount != right.touchCount ? left.touchCount > right.touchCount : left.entity < right.entity
    }
    var page = ExplainPage(rules: measured.rulebook)
    page.begin(cell)
    let whose = counted(parts.count, unit)
    page.note(
      addsUp
        ? "\(whose) \(parts.count == 1 ? "makes" : "make") it, and what each adds comes to just that"
        : "\(whose) \(parts.count == 1 ? "has" : "have") to do with it; what each says alone does not add up to it")
    let labels = try measured.ledger.labels()
    for part in parts.prefix(limit) {
      var without: ExplainedCell.Reading?
      if !addsUp, unit == .customer {
        without = try measured.make(context.progress, leavingOut: part.entity).first.flatMap(cell.read)
      }
      let name = part.label ?? (part.entity == 0 ? nil : labels[part.entity])
      page.addLife(
        name, touchCount: part.touchCount, alone: part.alone, without: without.map(\.text), addsUp: addsUp)
      if part.alone != nil { try addTouches(of: part, unit, account: part.label, cell, to: &page) }
    }
    return page
  }

  /// The touches of a life without which the cell would say something else of this life alone.
  private func addTouches(
    of part: Part, _ unit: ReplayPlan.Entity, account: String?, _ cell: ExplainedCell, to page: inout ExplainPage
  ) throws {
    let found = try measured.asking(unit == .customer ? part.entity : nil)
      .parts(unit, account: account, context.progress) { explainer, entity, _ -> ExplainPage? in
        guard entity == part.entity, let table = explainer.tables().first, let alone = cell.read(in: table) else { return nil }
        var touches = ExplainPage(rules: measured.rulebook)
        for cause in explainer.causes(of: { cell.read(in: $0[0]) }).prefix(limit) { touches.add(cause, of: alone) }
        return touches
      }
    for touches in found { page.append(touches) }
  }

  private func counted(_ count: Int, _ unit: ReplayPlan.Entity) -> String {
    let noun = unit == .customer ? "customer" : "account"
    return "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")"
  }

  /// Whole numbers and decimals must come to the very number; doubles to it but for rounding.
  private func addsUp(_ parts: [Part], to total: ExplainedCell.Reading) -> Bool {
    if let exact = total.exact {
      let sum = parts.reduce(into: Int64(0)) { $0 &+= $1.alone?.exact ?? 0 }
      return sum == exact && parts.reduce(0) { $0 &+ ($1.alone?.den ?? 0) } == total.den ?? 0
    }
    guard let amount = total.amount else { return false }
    let sum = parts.reduce(0) { $0 + ($1.alone?.amount ?? 0) }
    return abs(sum - amount) <= 1e-9 * max(abs(amount), 1)
  }

  /// The one row that was meant.
  private func theRow(of table: Table) throws -> Int {
    let rows = asked.rows(of: table)
    if rows.count == 1 { return rows[0] }
    let name = asked.table.rawValue
    guard !rows.isEmpty else {
      throw arguments.error(
        "\(name) has no row\(asked.rowSentence); a row is told by \(asked.table.keys.joined(separator: ", ")): "
          + "`kept replay \(arguments.positionals[0]) --table \(name)` shows them")
    }
    let few = rows.prefix(3).map { row in
      ExplainedCell.ids(asked.table, table, row).map { "--row \($0)" }.joined(separator: " ")
    }
    throw arguments.error(
      "\(name) has \(grouped(rows.count)) rows\(asked.rowSentence); which? Such as \(few.joined(separator: "; "))")
  }

  /// Sources are counted as the log stands, not life by life.
  private func refuseSources(_ cell: ExplainedCell) throws {
    throw arguments.error(
      "sources counts the log's events one by one; those of \(cell.ids[0]) are listed by `kept events "
        + "\(arguments.positionals[0]) --source '\(cell.ids[0])' --since \(cell.ids[1])`")
  }
}
