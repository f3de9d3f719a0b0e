// What operators stand between: literals, names, calls, CASE, parentheses.
extension Parser {
  mutating func primary() throws(QueryError) -> ExpressionSyntax {
    let token = current
    switch token.kind {
    case .number:
      advance()
      return ExpressionSyntax(.literal(try number(token.text, token.place)), token.place)
    case .string:
      advance()
      return ExpressionSyntax(.literal(.string(token.text)), token.place)
    case .quotedName: return try named()
    case .word: return try word(token)
    case .symbol where token.text == "(":
      advance()
      let inner: ExpressionSyntax
      if current.isWord("select") || current.isWord("with") {
        let query = try select()
        inner = ExpressionSyntax(.select(query), query.place)
      } else {
        inner = try expression()
      }
      if current.isSymbol(",") { throw .beyond("a row of several values", at: current.place) }
      try expect(symbol: ")")
      return ExpressionSyntax(inner.kind, token.place.through(previous.place))
    case .symbol, .end: throw unexpected("a value")
    }
  }

  private mutating func word(_ token: Token) throws(QueryError) -> ExpressionSyntax {
    func literal(_ value: Literal) -> ExpressionSyntax { ExpressionSyntax(.literal(value), token.place) }
    let isBeforeText = peek().kind == .string
    switch token.text.lowercased() {
    case "null":
      advance()
      return literal(.null)
    case "true", "false":
      advance()
      return literal(.boolean(token.isWord("true")))
    case "date" where isBeforeText, "timestamp" where isBeforeText, "timestamptz" where isBeforeText:
      advance()
      let text = advance()
      let type: QueryType = token.isWord("date") ? .date : .timestamp
      guard let value = Numbers.literal(text.text, as: type) else {
        throw QueryError("'\(text.text)' is no \(type.rawValue)", at: text.place, next: Numbers.example(of: type))
      }
      return ExpressionSyntax(.literal(value), token.place.through(text.place))
    case "interval" where isBeforeText || peek().kind == .number || peek().isSymbol("-"): return try interval()
    case "case": return try choice()
    case "cast" where peek().isSymbol("("), "try_cast" where peek().isSymbol("("):
      advance()
      advance()
      let value = try expression()
      try expect("as")
      var result = try cast(value, isTry: token.isWord("try_cast"), from: token.place)
      try expect(symbol: ")")
      result.place = token.place.through(previous.place)
      return result
    case "extract" where peek().isSymbol("("):
      advance()
      advance()
      let part = advance()
      guard part.kind == .word || part.kind == .string else { throw unexpected("a part of a day such as YEAR") }
      try expect("from")
      let value = try expression()
      try expect(symbol: ")")
      let name = ExpressionSyntax(.literal(.string(part.text)), part.place)
      return ExpressionSyntax(
        .call(CallSyntax(name: "date_part", namePlace: token.place, arguments: [name, value])),
        token.place.through(previous.place))
    case "exists" where peek().isSymbol("("): throw .beyond("EXISTS", at: token.place)
    default:
      return peek().isSymbol("(") ? try call() : try named()
    }
  }

  /// `customer` or `c.customer`.
  private mutating func named() throws(QueryError) -> ExpressionSyntax {
    let (first, place) = try name()
    guard current.isSymbol(".") else { return ExpressionSyntax(.name(qualifier: nil, first), place) }
    advance()
    guard current.kind == .word || current.kind == .quotedName else { throw unexpected("a column") }
    let column = advance()
    return ExpressionSyntax(.name(qualifier: first, column.text), place.through(column.place))
  }

  /// `INTERVAL '90 days'`, `INTERVAL 3 MONTH`.
  private mutating func interval() throws(QueryError) -> ExpressionSyntax {
    let start = advance().place
    var words: String
    if current.kind == .string {
      words = advance().text
      if current.kind == .word, !words.contains(" "), CalendarInterval(words + " " + current.text) != nil {
        words += " " + advance().text
      }
    } else {
      words = take(symbol: "-") ? "-" : ""
      words += advance().text
      guard current.kind == .word else { throw unexpected("a unit such as DAY") }
      words += " " + advance().text
    }
    let place = start.through(previous.place)
    guard let interval = CalendarInterval(words) else {
      throw QueryError("'\(words)' is no INTERVAL", at: place, next: "INTERVAL '90 days' and INTERVAL 3 MONTH are.")
    }
    return ExpressionSyntax(.literal(.interval(interval)), place)
  }

