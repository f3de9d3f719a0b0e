extension Binder {
  // MARK: conversions

  /// The type that two values have in common; nil: none.
  private static func common(_ left: QueryType, _ right: QueryType) -> QueryType? {
    switch (left, right) {
    case (.null, _): right
    case (_, .null): left
    case _ where left == right: left
    case (.double, _) where right.isNumber, (_, .double) where left.isNumber: .double
    case (.decimal, .integer), (.integer, .decimal): .decimal
    case (.date, .timestamp), (.timestamp, .date): .timestamp
    default: nil
    }
  }

  /// Brings several expressions to one type. Texts in quotes become what they stand beside.
  func unified(_ expressions: [Expression], _ place: Place) throws -> ([Expression], QueryType) {
    func isQuoted(_ expression: Expression) -> Bool {
      if case .literal(.string) = expression.node { true } else { false }
    }
    var type = QueryType.null
    for expression in expressions where !isQuoted(expression) {
      guard let common = Self.common(type, expression.type), common != .interval else {
        throw QueryError(
          "\(type.rawValue) and \(expression.type.rawValue) do not go together", at: place, next: "CAST one of them.")
      }
      type = common
    }
    if type == .null, expressions.contains(where: isQuoted) { type = .string }
    return (try expressions.map { try converted($0, to: type) }, type)
  }

  /// As another type, where that needs no CAST.
  func converted(_ expression: Expression, to type: QueryType) throws -> Expression {
    if expression.type == type { return expression }
    switch (expression.type, type) {
    case (.null, _), (.integer, .decimal), (.integer, .double), (.decimal, .double), (.date, .timestamp): break
    case (.string, _):
      guard case .literal(.string(let text)) = expression.node else { fallthrough }
      guard let literal = Numbers.literal(text, as: type) else {
        throw QueryError("'\(text)' is no \(type.rawValue)", at: expression.place, next: Numbers.example(of: type))
      }
      return Expression(literal, expression.place)
    default:
      throw QueryError(
        "\(expression.type.rawValue) where \(type.rawValue) is needed", at: expression.place,
        next: "CAST(… AS \(type.rawValue)).")
    }
    return Expression(.cast(expression, isTry: false), type, expression.place)
  }

  func cast(_ expression: Expression, to type: QueryType, isTry: Bool, _ place: Place) throws -> Expression {
    if expression.type == type { return expression }
    guard Conversion.exists(from: expression.type, to: type) else {
      throw QueryError("\(expression.type.rawValue) cannot become \(type.rawValue)", at: place)
    }
    return Expression(.cast(expression, isTry: isTry), type, place)
  }

  /// A condition.
  func condition(_ expression: Expression) throws -> Expression {
    guard expression.type == .boolean || expression.type == .null else {
      throw QueryError("a condition is needed, this is \(expression.type.rawValue)", at: expression.place)
    }
    return try converted(expression, to: .boolean)
  }

  func number(_ expression: Expression) throws -> Expression {
    if expression.type == .null { return try converted(expression, to: .integer) }
    guard expression.type.isNumber else {
      throw QueryError("a number is needed, this is \(expression.type.rawValue)", at: expression.place)
    }
    return expression
  }

  // MARK: operators

  func unary(_ symbol: String, _ inner: Expression, _ place: Place) throws -> Expression {
    if symbol == "not" { return Expression(.call(.not, [try condition(inner)]), .boolean, place) }
    let operand = try number(inner)
    return Expression(.call(.negate, [operand]), operand.type, place)
  }

  func binary(_ symbol: String, _ left: Expression, _ right: Expression, _ place: Place) throws -> Expression {
    switch symbol {
    case "and", "or":
      return Expression(
        .call(symbol == "and" ? .and : .or, [try condition(left), try condition(right)]), .boolean, place)
    case "=", "<>", "<", "<=", ">", ">=", "is not distinct from":
      let (sides, _) = try unified([left, right], place)
      let functions: [String: Function] = [
        "=": .equal, "<>": .notEqual, "<": .less, "<=": .lessOrEqual, ">": .greater, ">=": .greaterOrEqual,
      ]
      return Expression(.call(functions[symbol] ?? .isSame, sides), .boolean, place)
    case "||":
      return Expression(.call(.concatenate, try [left, right].map(asText)), .string, place)
    default: return try arithmetic(symbol, left, right, place)
    }
  }

  private func arithmetic(
    _ symbol: String, _ left: Expression, _ right: Expression, _ place: Place
  ) throws -> Expression {
    if symbol == "+" || symbol == "-", let result = try calendarArithmetic(symbol, left, right, place) { return result }
    let (first, second) = (try number(left), try number(right))
    if symbol == "/" {
      return Expression(.call(.divide, try [first, second].map { try converted($0, to: .double) }), .double, place)
    }
    // Two decimals would need twelve places.
    if symbol == "*", first.type == .decimal, second.type == .decimal {
      return Expression(.call(.multiply, try [first, second].map { try converted($0, to: .double) }), .double, place)
    }
    if symbol == "*", [first.type, second.type].contains(.decimal), ![first.type, second.type].contains(.double) {
      return Expression(.call(.multiply, [first, second]), .decimal, place)
    }
    let (sides, type) = try unified([first, second], place)
    let functions: [String: Function] = ["+": .add, "-": .subtract, "*": .multiply, "//": .wholeDivide, "%": .remainder]
    if symbol == "//", type != .integer {
      throw QueryError("// divides whole numbers", at: place, next: "floor(x / y) divides others.")
    }
    return Expression(.call(functions[symbol]!, sides), type, place)
  }

  /// Days and whole numbers, days and intervals; nil: no day is in it.
  private func calendarArithmetic(
    _ symbol: String, _ left: Expression, _ right: Expression, _ place: Place
  ) throws -> Expression? {
    func isTime(_ expression: Expression) -> Bool { [.date, .timestamp].contains(expression.type) }
    if symbol == "+", !isTime(left), isTime(right) { return try calendarArithmetic(symbol, right, left, place) }
    guard isTime(left) else { return nil }
    if case .literal(.interval(let interval)) = right.node {
      return Expression(.call(.addInterval(symbol == "-" ? -interval : interval), [left]), .timestamp, place)
    }
    if left.type == .date, right.type == .integer {
      let days = symbol == "-" ? Expression(.call(.negate, [right]), .integer, right.place) : right
      return Expression(.call(.addDays, [left, days]), .date, place)
    }
    if symbol == "-", left.type == .date, right.type == .date {
      return Expression(.call(.daysBetween, [left, right]), .integer, place)
    }
    if symbol == "-", isTime(right) {
      throw QueryError(
        "two instants are not subtracted here", at: place, next: "date_diff('hour', start, end) counts what lies between.")
    }
    throw QueryError(
      "\(left.type.rawValue) and \(right.type.rawValue) do not add up", at: place,
      next: "add INTERVAL '90 days', or to a DATE a whole number of days.")
  }

  func asText(_ expression: Expression) throws -> Expression {
    try cast(expression, to: .string, isTry: false, expression.place)
  }

  // MARK: conditions

  func like(
    _ text: Expression, _ pattern: Expression, _ escape: Expression?, _ ignoresCase: Bool, _ place: Place
  ) throws -> Expression {
    var scalar: Unicode.Scalar?
    if let escape {
      guard case .literal(.string(let letter)) = escape.node, letter.unicodeScalars.count == 1 else {
        throw QueryError("ESCAPE needs one letter in quotes", at: escape.place)
      }
      scalar = letter.unicodeScalars.first
    }
    return Expression(
      .call(
        .like(ignoresCase: ignoresCase, escape: scalar),
        [try converted(text, to: .string), try converted(pattern, to: .string)]),
      .boolean, place)
  }

  func member(_ value: Expression, _ items: [Expression], _ place: Place) throws -> Expression {
    let (unified, type) = try unified([value] + items, place)
    let listed = unified.dropFirst()
    let literals = try listed.compactMap { try constant($0) }
    if literals.count == listed.count {
      return Expression(
        .member(type == .null ? try converted(unified[0], to: .integer) : unified[0], literals), .boolean, place)
    }
    let tests = listed.map { Expression(.call(.equal, [unified[0], $0]), .boolean, place) }
    return tests.dropFirst().reduce(tests[0]) { Expression(.call(.or, [$0, $1]), .boolean, place) }
  }

  func member(_ value: Expression, of relation: Relation, _ place: Place) throws -> Expression {
    let vector = try relation.vector(.column(0))
    let items = (0..<vector.count).map { Expression(vector.literal($0), place) }
    if items.isEmpty { return Expression(.member(value, []), .boolean, place) }
    return try member(value, items, place)
  }

  /// The value of an expression that reads no column; nil: it reads some.
  func constant(_ expression: Expression) throws -> Literal? {
    guard expression.reads(only: { _ in false }) else { return nil }
    let nothing = Relation([], rowCount: 1) { _ in preconditionFailure("a constant reads no column") }
    return try Evaluator(relation: nothing).value(expression).literal(0)
  }

  func choice(
    _ branches: [(Expression, Expression)], _ otherwise: Expression, _ place: Place
  ) throws -> Expression {
    let (values, type) = try unified(branches.map(\.1) + [otherwise], place)
    let made = try zip(branches, values).map { Expression.Branch(when: try condition($0.0), then: $1) }
    return Expression(.choice(made, otherwise: values[values.count - 1]), type, place)
  }
}
