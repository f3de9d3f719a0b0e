import KeptFormat
import KeptLog

/// What became of a damaged ledger's events: where each run of positions went, and what is lost.
struct SalvageList {
  let report: Salvage.Report

  init(_ report: Salvage.Report) { self.report = report }

  /// One row a run or a loss, in order of position as far as there is one.
  var rows: Rows {
    var rows = Rows([
      ("what", .string), ("first", .int64), ("last", .int64), ("new_first", .int64), ("count", .int64),
      ("recorded_from", .timestamp), ("recorded_to", .timestamp), ("customers", .string), ("place", .string),
    ])
    for range in report.ranges {
      let last = range.old.map { Int64(clamping: $0 + range.count - 1) }
      rows.append([
        .text("kept"), .number(range.old.map { Int64(clamping: $0) }), .number(last), .number(Int64(clamping: range.new)),
        .number(Int64(clamping: range.count)), .instant(nil), .instant(nil), .text(nil), .text(nil),
      ])
    }
    for loss in report.losses {
      let count = loss.count > 0 ? Int64(loss.count) : nil
      rows.append([
        .text("lost " + (loss.field.map { "values of \($0)" } ?? loss.kind.rawValue)), .number(first(loss)),
        .number(last(loss)), .number(nil), .number(count), .instant(loss.recorded.from), .instant(loss.recorded.to),
        .text(customers(loss)), .text("\(loss.file): byte \(loss.offset)"),
      ])
    }
    return rows
  }

  private func first(_ loss: SalvageLoss) -> Int64? { loss.positions.map { Int64(clamping: $0.lowerBound) } }
  private func last(_ loss: SalvageLoss) -> Int64? { loss.positions.map { Int64(clamping: $0.upperBound - 1) } }

  private func label(_ customer: UInt32) -> String { report.names[customer] ?? "c\(customer)" }

  private func customers(_ loss: SalvageLoss) -> String? {
    guard !loss.customers.isEmpty else { return loss.areCustomersAll ? "none" : nil }
    let shown = loss.customers.prefix(5).map(label).joined(separator: ", ")
    let more = loss.customers.count > 5 ? " and \(grouped(loss.customers.count - 5)) more" : ""
    return shown + more + (loss.areCustomersAll ? "" : ", perhaps others")
  }

  /// The same as JSON lines, with every customer.
  var text: String {
    var lines = report.ranges.map { range in
      Self.line(
        [("what", .string("kept"))] + (range.old.map { Self.span($0, range.count) } ?? [])
          + [("new_first", .number(ExactDecimal(Int64(clamping: range.new))))])
    }
    for loss in report.losses {
      var members: [(String, JSONValue)] = [("what", .string("lost")), ("kind", .string(loss.kind.rawValue))]
      if let field = loss.field { members.append(("field", .string(field))) }
      if let positions = loss.positions { members += Self.span(positions.lowerBound, UInt64(positions.count)) }
      if loss.count > 0 { members.append(("count", .number(ExactDecimal(Int64(loss.count))))) }
      if let from = loss.recorded.from { members.append(("recorded_from", .string(RFC3339.string(from)))) }
      if let to = loss.recorded.to { members.append(("recorded_to", .string(RFC3339.string(to)))) }
      if let time = loss.time {
        members.append(("time_from", .string(RFC3339.string(time.from))))
        members.append(("time_to", .string(RFC3339.string(time.to))))
      }
      members.append(("customers", .array(loss.customers.map { .string(label($0)) })))
      members.append(("all_customers", .boolean(loss.areCustomersAll)))
      members.append(("file", .string(loss.file)))
      members.append(("offset", .number(ExactDecimal(Int64(loss.offset)))))
      lines.append(Self.line(members))
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private static func span(_ first: UInt64, _ count: UInt64) -> [(String, JSONValue)] {
    [
      ("first", .number(ExactDecimal(Int64(clamping: first)))),
      ("last", .number(ExactDecimal(Int64(clamping: first + count - 1)))),
    ]
  }

  private static func line(_ members: [(String, JSONValue)]) -> String {
    String(decoding: JSONValue.object(members.map { JSONMember($0.0, $0.1) }).canonical(), as: UTF8.self)
  }
}
