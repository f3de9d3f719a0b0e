import KeptFormat

@testable import KeptSnapshot

/// SplitMix64: the same numbers on every machine.
struct Randomness: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}

/// Tables with everything that a column can be.
enum SampleTables {
  /// Where the NULLs of a column are.
  enum Pattern: String, CaseIterable {
    case never, always, alternating, sparse, dense, firstHalf, blocks

    func isNull(_ row: Int, of rowCount: Int, _ random: inout Randomness) -> Bool {
      switch self {
      case .never: false
      case .always: true
      case .alternating: row % 2 == 0
      case .sparse: random.next() % 97 == 0
      case .dense: random.next() % 97 != 0
      case .firstHalf: row < rowCount / 2
      case .blocks: row / 64 % 2 == 1
      }
    }
  }

  static let words = [
    "", "a", "Zürich", "東京", "🧡", "line\nbreak", "quote \" and, comma", "tab\t", " space ", "\u{0}nul", "é",
    "e\u{301}",
    String(repeating: "long ", count: 60), String(repeating: "\u{10FFFF}", count: 40), "z", "~",
  ]
  static let int64s: [Int64] = [0, 1, -1, .min, .max, 1 << 53 + 1, -(1 << 31) - 1]
  static let int32s: [Int32] = [0, 1, -1, .min, .max]
  static let doubles: [Double] = [
    0, -0.0, 1, -1, 0.1, .pi, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .greatestFiniteMagnitude,
    -.greatestFiniteMagnitude, 1e16, 1e-7,
  ]
  /// 1900-01-01, the last day before 2200, and around 1970.
  static let days: [Int32] = [-25_567, 84_005, 0, -1, 1, 19_813]
  static let instants: [Int64] = [RFC3339.lowerLimit, RFC3339.upperLimit - 1, 0, -1, 1, 1_711_875_900_123_456]
  static let millionths: [Int64] = [
    0, 1, -1, 999_999_999_999_999_999, -999_999_999_999_999_999, 12_500_000, -1_000_001, 1_000_000,
  ]

  /// Every type, with each pattern of NULLs and without NULLs at all: extremes first, then few or many distinct values.
  static func everything(rowCount: Int, seed: UInt64 = 1, patterns: [Pattern] = Pattern.allCases) -> Table {
    var random = Randomness(seed: seed)
    var specs: [ColumnSpec] = []
    var columns: [ColumnData] = []
    for type in ColumnType.allCases {
      for isVaried in [false, true] {
        specs.append(spec("\(type)_\(isVaried ? "many" : "few")", type, isNullable: false))
        columns.append(column(type, rowCount, .never, isVaried, &random))
        for pattern in patterns where type == .string || type == .double || isVaried {
          specs.append(spec("\(type)_\(isVaried ? "many" : "few")_\(pattern)", type, isNullable: true))
          columns.append(column(type, rowCount, pattern, isVaried, &random))
        }
      }
    }
    let schema = TableSchema(name: "everything", meaning: "nothing in particular – «Überraschung»", columns: specs)
    return Table(schema: schema, columns: columns)
  }

  static func spec(_ name: String, _ type: ColumnType, isNullable: Bool) -> ColumnSpec {
    ColumnSpec(
      name, type, isNullable: isNullable, unit: type == .decimal ? "EUR" : "", meaning: "values of \(type)",
      formula: "x ÷ y", seed: "S4.13", direction: "WE", highIsGood: isNullable ? true : nil)
  }

  private static func column(
    _ type: ColumnType, _ rowCount: Int, _ pattern: Pattern, _ isVaried: Bool, _ random: inout Randomness
  ) -> ColumnData {
    func collect<Value>(_ values: [Value], _ vary: (UInt64) -> Value, _ random: inout Randomness) -> ColumnData
    where Value: FixedWidthValue {
      var builder = ColumnBuilder<Value>(rowCount: rowCount)
      for row in 0..<rowCount {
        let isNull = pattern.isNull(row, of: rowCount, &random)
        let bits = random.next()
        let value = row < values.count || !isVaried ? values[(row + row / 40) % values.count] : vary(bits)
        if isNull { builder.appendNull() } else { builder.append(value) }
      }
      return builder.finish()
    }
    switch type {
    case .int64: return collect(int64s, { Int64(bitPattern: $0) }, &random)
    case .int32: return collect(int32s, { Int32(truncatingIfNeeded: $0) }, &random)
    case .double: return collect(doubles, { Double(Int64(bitPattern: $0) >> 20) / 4_294_967_296 }, &random)
    case .boolean: return collect([false, true], { $0 % 3 == 0 }, &random)
    case .date: return collect(days, { Int32($0 % 100_000) - 20_000 }, &random)
    case .timestamp: return collect(instants, { Int64($0 % 9_000_000_000_000_000) - 2_000_000_000_000_000 }, &random)
    case .decimal:
      return collect(millionths, { Int64($0 % 1_999_999_999_999_999_999) - 999_999_999_999_999_999 }, &random)
    case .string:
      var builder = StringColumnBuilder(rowCount: rowCount)
      for row in 0..<rowCount {
        let isNull = pattern.isNull(row, of: rowCount, &random)
        let bits = random.next()
        if isNull {
          builder.appendNull()
        } else if row < words.count || !isVaried {
          builder.append(words[(row + row / 40) % words.count])
        } else {
          builder.append("C-\(bits % 1_000_000)-\(words[Int(bits >> 40) % 6])")
        }
      }
      return builder.finish()
    }
  }
}

/// The rows of a table, for comparing: cells as text that tells every two values apart, bit by bit.
func cells(_ table: Table) -> [[String?]] {
  table.columns.map { column in
    (0..<table.rowCount).map { row in
      if column.isNull(row) { return nil }
      return switch column.values {
      case .int64(let values): "\(values[row])"
      case .int32(let values): "\(values[row])"
      case .double(let values): "\(values[row].bitPattern)"
      case .boolean(let values): "\(values[row])"
      case .string(let strings): "\(strings.bytes(row)!.map { $0 })"
      }
    }
  }
}
