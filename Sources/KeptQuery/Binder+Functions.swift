import KeptFormat

extension Binder {
  /// Functions of one row, by every name they have.
  static let functionNames = [
    "abs", "ceil", "ceiling", "coalesce", "concat", "contains", "date_diff", "date_part", "date_trunc", "datediff",
    "datepart", "datetrunc", "day", "dayofmonth", "dayofweek", "dayofyear", "ends_with", "epoch", "exp", "floor", "greatest",
    "hour", "if", "ifnull", "instr", "isodow", "lcase", "least", "left", "length", "ln", "log", "log10", "log2", "lower",
    "ltrim", "make_date", "minute", "mod", "month", "nullif", "pow", "power", "quarter", "replace", "right", "round", "rtrim",
    "second", "sign", "sqrt", "starts_with", "strftime", "strpos", "substr", "substring", "trim", "trunc", "ucase", "upper",
    "week", "weekofyear", "year",
  ]

  func scalar(_ name: String, _ arguments: [Expression], _ place: Place, _ namePlace: Place) throws -> Expression {
    func require(_ counts: ClosedRange<Int>) throws {
      guard counts.contains(arguments.count) else {
        let wanted =
          counts.lowerBound == counts.upperBound ? "\(counts.lowerBound)" : "\(counts.lowerBound) to \(counts.upperBound)"
        throw QueryError("\(name) takes \(wanted) values, not \(arguments.count)", at: place)
      }
    }
    func call(_ function: Function, _ type: QueryType, _ values: [Expression]) -> Expression {
      Expression(.call(function, values), type, place)
    }
    func text(_ function: Function, _ types: [QueryType], to type: QueryType) throws -> Expression {
      try require(types.count...types.count)
      return call(function, type, try zip(arguments, types).map { try converted($0, to: $1) })
    }
    func real(_ function: Function, count: Int = 1) throws -> Expression {
      try require(count...count)
      return call(function, .double, try arguments.map { try converted(try number($0), to: .double) })
    }
    func likeItself(_ function: Function, _ type: QueryType? = nil) throws -> Expression {
      try require(1...1)
      let value = try number(arguments[0])
      return call(function, type ?? value.type, [value])
    }
    func part(_ part: CalendarPart) throws -> Expression {
      try require(1...1)
      return call(.part(part), .integer, [try time(arguments[0])])
    }

    switch name {
    case "abs": return try likeItself(.abs)
    case "sign": return try likeItself(.sign, .integer)
    case "floor": return try likeItself(.floor)
    case "ceil", "ceiling": return try likeItself(.ceiling)
    case "trunc": return try likeItself(.truncate)
    case "round":
      try require(1...2)
      let value = try number(arguments[0])
      return call(.round, value.type, [value] + (try arguments.dropFirst().map { try converted($0, to: .integer) }))
    case "sqrt": return try real(.squareRoot)
    case "exp": return try real(.exponential)
    case "ln": return try real(.naturalLogarithm)
    case "log", "log10": return try real(.logarithm10)
    case "log2": return try real(.logarithm2)
    case "pow", "power": return try real(.power, count: 2)
    case "mod":
      try require(2...2)
      return try binary("%", arguments[0], arguments[1], place)
    case "coalesce", "ifnull", "greatest", "least":
      try require(name == "ifnull" ? 2...2 : 1...100)
      let (values, type) = try unified(arguments, place)
      return type == .null
        ? values[0] : call(name == "greatest" ? .greatest : name == "least" ? .least : .coalesce, type, values)
    case "nullif":
      try require(2...2)
      let isSame = try binary("=", arguments[0], arguments[1], place)
      return try choice([(isSame, Expression(.null, place))], arguments[0], place)
    case "if":
      try require(3...3)
      return try choice([(arguments[0], arguments[1])], arguments[2], place)
    case "concat":
      try require(1...100)
      return call(.concatenateAll, .string, try arguments.map(asText))
    case "lower", "lcase": return try text(.lower, [.string], to: .string)
    case "upper", "ucase": return try text(.upper, [.string], to: .string)
    case "length": return try text(.length, [.string], to: .integer)
    case "trim": return try text(.trim, [.string], to: .string)
    case "ltrim": return try text(.trimLeft, [.string], to: .string)
    case "rtrim": return try text(.trimRight, [.string], to: .string)
    case "left": return try text(.left, [.string, .integer], to: .string)
    case "right": return try text(.right, [.string, .integer], to: .string)
    case "substr", "substring":
      try require(2...3)
      return try text(.substring, [.string, .integer, .integer].prefix(arguments.count).map { $0 }, to: .string)
    case "replace": return try text(.replace, [.string, .string, .string], to: .string)
    case "contains": return try text(.contains, [.string, .string], to: .boolean)
    case "starts_with": return try text(.startsWith, [.string, .string], to: .boolean)
    case "ends_with": return try text(.endsWith, [.string, .string], to: .boolean)
    case "strpos", "instr": return try text(.position, [.string, .string], to: .integer)
    case "date_trunc", "datetrunc":
      try require(2...2)
      return call(.truncated(try unit(arguments[0])), .timestamp, [try time(arguments[1])])
    case "date_part", "datepart":
      try require(2...2)
      return try datePart(arguments[0], arguments[1], place)
    case "date_diff", "datediff":
      try require(3...3)
      return call(.unitsBetween(try unit(arguments[0])), .integer, try arguments.dropFirst().map(time))
    case "epoch":
      try require(1...1)
      return call(.secondsSince1970, .double, [try time(arguments[0])])
    case "strftime":
      try require(2...2)
      return call(.formatted(try format(arguments[1])), .string, [try time(arguments[0])])
    case "make_date": return try text(.makeDate, [.integer, .integer, .integer], to: .date)
    default:
      if Self.functionNames.contains(name), let named = CalendarPart(named: name) { return try part(named) }
      throw unknownFunction(name, namePlace)
    }
  }