  private mutating func choice() throws(QueryError) -> ExpressionSyntax {
    let start = advance().place
    let operand = current.isWord("when") ? nil : try expression()
    var branches: [BranchSyntax] = []
    while take("when") {
      var condition = try expression()
      if let operand {
        try countOperator(condition.place)
        condition = ExpressionSyntax(.binary("=", operand, condition), condition.place)
      }
      try expect("then")
      branches.append(BranchSyntax(when: condition, then: try expression()))
    }
    guard !branches.isEmpty else { throw unexpected("WHEN") }
    let otherwise = take("else") ? try expression() : nil
    try expect("end")
    try countOperator(start)
    return ExpressionSyntax(.choice(branches, otherwise: otherwise), start.through(previous.place))
  }

  private mutating func call() throws(QueryError) -> ExpressionSyntax {
    let name = advance()
    var call = CallSyntax(name: name.text.lowercased(), namePlace: name.place)
    try countOperator(name.place)
    advance()
    if take(symbol: "*") {
      call.isOfAll = true
    } else if !current.isSymbol(")") {
      call.isDistinct = take("distinct")
      call.arguments = try list { parser throws(QueryError) in try parser.expression() }
      if current.isWord("order") { throw .beyond("an aggregate with ORDER BY", at: current.place) }
    }
    try expect(symbol: ")")
    if take("filter") {
      try expect(symbol: "(")
      _ = take("where")
      call.filter = try expression()
      try expect(symbol: ")")
    }
    for word in ["within", "ignore"] where current.isWord(word) {
      throw .beyond("\(name.text) with \(word.uppercased())", at: current.place)
    }
    if take("over") { call.window = try window() }
    return ExpressionSyntax(.call(call), name.place.through(previous.place))
  }

  private mutating func window() throws(QueryError) -> WindowSyntax {
    var window = WindowSyntax()
    guard take(symbol: "(") else { throw .beyond("a named window", at: current.place) }
    if take("partition", "by") {
      window.partition = try list { parser throws(QueryError) in try parser.expression() }
    }
    if take("order", "by") { window.order = try orderList() }
    if current.isWord("range") || current.isWord("groups") {
      throw .beyond("a window of \(current.text.uppercased())", at: current.place)
    }
    if take("rows") { window.frame = try rowFrame() }
    try expect(symbol: ")")
    return window
  }

  /// `ROWS BETWEEN 2 PRECEDING AND CURRENT ROW`, `ROWS UNBOUNDED PRECEDING`.
  private mutating func rowFrame() throws(QueryError) -> RowFrame {
    let start = current.place
    let isRange = take("between")
    let first = try bound()
    guard isRange else {
      guard case .unboundedBefore = first else { return RowFrame(start: try offset(first, start), end: 0) }
      return RowFrame(start: nil, end: 0)
    }
    try expect("and")
    let last = try bound()
    var frame = RowFrame()
    switch first {
    case .unboundedBefore: frame.start = nil
    default: frame.start = try offset(first, start)
    }
    switch last {
    case .unboundedAfter: frame.end = nil
    default: frame.end = try offset(last, start)
    }
    return frame
  }

  private enum Bound {
    case unboundedBefore, unboundedAfter
    case rows(Int)
  }

  private func offset(_ bound: Bound, _ place: Place) throws(QueryError) -> Int {
    guard case .rows(let count) = bound else {
      throw QueryError("a window that ends before it begins", at: place.through(previous.place))
    }
    return count
  }

  private mutating func bound() throws(QueryError) -> Bound {
    if take("current", "row") { return .rows(0) }
    if take("unbounded", "preceding") { return .unboundedBefore }
    if take("unbounded", "following") { return .unboundedAfter }
    guard current.kind == .number, let count = Int(current.text), count <= 1 << 31 else {
      throw unexpected("a number of rows, UNBOUNDED or CURRENT ROW")
    }
    advance()
    if take("preceding") { return .rows(-count) }
    try expect("following")
    return .rows(count)
  }
}
