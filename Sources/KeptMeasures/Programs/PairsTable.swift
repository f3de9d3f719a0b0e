import KeptFormat
import KeptReplay
import KeptSnapshot

/// What two departments told a customer that did not agree. Metrics S4.4.
final class ContradictionFacts: FactFold {
  private enum Column: Int, CaseIterable { case said_at, dept_a, dept_b }

  static let family = FactFamily(
    name: "contradictions", meaning: "a contradiction",
    columns: [
      FactColumn("said_at", .instant, isNullable: false, "when"), FactColumn("dept_a", .word, "one department"),
      FactColumn("dept_b", .word, "the other"),
    ],
    needs: { _ in [FactNeed(["statement.contradicted"], [.dataText("dept_a"), .dataText("dept_b")] + PlaceReader.fields)] },
    makeFold: { ContradictionFacts($0) }, hearsFirm: true)

  private let ones: FactField
  private let others: FactField
  private var found: [(row: [Int64], place: FactPlace)] = []

  private init(_ base: FactBase) {
    ones = base.reader(.dataText("dept_a"))
    others = base.reader(.dataText("dept_b"))
    super.init(base, columnCount: Column.allCases.count)
  }

  override func begin() { found.removeAll(keepingCapacity: true) }

  override func take(_ touch: Touch, _ direction: Direction) {
    guard let one = ones.text(touch), let other = others.text(touch) else { return }
    var place = FactPlace()
    note(touch, &place)
    found.append(([touch.time, rows.text(one), rows.text(other)], place))
  }

  override func end(customer: UInt32) {
    for item in found { append(item.row, item.place, customer: customer) }
  }

  /// Each with its departments in the order of their names.
  static func pairs(_ book: FactBook) -> [(at: Instant, a: String, b: String)] {
    book.all.flatMap { rows in
      stride(from: 0, to: rows.words.count, by: rows.width).map { base in
        func name(_ column: Column) -> String {
          rows.text(of: rows.words[base + column.rawValue]) { String(decoding: $0, as: UTF8.self) }
        }
        let (one, other) = (name(.dept_a), name(.dept_b))
        let isInOrder = !other.utf8.lexicographicallyPrecedes(one.utf8)
        return (rows.words[base], isInOrder ? one : other, isInOrder ? other : one)
      }
    }
  }
}

/// Which departments contradict each other, month by month, for a hundred of what both sent out. Metrics S4.4.
///
/// Example: Accounting and Delivery contradicted each other 3 times, and sent out 40 and 60: 3 per 100.
enum PairsTable {
  static let schema = TableSchema(
    name: "pairs", meaning: "two departments × month in which they contradicted each other",
    columns: [
      ColumnSpec("dept_a", .string, meaning: "the one that sorts first", seed: "S4.4"),
      ColumnSpec("dept_b", .string, meaning: "the other; the same: it contradicted itself", seed: "S4.4"),
      ColumnSpec("period", .date, meaning: "first local day of the month"),
      ColumnSpec(
        "contradictions", .int64, meaning: "how often they contradicted each other",
        formula: "statement.contradicted that names both", seed: "S4.4", direction: "WE", highIsGood: false),
      ColumnSpec("outbound", .int64, meaning: "touches that either sent out", seed: "S4.4", direction: "WE"),
      ColumnSpec(
        "per_100", .double, isNullable: true, unit: "of 100",
        meaning: "contradictions in a hundred of what they sent out; NULL: nothing went out",
        formula: "100 · contradictions / outbound", seed: "S4.4", direction: "WE", highIsGood: false),
    ])

  private struct Key: Hashable {
    var a: String
    var b: String
    var month: Int
  }

  static func make(_ replayed: Replayed) -> Table {
    var counts: [Key: Int64] = [:]
    if let book = replayed.books[ContradictionFacts.family.name] {
      for pair in ContradictionFacts.pairs(book) {
        counts[Key(a: pair.a, b: pair.b, month: replayed.dayTable.bucket(.month, of: pair.at)), default: 0] += 1
      }
    }
    // What departments sent out is the denominator of their contradictions.
    var outbound: [String: [Int: Int64]] = [:]
    for row in replayed.rows(of: "contradictions_per_100", .department) {
      outbound[row.entity!, default: [:]][row.month] = (row.result.den ?? 0) / 1_000_000
    }
    var names = (StringColumnBuilder(), StringColumnBuilder())
    var periods = ColumnBuilder<Int32>()
    var found = ColumnBuilder<Int64>()
    var sent = ColumnBuilder<Int64>()
    var rates = ColumnBuilder<Double>()
    let keys = counts.keys.sorted { left, right in
      if left.a != right.a { return left.a.utf8.lexicographicallyPrecedes(right.a.utf8) }
      return left.b == right.b ? left.month < right.month : left.b.utf8.lexicographicallyPrecedes(right.b.utf8)
    }
    for key in keys {
      let out = Set([key.a, key.b]).reduce(Int64(0)) { $0 + (outbound[$1]?[key.month] ?? 0) }
      names.0.append(key.a)
      names.1.append(key.b)
      periods.append(Int32(replayed.dayTable.firstDay(.month, key.month)))
      found.append(counts[key]!)
      sent.append(out)
      rates.append(out == 0 ? nil : 100 * Double(counts[key]!) / Double(out))
    }
    return Table(
      schema: schema,
      columns: [names.0.finish(), names.1.finish(), periods.finish(), found.finish(), sent.finish(), rates.finish()])
  }
}
