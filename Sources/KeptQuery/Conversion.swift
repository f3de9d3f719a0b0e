import KeptFormat
import KeptSnapshot

/// CAST: values as those of another type.
struct Conversion {
  let place: Place
  /// What cannot be converted becomes NULL instead of an error.
  let isTry: Bool

  /// Whether there is a way from one type to another.
  static func exists(from source: QueryType, to target: QueryType) -> Bool {
    switch (source, target) {
    case (_, .interval), (.interval, _): false
    case (.null, _), (_, .string), (.string, _): true
    case (.date, .timestamp), (.timestamp, .date): true
    case (.date, _), (.timestamp, _), (_, .date), (_, .timestamp): source == target
    default: true
    }
  }

  func vector(_ vector: Vector, to type: QueryType) throws(QueryError) -> Vector {
    if vector.type == type { return vector }
    if vector.type == .null { return .nulls(type, count: vector.count) }
    switch (vector.type, type) {
    case (.string, _): return try parsed(vector, type)
    case (_, .string): return Vector.strings(count: vector.count) { vector.isNull($0) ? nil : Self.text(vector, $0) }
    case (.date, .timestamp):
      return Vector(.timestamp, vector.integers.map { $0 &* Numbers.microsecondsPerDay }, isPresent: vector.isPresent)
    case (.timestamp, .date):
      return Vector(.date, vector.integers.map { Int64(CalendarUnit.day(of: $0)) }, isPresent: vector.isPresent)
    case (.decimal, .double):
      return Vector(vector.integers.map(Self.double), isPresent: vector.isPresent)
    case (.integer, .double): return Vector(vector.integers.map { Double($0) }, isPresent: vector.isPresent)
    case (.boolean, .double): return Vector(vector.booleans.map { $0 ? 1 : 0 }, isPresent: vector.isPresent)
    case (.boolean, .integer): return Vector(.integer, vector.booleans.map { $0 ? 1 : 0 }, isPresent: vector.isPresent)
    case (.boolean, .decimal):
      return Vector(.decimal, vector.booleans.map { $0 ? Numbers.millionthsPerUnit : 0 }, isPresent: vector.isPresent)
    case (.integer, .boolean), (.decimal, .boolean):
      return Vector(vector.integers.map { $0 != 0 }, isPresent: vector.isPresent)
    case (.double, .boolean): return Vector(vector.doubles.map { $0 != 0 }, isPresent: vector.isPresent)
    case (.integer, .decimal): return try integers(vector, vector.integers, type, Self.decimal)
    case (.decimal, .integer): return try integers(vector, vector.integers, type, Self.rounded)
    case (.double, .integer): return try integers(vector, vector.doubles, type) { Int64(exactly: $0.rounded(.toNearestOrEven)) }
    case (.double, .decimal): return try integers(vector, vector.doubles, type) { $0.isFinite ? Numbers.decimal($0) : nil }
    default: preconditionFailure("no conversion from \(vector.type) to \(type)")
    }
  }

  static func double(millionths: Int64) -> Double { Double(millionths) / Double(Numbers.millionthsPerUnit) }

  /// nil where 18 digits do not hold it.
  static func decimal(_ integer: Int64) -> Int64? {
    let (value, isOver) = integer.multipliedReportingOverflow(by: Numbers.millionthsPerUnit)
    return isOver || value.magnitude > UInt64(Numbers.millionthsMax) ? nil : value
  }

  /// Halves away from zero.
  private static func rounded(millionths: Int64) -> Int64? {
    let half = Numbers.millionthsPerUnit / 2
    return (millionths + (millionths < 0 ? -half : half)) / Numbers.millionthsPerUnit
  }

  private func integers<Value>(
    _ vector: Vector, _ values: [Value], _ type: QueryType, _ convert: (Value) -> Int64?
  ) throws(QueryError) -> Vector {
    var result = [Int64](repeating: 0, count: values.count)
    var isPresent = vector.isPresent
    for row in values.indices where !vector.isNull(row) {
      if let value = convert(values[row]) {
        result[row] = value
      } else if isTry {
        if isPresent == nil { isPresent = [Bool](repeating: true, count: values.count) }
        isPresent![row] = false
      } else {
        throw QueryError("\(Self.text(vector, row)) does not fit into \(type.rawValue)", at: place)
      }
    }
    return Vector(type, result, isPresent: isPresent)
  }

  private func parsed(_ vector: Vector, _ type: QueryType) throws(QueryError) -> Vector {
    var known: [UInt32: Literal] = [:]
    var literals: [Literal] = []
    literals.reserveCapacity(vector.count)
    for row in 0..<vector.count {
      guard !vector.isNull(row) else {
        literals.append(.null)
        continue
      }
      let code = vector.strings.codes[row]
      if known[code] == nil {
        let text = vector.text(row)
        guard let literal = Numbers.literal(text, as: type) ?? (isTry ? .null : nil) else {
          throw QueryError(
            "'\(TerminalText.visible(text))' is no \(type.rawValue)", at: place,
            next: "TRY_CAST makes NULL of what cannot be read.")
        }
        known[code] = literal
      }
      literals.append(known[code]!)
    }
    return .literals(literals, type)
  }

  /// A value that is there, as text.
  static func text(_ vector: Vector, _ row: Int) -> String {
    switch vector.values {
    case .strings: return vector.text(row)
    case .booleans(let values): return values[row] ? "true" : "false"
    case .doubles(let values): return values[row].description
    case .integers(let values):
      let value = values[row]
      switch vector.type {
      case .date: return CivilDate(dayNumber: Int(value)).description
      case .timestamp: return RFC3339.string(value)
      case .decimal:
        var sink = ByteSink()
        TableText.append(millionths: value, to: &sink)
        return sink.text()
      default: return String(value)
      }
    }
  }
}
