import Foundation
import KeptFormat
import KeptSnapshot
import Testing

@testable import KeptReport

@Suite struct ReportTests {
  static let manifest = Manifest(
    position: 12, root: SHA256.hash([]), asOf: 1_723_273_200_000_000, rulebook: SHA256.hash([1]), zone: SHA256.hash([2]),
    versions: [:], command: [])

  @Test func `a snapshot without tables gives a page that says of every figure that there is nothing yet`() throws {
    let page = String(decoding: Report(Self.manifest, tables: [], ledger: "shop").html(), as: UTF8.self)
    #expect(page.components(separatedBy: "No such events yet").count - 1 == Report.figures.count)
    #expect(!page.contains("<svg class=\"chart\""))
  }

  @Test func `every figure has its own place on the page and defines what it shows`() {
    let subjects = Report.figures.map { $0.subject }
    #expect(Set(subjects.map(\.id)).count == subjects.count)
    for subject in subjects {
      #expect(!subject.defines.isEmpty, "\(subject.id)")
      #expect(!subject.needs.isEmpty, "\(subject.id)")
    }
  }

  @Test func `departments with bad names are drawn as text, and those that are too many are counted, not drawn`() throws {
    var names = (0..<40).map { "department \($0)" }
    names[7] = "<script>alert(1)</script>"
    let page = String(decoding: Report(Self.manifest, tables: [Self.departments(names)], ledger: "shop").html(), as: UTF8.self)
    #expect(!page.contains("<script"))
    #expect(page.contains("28 smaller ones are not shown"))
    #expect(page.contains("&lt;script&gt;"))
    #expect(page.utf8.count < 100_000)
  }

  /// One row each, in which the department numbered i kept i of 100 promises; those numbered lower had more.
  private static func departments(_ names: [String]) -> Table {
    let count = names.count
    return Table(
      schema: TableSchema(
        name: "departments", meaning: "",
        columns: [
          ColumnSpec("department", .string), ColumnSpec("period", .date), ColumnSpec("promises_on_time_num", .decimal),
          ColumnSpec("promises_on_time_den", .decimal),
        ]),
      columns: [
        ColumnData(.string(StringColumn(dictionary: StringDictionary(names), codes: (0..<UInt32(count)).map { $0 }))),
        ColumnData(.int32(Array(repeating: 19_905, count: count))),
        ColumnData(.int64((0..<count).map { Int64($0) * 1_000_000 })),
        ColumnData(.int64((0..<count).map { Int64(140 - $0) * 1_000_000 })),
      ])
  }

  @Test func `numbers that no count can be do not stop the page`() throws {
    let table = Table(
      schema: TableSchema(
        name: "word_of_mouth", meaning: "",
        columns: [
          ColumnSpec("period", .date), ColumnSpec("satisfied", .int64), ColumnSpec("dissatisfied", .int64),
          ColumnSpec("balance", .double), ColumnSpec("told_bad_hi", .double),
        ]),
      columns: [
        ColumnData(.int32([.max, .min, 0])), ColumnData(.int64([.max, .min, 5])), ColumnData(.int64([1, .max, 0])),
        ColumnData(.double([.nan, -.infinity, 1e300])), ColumnData(.double([1e300, -1e300, .nan])),
      ])
    let page = Report(Self.manifest, tables: [table], ledger: "shop").html()
    #expect(String(decoding: page, as: UTF8.self).contains("satisfied"))
  }

  @Test func `a figure of which every cell is NULL is not drawn, and nothing of it is said to be zero`() throws {
    let tables = Report.needs.map { name, columns in
      let null = ColumnData(.string(StringColumn(dictionary: StringDictionary([]), codes: [StringColumn.nullCode])))
      return Table(
        schema: TableSchema(
          name: name, meaning: "", columns: columns.sorted().map { ColumnSpec($0, .string, isNullable: true) }),
        columns: columns.map { _ in null })
    }
    let page = String(decoding: Report(Self.manifest, tables: tables, ledger: "shop").html(), as: UTF8.self)
    #expect(page.components(separatedBy: "No such events yet").count - 1 == Report.figures.count)
    #expect(!page.contains("<figure"))
  }

  @Test(arguments: [
    // Half an hour of August in Berlin is still July in UTC.
    ("2024-07-31T22:30:00Z", 7200, 1, false), ("2024-07-31T22:30:00Z", nil, 31, true),
    ("2024-08-01T02:30:00Z", -10_800, 31, true), ("2024-08-01T03:00:00Z", -10_800, 1, false),
    ("2024-07-31T12:00:00Z", 43_200, 1, false),
  ] as [(String, Int?, Int, Bool)])
  func `a month is over when it is over in the ledger's zone`(
    asOf: String, offset: Int?, day: Int, isOpen: Bool
  ) throws {
    var manifest = Self.manifest
    manifest.asOf = try RFC3339.parse(asOf)
    manifest.utcOffsetSeconds = offset
    let origin = Origin(manifest: manifest, ledger: "shop")
    #expect(origin.today.day == day)
    #expect(origin.isOpen(month: CivilDate(year: 2024, month: 7, day: 1)) == isOpen)
    #expect(origin.isOpen(month: CivilDate(year: 2024, month: 8, day: 1)))
    #expect(!origin.isOpen(month: CivilDate(year: 2023, month: 12, day: 1)))
  }

  @Test func `the page says when it is of in the ledger's own time`() {
    var manifest = Self.manifest
    #expect(Origin(manifest: manifest, ledger: "shop").asOf == "10\u{a0}Aug\u{a0}2024, 07:00 (UTC)")
    manifest.utcOffsetSeconds = 7200
    #expect(Origin(manifest: manifest, ledger: "shop").asOf == "10\u{a0}Aug\u{a0}2024, 09:00 (UTC+02:00)")
    manifest.utcOffsetSeconds = -34_200
    #expect(Origin(manifest: manifest, ledger: "shop").asOf == "9\u{a0}Aug\u{a0}2024, 21:30 (UTC−09:30)")
  }

  @Test func `commands quote what a shell would read otherwise`() {
    var manifest = Self.manifest
    manifest.rulebookOrigin = .file("my rules.json")
    let origin = Origin(manifest: manifest, ledger: "it's")
    #expect(
      origin.replay("churn")
        == #"kept replay 'it'\''s' --table churn --as-of 2024-08-10T07:00:00.000000Z --known-at 12 --rulebook 'my rules.json'"#)
  }
}