  private func unknownFunction(_ name: String, _ place: Place) -> QueryError {
    let known = Self.functionNames + AggregateNames.all + Array(WindowNames.all)
    if let near = nearest(to: name, among: known.sorted()) {
      return QueryError("there is no function \(name)", at: place, next: "did you mean \(near)?")
    }
    return QueryError("there is no function \(name) here", at: place, isForDuckDB: true)
  }

  // MARK: days and instants

  /// A day or an instant; a text in quotes as an instant.
  private func time(_ expression: Expression) throws -> Expression {
    if expression.type == .date || expression.type == .timestamp { return expression }
    return try converted(expression, to: .timestamp)
  }

  private func word(_ expression: Expression, _ what: String) throws -> String {
    guard case .literal(.string(let text)) = expression.node else {
      throw QueryError("\(what) stands in quotes, not in a column", at: expression.place)
    }
    return text
  }

  private func unit(_ expression: Expression) throws -> CalendarUnit {
    let name = try word(expression, "the unit")
    guard let unit = CalendarUnit(named: name) else {
      throw QueryError(
        "'\(name)' is no unit", at: expression.place,
        next: CalendarUnit.allCases.map(\.rawValue).joined(separator: ", ") + " are.")
    }
    return unit
  }

  private func datePart(_ name: Expression, _ value: Expression, _ place: Place) throws -> Expression {
    let text = try word(name, "the part")
    if text.lowercased() == "epoch" {
      return Expression(.call(.secondsSince1970, [try time(value)]), .double, place)
    }
    guard let part = CalendarPart(named: text) else {
      throw QueryError(
        "'\(text)' is no part of a day", at: name.place,
        next: CalendarPart.allCases.map(\.rawValue).joined(separator: ", ") + " and epoch are.")
    }
    return Expression(.call(.part(part), [try time(value)]), .integer, place)
  }

  private func format(_ expression: Expression) throws -> String {
    let text = try word(expression, "the format")
    if let letter = CalendarText.unknownLetter(in: text) {
      throw QueryError.beyond("the format %\(letter)", at: expression.place)
    }
    return text
  }
}
