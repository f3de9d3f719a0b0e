/// Reads a question: recursive descent, one method a rule.
struct Parser {
  private let tokens: [Token]
  private let text: String
  private var at = 0
  private var depth = 0
  private var operatorCount = 0
  /// Limits that no question of a person meets, so that none from elsewhere exhausts the stack.
  private static let depthMax = 60
  private static let operatorCountMax = 500

  static func parse(_ text: String) throws(QueryError) -> SelectSyntax {
    var parser = Parser(tokens: try Lexer.tokens(text), text: text)
    guard parser.current.kind != .end else {
      throw QueryError("an empty question", at: nil, next: "ask SELECT … FROM a table.")
    }
    let select = try parser.select()
    while parser.take(symbol: ";") {}
    guard parser.current.kind == .end else { throw parser.unexpected("the end of the question") }
    return select
  }

  private init(tokens: [Token], text: String) {
    self.tokens = tokens
    self.text = text
  }

  // MARK: words

  var current: Token { tokens[at] }

  func peek(_ count: Int = 1) -> Token { tokens[min(at + count, tokens.count - 1)] }

  var previous: Token { tokens[max(0, at - 1)] }

  @discardableResult
  mutating func advance() -> Token {
    let token = tokens[at]
    if at < tokens.count - 1 { at += 1 }
    return token
  }

  mutating func take(_ word: String) -> Bool {
    guard current.isWord(word) else { return false }
    advance()
    return true
  }

  /// Several words in a row, or none.
  mutating func take(_ first: String, _ second: String) -> Bool {
    guard current.isWord(first), peek().isWord(second) else { return false }
    advance()
    advance()
    return true
  }

  mutating func take(symbol: String) -> Bool {
    guard current.isSymbol(symbol) else { return false }
    advance()
    return true
  }

  mutating func expect(_ word: String) throws(QueryError) {
    guard take(word) else { throw unexpected(word.uppercased()) }
  }

  mutating func expect(symbol: String) throws(QueryError) {
    guard take(symbol: symbol) else { throw unexpected("\"\(symbol)\"") }
  }

  func unexpected(_ expected: String) -> QueryError {
    let found =
      switch current.kind {
      case .end: "the question ends"
      case .string: "'\(current.text)' stands"
      default: "\(current.text) stands"
      }
    return QueryError("\(found) where \(expected) was expected", at: current.place)
  }

  /// Runs `body` one level deeper.
  mutating func deeper<Result>(
    _ body: (inout Parser) throws(QueryError) -> Result
  ) throws(QueryError) -> Result {
    guard depth < Self.depthMax else {
      throw QueryError("more than \(Self.depthMax) parentheses within each other", at: current.place)
    }
    depth += 1
    defer { depth -= 1 }
    return try body(&self)
  }

  mutating func countOperator(_ place: Place) throws(QueryError) {
    operatorCount += 1
    guard operatorCount <= Self.operatorCountMax else {
      throw QueryError("more than \(Self.operatorCountMax) operators in one question", at: place, isForDuckDB: true)
    }
  }

  /// Things between commas.
  mutating func list<Item>(_ item: (inout Parser) throws(QueryError) -> Item) throws(QueryError) -> [Item] {
    var items = [try item(&self)]
    while take(symbol: ",") { items.append(try item(&self)) }
    return items
  }

  mutating func name() throws(QueryError) -> (name: String, place: Place) {
    guard current.kind == .quotedName || (current.kind == .word && !Self.reserved.contains(current.text.lowercased())) else {
      throw unexpected("a name")
    }
    let token = advance()
    return (token.text, token.place)
  }

  /// Words that end what stands before them, and so are no names.
  static let reserved: Set<String> = [
    "all", "and", "as", "asc", "between", "by", "case", "cross", "desc", "distinct", "else", "end", "except", "filter", "from",
    "full", "group", "having", "ilike", "in", "inner", "intersect", "is", "join", "left", "like", "limit", "natural", "not",
    "nulls", "offset", "on", "or", "order", "outer", "over", "qualify", "right", "select", "then", "union", "using", "when",
    "where", "window", "with",
  ]
}

// MARK: - SELECT

extension Parser {
  mutating func select() throws(QueryError) -> SelectSyntax {
    try deeper { parser throws(QueryError) in try parser.selectBody() }
  }

  private mutating func selectBody() throws(QueryError) -> SelectSyntax {
    var select = SelectSyntax(place: current.place)
    if take("with") {
      if current.isWord("recursive") { throw .beyond("WITH RECURSIVE", at: current.place) }
      select.with = try list { parser throws(QueryError) in
        let (name, _) = try parser.name()
        try parser.expect("as")
        try parser.expect(symbol: "(")
        let inner = try parser.select()
        try parser.expect(symbol: ")")
        return NamedSelect(name: name, select: inner)
      }
    }
    try expect("select")
    if take("distinct") {
      if current.isWord("on") { throw .beyond("DISTINCT ON", at: current.place) }
      select.isDistinct = true
    }
    select.items = try list { parser throws(QueryError) in try parser.item() }
    if take("from") { select.from = try source() }
    if take("where") { select.filter = try expression() }
    if take("group", "by") {
      if take("all") {
        select.groupsByAll = true
      } else {
        for word in ["rollup", "cube", "grouping"] where current.isWord(word) {
          throw .beyond("GROUP BY \(word.uppercased())", at: current.place)
        }
        select.groups = try list { parser throws(QueryError) in try parser.expression() }
      }
    }
    if take("having") { select.having = try expression() }
    if current.isWord("window") { throw .beyond("a WINDOW clause", at: current.place) }
    if take("qualify") { select.qualify = try expression() }
    for word in ["union", "intersect", "except"] where current.isWord(word) {
      throw .beyond(word.uppercased(), at: current.place)
    }
    if take("order", "by") { select.order = try orderList() }
    if take("limit") { select.limit = try count() }
    if take("offset") { select.offset = try count() }
    select.place = select.place.through(previous.place)
    return select
  }

