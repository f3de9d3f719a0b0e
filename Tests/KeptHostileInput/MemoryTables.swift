import KeptQuery
import KeptSnapshot

/// A table with a column of every type, NULLs and the greatest values among them, to ask questions of.
struct MemoryTables: QueryTables {
  let names = ["t", "u"]

  /// Asks, and where there is an answer writes it in every form.
  static func ask(_ question: String) {
    do {
      let answer = try Query(question).answer(from: MemoryTables())
      for format in TableText.Format.allCases { precondition(TableText.string(answer, as: format).utf8.count >= 0) }
      _ = try ParquetWriter.encode(answer)
    } catch let error as QueryError {
      // The words that are marked stand in the question.
      precondition(!error.page(of: question).isEmpty)
    } catch {}
  }

  func table(named name: String) throws -> LazyTable? { names.contains(name) ? LazyTable(Self.table(name)) : nil }

  private static func table(_ name: String) -> Table {
    var (integers, doubles, truths) = (ColumnBuilder<Int64>(), ColumnBuilder<Double>(), ColumnBuilder<Bool>())
    var (decimals, days, instants, texts) = (
      ColumnBuilder<Int64>(), ColumnBuilder<Int32>(), ColumnBuilder<Int64>(), StringColumnBuilder()
    )
    for value in [0, 1, -1, Int64.max, Int64.min, nil] as [Int64?] { integers.append(value) }
    for value in [0, -0.0, .infinity, .nan, 1.5, nil] { doubles.append(value) }
    for value in [true, false, nil, true, false, true] { truths.append(value) }
    for value in [0, 1, -2_500_000, 999_999_999_999_999_999, -999_999_999_999_999_999, nil] as [Int64?] {
      decimals.append(value)
    }
    for value in [0, -719_162, 2_932_896, 19_800, 19_801, nil] as [Int32?] { days.append(value) }
    for value in [0, -62_135_596_800_000_000, 253_402_300_799_999_999, 1_700_000_000_000_000, 1, nil] as [Int64?] {
      instants.append(value)
    }
    for value in ["", "a", "%_", "größe", "\u{0}\u{202E}", nil] { texts.append(value) }
    let columns: [(String, ColumnType, ColumnData)] = [
      ("i", .int64, integers.finish()), ("d", .double, doubles.finish()), ("b", .boolean, truths.finish()),
      ("m", .decimal, decimals.finish()), ("day", .date, days.finish()), ("at", .timestamp, instants.finish()),
      ("s", .string, texts.finish()),
    ]
    let specs = columns.map { ColumnSpec($0.0, $0.1, isNullable: true) }
    return Table(schema: TableSchema(name: name, meaning: "", columns: specs), columns: columns.map(\.2))
  }
}
