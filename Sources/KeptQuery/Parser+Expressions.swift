// Loosest first: OR, AND, NOT, IS, comparisons, BETWEEN and IN and LIKE, ||, + and -, * and / and //, a sign, ::.
extension Parser {
  mutating func expression() throws(QueryError) -> ExpressionSyntax {
    try deeper { parser throws(QueryError) in try parser.disjunction() }
  }

  private mutating func binary(
    _ symbol: String, _ left: ExpressionSyntax, _ right: ExpressionSyntax
  ) throws(QueryError) -> ExpressionSyntax {
    let place = left.place.through(right.place)
    try countOperator(place)
    return ExpressionSyntax(.binary(symbol, left, right), place)
  }

  private mutating func not(_ expression: ExpressionSyntax) throws(QueryError) -> ExpressionSyntax {
    try countOperator(expression.place)
    return ExpressionSyntax(.unary("not", expression), expression.place)
  }

  private mutating func disjunction() throws(QueryError) -> ExpressionSyntax {
    var left = try conjunction()
    while take("or") { left = try binary("or", left, try conjunction()) }
    return left
  }

  private mutating func conjunction() throws(QueryError) -> ExpressionSyntax {
    var left = try negation()
    while take("and") { left = try binary("and", left, try negation()) }
    return left
  }

  private mutating func negation() throws(QueryError) -> ExpressionSyntax {
    guard current.isWord("not") else { return try test() }
    let place = advance().place
    let inner = try deeper { parser throws(QueryError) in try parser.negation() }
    var result = try not(inner)
    result.place = place.through(inner.place)
    return result
  }

  /// IS [NOT] NULL, TRUE, FALSE, DISTINCT FROM.
  private mutating func test() throws(QueryError) -> ExpressionSyntax {
    var left = try comparison()
    while take("is") {
      let isNegated = take("not")
      if take("null") {
        try countOperator(left.place)
        left = ExpressionSyntax(.isNull(left), left.place.through(previous.place))
      } else if current.isWord("true") || current.isWord("false") {
        let literal = ExpressionSyntax(.literal(.boolean(current.isWord("true"))), current.place)
        advance()
        left = try binary("is not distinct from", left, literal)
      } else if take("distinct", "from") {
        left = try binary("is not distinct from", left, try comparison())
        // IS DISTINCT FROM is the negation, IS NOT DISTINCT FROM is not.
        if !isNegated { left = try not(left) }
        continue
      } else {
        throw unexpected("NULL, TRUE, FALSE or DISTINCT FROM")
      }
      if isNegated { left = try not(left) }
    }
    return left
  }

  private static let comparisons = ["=", "==", "<>", "!=", "<", "<=", ">", ">="]

  private mutating func comparison() throws(QueryError) -> ExpressionSyntax {
    var left = try range()
    while current.kind == .symbol, Self.comparisons.contains(current.text) {
      let symbol = advance().text
      let plain = symbol == "==" ? "=" : symbol == "!=" ? "<>" : symbol
      left = try binary(plain, left, try range())
    }
    return left
  }

  /// [NOT] BETWEEN, IN, LIKE, ILIKE.
  private mutating func range() throws(QueryError) -> ExpressionSyntax {
    var left = try concatenation()
    while true {
      let isNegated =
        current.isWord("not") && ["between", "in", "like", "ilike"].contains(peek().text.lowercased()) && peek().kind == .word
      if isNegated { advance() }
      if take("between") {
        let low = try concatenation()
        try expect("and")
        let high = try concatenation()
        left = try binary("and", try binary(">=", left, low), try binary("<=", left, high))
      } else if take("in") {
        left = try membership(left)
      } else if current.isWord("like") || current.isWord("ilike") {
        let ignoresCase = advance().text.lowercased() == "ilike"
        let pattern = try concatenation()
        let escape = take("escape") ? try concatenation() : nil
        try countOperator(left.place)
        left = ExpressionSyntax(
          .like(left, pattern: pattern, escape: escape, ignoresCase: ignoresCase), left.place.through(previous.place))
      } else {
        return left
      }
      if isNegated { left = try not(left) }
    }
  }

  private mutating func membership(_ left: ExpressionSyntax) throws(QueryError) -> ExpressionSyntax {
    try expect(symbol: "(")
    try countOperator(left.place)
    let kind: ExpressionSyntax.Kind
    if current.isWord("select") || current.isWord("with") {
      kind = .inSelect(left, try select())
    } else {
      kind = .inList(left, try list { parser throws(QueryError) in try parser.expression() })
    }
    try expect(symbol: ")")
    return ExpressionSyntax(kind, left.place.through(previous.place))
  }

