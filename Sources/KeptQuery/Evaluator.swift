import KeptSnapshot

/// Computes expressions for all rows of a relation at once.
struct Evaluator {
  let relation: Relation

  private var count: Int { relation.rowCount }

  func value(_ expression: Expression) throws -> Vector {
    switch expression.node {
    case .slot(let slot): return try relation.vector(slot)
    case .literal(let literal): return Vector(repeating: literal, count: count)
    case .call(let function, let arguments):
      return try FunctionCall(
        function: function, type: expression.type, place: expression.place, arguments: try arguments.map(value), count: count
      ).result()
    case .choice(let branches, let otherwise): return try choice(branches, otherwise, expression.type)
    case .cast(let inner, let isTry):
      return try Conversion(place: expression.place, isTry: isTry).vector(try value(inner), to: expression.type)
    case .member(let inner, let literals): return try member(try value(inner), literals)
    }
  }

  /// CASE: each branch is computed for the rows that take it, and no others.
  private func choice(
    _ branches: [Expression.Branch], _ otherwise: Expression, _ type: QueryType
  ) throws -> Vector {
    var remaining = Array(0..<count)
    var parts: [(rows: [Int], values: Vector)] = []
    for branch in branches where !remaining.isEmpty {
      let rows = remaining.count == count ? relation : relation.picking(remaining)
      let condition = try Evaluator(relation: rows).value(branch.when)
      let taken = condition.trueRows
      guard !taken.isEmpty else { continue }
      let chosen = taken.map { remaining[$0] }
      parts.append((chosen, try Evaluator(relation: relation.picking(chosen)).value(branch.then)))
      var isTaken = [Bool](repeating: false, count: remaining.count)
      for row in taken { isTaken[row] = true }
      remaining = remaining.indices.filter { !isTaken[$0] }.map { remaining[$0] }
    }
    if !remaining.isEmpty {
      parts.append((remaining, try Evaluator(relation: relation.picking(remaining)).value(otherwise)))
    }
    return Vector.merged(parts, type, count: count)
  }

  /// x IN (…): NULL where x is, and where it is none of them but one of them is NULL.
  private func member(_ vector: Vector, _ literals: [Literal]) throws -> Vector {
    let hasNull = literals.contains(.null)
    let listed = Vector.literals(literals.filter { $0 != .null }, vector.type)
    let keys = OrderKeys.keys(of: [vector, listed], isOrdered: false)
    let members = Set(keys[1])
    let found = keys[0].map { members.contains($0) }
    var isPresent = vector.isPresent
    // IN an empty list is false even of NULL.
    if literals.isEmpty { return Vector(found.map { _ in false }) }
    if hasNull { isPresent = found.indices.map { found[$0] && !vector.isNull($0) } }
    return Vector(found, isPresent: isPresent)
  }
}

extension Vector {
  /// A value in each row, all of one type or NULL.
  static func literals(_ literals: [Literal], _ type: QueryType) -> Vector {
    let isPresent = literals.contains(.null) ? literals.map { $0 != .null } : nil
    switch type {
    case .string:
      return strings(count: literals.count) { row in
        if case .string(let text) = literals[row] { text } else { nil }
      }
    case .double:
      return Vector(literals.map { if case .double(let value) = $0 { value } else { 0 } }, isPresent: isPresent)
    case .boolean:
      return Vector(literals.map { if case .boolean(let value) = $0 { value } else { false } }, isPresent: isPresent)
    case .integer, .decimal, .date, .timestamp, .interval, .null:
      let integers = literals.map { literal -> Int64 in
        switch literal {
        case .integer(let value), .decimal(let value), .timestamp(let value): value
        case .date(let day): Int64(day)
        default: 0
        }
      }
      return Vector(type, integers, isPresent: isPresent)
    }
  }

  /// Puts parts together that stand at other rows each; every row is in one of them.
  static func merged(_ parts: [(rows: [Int], values: Vector)], _ type: QueryType, count: Int) -> Vector {
    var isPresent: [Bool]?
    if parts.contains(where: { $0.values.isPresent != nil }) {
      var presence = [Bool](repeating: true, count: count)
      for part in parts {
        guard let known = part.values.isPresent else { continue }
        for (index, row) in part.rows.enumerated() { presence[row] = known[index] }
      }
      isPresent = presence
    }
    func scattered<Value>(_ nothing: Value, _ values: (Vector) -> [Value]) -> [Value] {
      var result = [Value](repeating: nothing, count: count)
      for part in parts where part.values.type != .null {
        let values = values(part.values)
        for (index, row) in part.rows.enumerated() { result[row] = values[index] }
      }
      return result
    }
    switch type {
    case .double: return Vector(scattered(0, \.doubles), isPresent: isPresent)
    case .boolean: return Vector(scattered(false, \.booleans), isPresent: isPresent)
    case .integer, .decimal, .date, .timestamp, .interval, .null:
      return Vector(type, scattered(0, \.integers), isPresent: isPresent)
    case .string:
      var codes = CommonCodes()
      var result = [UInt32](repeating: StringColumn.nullCode, count: count)
      for part in parts where part.values.type != .null {
        for (row, code) in zip(part.rows, codes.codes(of: part.values.strings)) { result[row] = code }
      }
      return Vector(.string, .strings(StringColumn(dictionary: codes.strings, codes: result)), isPresent: isPresent)
    }
  }
}
