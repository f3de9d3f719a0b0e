import KeptFormat
import KeptSnapshot
import Testing

@testable import KeptReport

@Suite struct LayoutTests {
  private struct Card: Figure {
    static let subject = FigureSubject(id: "card", name: "", needs: [:], defines: [])
    let height: Double

    init(_ height: Double) { self.height = height }
    init?(_ tables: ReportTables) { nil }

    var title: String { "" }
    var count: String { "" }
    var legend: String { "" }
    var commands: [String] { [] }
    func draw(into page: inout Markup) {}
  }

  private static func card(_ height: Double?) -> (FigureSubject, (any Figure)?) {
    (Card.subject, height.map { Card($0) })
  }

  private static let wide: (FigureSubject, (any Figure)?) = (
    FigureSubject(id: "wide", name: "", needs: [:], defines: [], shape: .wide), Card(0)
  )

  @Test func `wide figures stand alone, cards go where the column is shorter, and what cannot be shown goes last`() {
    let figures = [Self.wide, Self.card(100), Self.card(600), Self.card(100), nil, Self.card(100), Self.wide]
      .map { $0 ?? Self.card(nil) }
    #expect(Layout.parts(figures) == [.wide(0), .columns([[1, 3, 5], [2]]), .wide(6), .absent([4])])
    #expect(Layout.parts([]) == [])
    #expect(Layout.parts([Self.card(nil)]) == [.absent([0])])
  }
}

@Suite struct TextWidthTests {
  @Test(arguments: ["web", "promise-overdue", "WWWWWWWWWWWW", "iiiiiiiiiiiiiiiiiiiiiiiiii", "顧客サービス部門の長い名前", ""])
  func `words that do not fit are cut, the others stay`(words: String) {
    let shown = TextWidth.fitted(words, into: 100)
    #expect(TextWidth.of(shown) <= 100)
    #expect(shown == words || shown.hasSuffix("…") && words.hasPrefix(shown.dropLast()))
    #expect(TextWidth.fitted(words, into: 1000) == words)
  }
}

@Suite struct MonthAxisTests {
  /// From any month on, as many as there may be.
  @Test(arguments: [9, 13, 25, 30, 36])
  func `names below the months stand apart and years are among them`(count: Int) {
    for start in 0..<12 {
      let months = (start..<start + count).map { CivilDate(year: 2020 + $0 / 12, month: $0 % 12 + 1, day: 1) }
      var page = Markup()
      page.monthAxis(months, y: 0) { 44 + (Double($0) + 0.5) * 424 / Double(count) }
      let places = page.text.matches(of: /x="([0-9.]+)"/).compactMap { Double($0.1) }.sorted()
      #expect(zip(places, places.dropFirst()).allSatisfy { $1 - $0 >= 38 }, "\(start): \(places)")
      #expect(page.text.contains(">2020<") || page.text.contains(">2021<"))
    }
  }
}

@Suite struct QuadrantMovesTests {
  private static func moves(_ rows: [(from: String, to: String, count: Int64, month: Int32, isOver: Bool)]) -> ReportTable {
    func strings(_ words: [String]) -> ColumnData {
      var builder = StringColumnBuilder()
      for word in words { builder.append(word) }
      return builder.finish()
    }
    return ReportTable(
      Table(
        schema: TableSchema(
          name: "moves", meaning: "",
          columns: [
            ColumnSpec("unit", .string), ColumnSpec("period", .date), ColumnSpec("from_quadrant", .string),
            ColumnSpec("to_quadrant", .string), ColumnSpec("customers", .int64), ColumnSpec("complete", .boolean),
          ]),
        columns: [
          strings(rows.map { _ in "customer" }), ColumnData(.int32(rows.map(\.month))), strings(rows.map(\.from)),
          strings(rows.map(\.to)), ColumnData(.int64(rows.map(\.count))), ColumnData(.boolean(rows.map(\.isOver))),
        ]))
  }

  @Test func `an arrow is how many moved in the months that are over; who stays does not move`() throws {
    let table = Self.moves([
      ("mutual", "unknown", 3, 19_905, true), ("mutual", "unknown", 4, 19_936, true),
      ("mutual", "mutual", 50, 19_936, true), ("unknown", "mutual", 2, 19_936, true),
      ("indifferent", "mutual", 90, 19_967, false),
    ])
    let moves = try #require(QuadrantMoves(table))
    #expect(moves.months.map(\.month) == [7, 8])
    #expect(moves.moved(.mutual, .unknown) == 7)
    #expect(moves.outOf(.mutual) == 7)
    #expect(moves.into(.mutual) == 2)
    #expect(moves.count == 9)
    var page = Markup()
    moves.draw([:], id: "moves", into: &page)
    #expect(page.text.components(separatedBy: "class=\"tip").count - 1 == 2)
    #expect(page.text.contains("from “into each other” to “not known” 7, from “not known” to “into each other” 2"))
    #expect(page.text.contains("<td class=\"moved\">7</td>"))
    #expect(!page.text.contains(">90<"))
  }

  @Test func `before a month is over nobody has moved yet`() {
    #expect(QuadrantMoves(Self.moves([("mutual", "unknown", 3, 19_905, false)])) == nil)
    #expect(QuadrantMoves(ReportTable()) == nil)
  }

  /// From every place to every other: no two arrows lie on each other, and none leaves the picture.
  @Test func `every move has an arrow of its own within the picture`() throws {
    let words = QuadrantMoves.Place.allCases.map(\.rawValue)
    let all = words.flatMap { from in words.filter { $0 != from }.map { (from, $0, Int64(5), Int32(19_905), true) } }
    let moves = try #require(QuadrantMoves(Self.moves(all)))
    var page = Markup()
    moves.draw([:], id: "moves", into: &page)
    let tips = page.text.matches(of: /<path d="M([0-9.]+) ([0-9.]+)L[^"]*" class="tip/).map { ($0.1, $0.2) }
    #expect(tips.count == 20)
    #expect(Set(tips.map { "\($0) \($1)" }).count == 20)
    for match in page.text.matches(of: /[ML](-?[0-9.]+) (-?[0-9.]+)/) {
      #expect((0...Chart.width).contains(Double(match.1)!) && (0...QuadrantMoves.height).contains(Double(match.2)!))
    }
  }
}