  private mutating func concatenation() throws(QueryError) -> ExpressionSyntax {
    var left = try sum()
    while take(symbol: "||") { left = try binary("||", left, try sum()) }
    return left
  }

  private mutating func sum() throws(QueryError) -> ExpressionSyntax {
    var left = try product()
    while current.isSymbol("+") || current.isSymbol("-") {
      let symbol = advance().text
      left = try binary(symbol, left, try product())
    }
    return left
  }

  private mutating func product() throws(QueryError) -> ExpressionSyntax {
    var left = try signed()
    while ["*", "/", "//", "%"].contains(where: { current.isSymbol($0) }) {
      let symbol = advance().text
      left = try binary(symbol, left, try signed())
    }
    return left
  }

  private mutating func signed() throws(QueryError) -> ExpressionSyntax {
    guard current.isSymbol("-") || current.isSymbol("+") else { return try converted() }
    let sign = advance()
    // −9223372036854775808 has no positive.
    if sign.text == "-", current.kind == .number, !peek().isSymbol("::") {
      let digits = advance()
      return ExpressionSyntax(
        .literal(try number("-" + digits.text, digits.place)), sign.place.through(digits.place))
    }
    let inner = try deeper { parser throws(QueryError) in try parser.signed() }
    try countOperator(inner.place)
    return sign.text == "-" ? ExpressionSyntax(.unary("-", inner), sign.place.through(inner.place)) : inner
  }

  /// `x::DATE`.
  private mutating func converted() throws(QueryError) -> ExpressionSyntax {
    var value = try primary()
    while take(symbol: "::") { value = try cast(value, isTry: false, from: value.place) }
    return value
  }

  /// The type that follows, and the conversion to it.
  mutating func cast(
    _ value: ExpressionSyntax, isTry: Bool, from start: Place
  ) throws(QueryError) -> ExpressionSyntax {
    try countOperator(value.place)
    let (type, places) = try type()
    let place = start.through(previous.place)
    let cast = ExpressionSyntax(.cast(value, type, isTry: isTry), place)
    guard let places else { return cast }
    let count = ExpressionSyntax(.literal(.integer(Int64(places))), place)
    return ExpressionSyntax(.call(CallSyntax(name: "round", namePlace: place, arguments: [cast, count])), place)
  }

  /// A type; of DECIMAL(p, s) with s as decimal places to round to.
  private mutating func type() throws(QueryError) -> (QueryType, places: Int?) {
    let token = current
    guard token.kind == .word else { throw unexpected("a type such as DATE or DOUBLE") }
    advance()
    switch token.text.lowercased() {
    case "bigint", "int", "integer", "int8", "int4", "long", "smallint", "tinyint", "hugeint": return (.integer, nil)
    case "double", "float", "real", "float8", "float4": return (.double, nil)
    case "varchar", "text", "string", "char": return (.string, nil)
    case "boolean", "bool": return (.boolean, nil)
    case "date": return (.date, nil)
    case "timestamp", "timestamptz", "datetime":
      if current.isWord("with") || current.isWord("without") {
        advance()
        try expect("time")
        try expect("zone")
      }
      return (.timestamp, nil)
    case "decimal", "numeric":
      guard take(symbol: "(") else { return (.decimal, 3) }
      var places = 0
      guard current.kind == .number else { throw unexpected("a number of digits") }
      advance()
      if take(symbol: ",") {
        guard current.kind == .number, let count = Int(current.text) else { throw unexpected("a number of places") }
        guard count <= 6 else { throw .beyond("a decimal of more than six places", at: current.place) }
        advance()
        places = count
      }
      try expect(symbol: ")")
      return (.decimal, places)
    default:
      throw QueryError(
        "\(token.text) is no type known here", at: token.place,
        next: "BIGINT, DECIMAL(18,6), DOUBLE, VARCHAR, BOOLEAN, DATE and TIMESTAMP are.")
    }
  }

  func number(_ text: String, _ place: Place) throws(QueryError) -> Literal {
    if text.contains(where: { $0 == "e" || $0 == "E" }) { return .double(try double(text, place)) }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      guard let integer = Int64(text) else {
        throw QueryError("\(text) does not fit into 64 bits", at: place, next: "write it with an exponent, as a DOUBLE.")
      }
      return .integer(integer)
    }
    if let millionths = Numbers.millionths(text) { return .decimal(millionths: millionths) }
    return .double(try double(text, place))
  }

  private func double(_ text: String, _ place: Place) throws(QueryError) -> Double {
    guard let value = Double(text), value.isFinite else { throw QueryError("\(text) is too large", at: place) }
    return value
  }
}