  private mutating func count() throws(QueryError) -> Int {
    guard current.kind == .number, let count = Int(current.text) else { throw unexpected("a whole number of rows") }
    advance()
    return count
  }

  private mutating func item() throws(QueryError) -> ItemSyntax {
    let start = current.place
    if take(symbol: "*") { return try allItem(of: nil, start) }
    if [.word, .quotedName].contains(current.kind), peek().isSymbol("."), peek(2).isSymbol("*") {
      let qualifier = advance().text
      advance()
      advance()
      return try allItem(of: qualifier, start)
    }
    let value = try expression()
    let words = text.utf8
    let end = words.index(words.startIndex, offsetBy: previous.place.range.upperBound)
    let first = words.index(words.startIndex, offsetBy: start.range.lowerBound)
    var item = ItemSyntax(kind: .expression(value), text: String(text[first..<end]), place: value.place)
    item.alias = try alias()
    return item
  }

  private func allItem(of qualifier: String?, _ start: Place) throws(QueryError) -> ItemSyntax {
    for word in ["exclude", "replace", "rename"] where current.isWord(word) {
      throw .beyond("* \(word.uppercased())", at: current.place)
    }
    return ItemSyntax(kind: .all(of: qualifier), text: "*", place: start.through(previous.place))
  }

  private mutating func alias() throws(QueryError) -> String? {
    if take("as") { return try name().name }
    guard current.kind == .quotedName || (current.kind == .word && !Self.reserved.contains(current.text.lowercased())) else {
      return nil
    }
    return advance().text
  }

  mutating func orderList() throws(QueryError) -> [OrderSyntax] {
    if current.isWord("all") { throw .beyond("ORDER BY ALL", at: current.place) }
    return try list { parser throws(QueryError) in
      var order = OrderSyntax(expression: try parser.expression())
      if parser.take("desc") { order.isDescending = true } else { _ = parser.take("asc") }
      if parser.take("nulls", "first") { order.isNullsFirst = true } else { _ = parser.take("nulls", "last") }
      return order
    }
  }

  // MARK: FROM

  private mutating func source() throws(QueryError) -> SourceSyntax {
    var left = try singleSource()
    while true {
      let place = current.place
      if take(symbol: ",") {
        try countOperator(place)
        left = .join(left, try singleSource(), .cross, .none, place)
        continue
      }
      guard let kind = try joinKind() else { return left }
      try countOperator(place)
      let right = try singleSource()
      var condition = JoinCondition.none
      if kind == .cross {
        condition = .none
      } else if take("on") {
        condition = .on(try expression())
      } else if take("using") {
        try expect(symbol: "(")
        condition = .using(try list { parser throws(QueryError) in try parser.name() })
        try expect(symbol: ")")
      } else {
        throw unexpected("ON or USING")
      }
      left = .join(left, right, kind, condition, place)
    }
  }

  private mutating func joinKind() throws(QueryError) -> JoinKind? {
    for word in ["natural", "asof", "semi", "anti", "positional", "lateral"]
    where current.isWord(word) && (peek().isWord("join") || peek().isWord("left")) {
      throw .beyond("a join of kind \(word.uppercased())", at: current.place)
    }
    var kind: JoinKind
    switch true {
    case take("join"): return .inner
    case take("inner"): kind = .inner
    case take("left"): kind = .left
    case take("right"): kind = .right
    case take("full"): kind = .full
    case take("cross"): kind = .cross
    default: return nil
    }
    if [.left, .right, .full].contains(kind) { _ = take("outer") }
    try expect("join")
    return kind
  }

  private mutating func singleSource() throws(QueryError) -> SourceSyntax {
    if take(symbol: "(") {
      guard current.isWord("select") || current.isWord("with") else { throw unexpected("SELECT") }
      let inner = try select()
      try expect(symbol: ")")
      return .select(inner, alias: try alias())
    }
    if current.isWord("read_parquet"), peek().isSymbol("("), peek(2).kind == .string, peek(3).isSymbol(")") {
      advance()
      advance()
      let token = advance()
      advance()
      return .table(name: token.text, alias: try alias(), token.place)
    }
    if current.kind == .string {
      let token = advance()
      return .table(name: token.text, alias: try alias(), token.place)
    }
    let (name, place) = try name()
    guard !current.isSymbol("(") else { throw .beyond("a table function", at: place) }
    return .table(name: name, alias: try alias(), place)
  }
}
