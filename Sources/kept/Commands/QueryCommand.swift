import KeptFormat
import KeptLog
import KeptMeasures
import KeptQuery
import KeptSnapshot

/// `kept query`: questions in SQL about a snapshot's tables.
enum QueryCommand {
  private static let formats = TableText.Format.allCases.map(\.rawValue) + ["parquet"]

  static let description = CommandDescription(
    name: "query",
    summary: "an answer to a question in SQL about a snapshot's tables",
    positionals: ["LEDGER|SNAPSHOT"],
    optionalPositional: "SELECT",
    options: [
      OptionDescription("file", "FILE", "the question stands in a file (- is standard input)"),
      OptionDescription("format", "table|csv|jsonl|parquet", "how rows are written (table)"),
      OptionDescription("output", "FILE", "where they are written (standard output)"),
    ],
    notes: """
      Of a ledger it is the snapshot published last, and names is one more table: the external ids of customers. Tables are
      named as they are, or as files: FROM customers, FROM 'customers.parquet'. `SELECT * FROM dictionary` says what every
      column means. Answers are those that DuckDB gives, started in the snapshot's folder; it can also answer what is too
      much for this small language, which says so. Instants, and the days they fall on, are those of UTC.
      """,
    examples: [
      "kept rebuild shop",
      "kept query shop \"SELECT status, count(*) AS customers FROM customers GROUP BY status ORDER BY 2 DESC\"",
      "kept query shop/snapshots/latest \"SELECT * FROM promises WHERE state = 'broken' LIMIT 5\" --format csv",
      "kept query shop \"SELECT column_name, unit, meaning FROM dictionary WHERE table_name = 'promises'\"",
      "kept query shop \"SELECT * FROM word_of_mouth\" --format parquet --output answer.parquet",
      "echo \"SELECT period, ratio FROM word_of_mouth ORDER BY 1\" | kept query shop --file - --format jsonl",
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let format = try arguments.choice("format", of: formats, default: "table")!
    let text = try question(arguments)
    let tables = try SnapshotTables(arguments.positionals[0])
    let answer: Table
    do { answer = try Query(text).answer(from: tables) } catch let error as QueryError {
      throw UnanswerableQuestion(error: error, text: text, folder: tables.snapshot.folder)
    }
    var bytes: [UInt8] = []
    if let textFormat = TableText.Format(rawValue: format) {
      guard arguments.has("output") else {
        context.console.print(answer, as: textFormat)
        return .sound
      }
      try TableText.write(answer, as: textFormat) { bytes.append(contentsOf: $0) }
    } else {
      bytes = try ParquetWriter.encode(answer)
    }
    guard let path = arguments.value("output") else {
      if format == "parquet", Console.isTerminal(1) {
        throw arguments.error("Parquet is not for a terminal: add --output FILE")
      }
      context.console.write(bytes)
      return .sound
    }
    try PosixDisk().replaceFile(path, with: bytes)
    context.console.say("\(path): \(counted(answer.rowCount, "row"))")
    return .sound
  }

  private static func question(_ arguments: Arguments) throws -> String {
    let typed = arguments.positionals.dropFirst().first
    guard (typed == nil) != (arguments.value("file") == nil) else {
      throw arguments.error(typed == nil ? "the question is missing" : "the question is given twice")
    }
    if let typed { return typed }
    let path = arguments.value("file")!
    let bytes = path == "-" ? try Console.input(upTo: Query.byteCountMax + 1) : try PosixDisk().contents(path)
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A question that has no answer, with its text.
struct UnanswerableQuestion: Error {
  let error: QueryError
  let text: String
  /// The snapshot's.
  let folder: String

  var what: String { error.page(of: text) }

  var next: String {
    guard error.isForDuckDB else { return error.next }
    return (error.next.isEmpty ? "" : error.next + " ") + "`cd \(folder) && duckdb` reads the same tables."
  }
}

/// A snapshot's tables, and names where it is asked of a ledger.
struct SnapshotTables: QueryTables {
  private static let namesTable = "names"

  let snapshot: OpenedSnapshot
  private let ledger: LedgerReader?

  init(_ path: String) throws {
    snapshot = try OpenedSnapshot(latestOf: path)
    ledger = try PosixDisk().exists("\(path)/\(Manifest.fileName)") ? nil : try LedgerReader(path)
  }

  var names: [String] { snapshot.files.keys.map(\.rawValue).sorted() + (ledger == nil ? [] : [Self.namesTable]) }

  func table(named name: String) throws -> LazyTable? {
    if name == Self.namesTable, let ledger { return LazyTable(try ledger.labels().joinable) }
    guard let table = TableName(rawValue: name), snapshot.files[table] != nil else { return nil }
    return try snapshot.table(table)
  }
}
