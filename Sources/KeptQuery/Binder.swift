import KeptFormat

/// Finds what the names of an expression mean, and makes the types of what meets the same.
final class Binder {
  /// Where an expression stands decides what it may hold.
  enum Position {
    /// WHERE, ON, GROUP BY: one row at a time.
    case row
    /// SELECT, HAVING, QUALIFY, ORDER BY.
    case result
  }

  let columns: [Relation.Column]
  /// The expressions of SELECT by their names, for whoever names them elsewhere.
  private let aliases: [String: ExpressionSyntax]
  /// Runs a SELECT that stands in parentheses.
  private let run: (SelectSyntax) throws -> Relation
  private var ran: [Range<Int>: Relation] = [:]
  private var aliasesInUse: Set<String> = []

  /// The expressions of GROUP BY; nil: rows are not grouped.
  var groups: [Expression]?
  private(set) var aggregates: [Aggregate] = []
  private(set) var windows: [Window] = []

  init(
    _ columns: [Relation.Column], aliases: [String: ExpressionSyntax] = [:],
    run: @escaping (SelectSyntax) throws -> Relation
  ) {
    self.columns = columns
    self.aliases = aliases
    self.run = run
  }

  func bind(_ syntax: ExpressionSyntax, in position: Position) throws -> Expression {
    // What GROUP BY says as a whole may stand anywhere behind it.
    if position == .result, let groups, let whole = try? bind(syntax, in: .row),
      let place = groups.firstIndex(of: whole)
    {
      return Expression(.slot(.group(place)), whole.type, syntax.place)
    }
    switch syntax.kind {
    case .name(let qualifier, let name): return try bind(qualifier, name, syntax.place, in: position)
    case .literal(let literal): return Expression(literal, syntax.place)
    case .unary(let symbol, let inner): return try unary(symbol, try bind(inner, in: position), syntax.place)
    case .binary(let symbol, let left, let right):
      return try binary(symbol, try bind(left, in: position), try bind(right, in: position), syntax.place)
    case .isNull(let inner):
      return Expression(.call(.isNull, [try bind(inner, in: position)]), .boolean, syntax.place)
    case .like(let text, let pattern, let escape, let ignoresCase):
      return try like(
        try bind(text, in: position), try bind(pattern, in: position), try escape.map { try bind($0, in: position) },
        ignoresCase, syntax.place)
    case .inList(let value, let items):
      return try member(try bind(value, in: position), try items.map { try bind($0, in: position) }, syntax.place)
    case .inSelect(let value, let select):
      return try member(try bind(value, in: position), of: try rows(select), syntax.place)
    case .choice(let branches, let otherwise):
      return try choice(
        try branches.map { (try bind($0.when, in: position), try bind($0.then, in: position)) },
        try otherwise.map { try bind($0, in: position) } ?? Expression(.null, syntax.place), syntax.place)
    case .cast(let inner, let type, let isTry):
      return try cast(try bind(inner, in: position), to: type, isTry: isTry, syntax.place)
    case .call(let call): return try bind(call, syntax.place, in: position)
    case .select(let select): return try single(try rows(select), syntax.place)
    }
  }

  // MARK: names

  private func bind(
    _ qualifier: String?, _ name: String, _ place: Place, in position: Position
  ) throws -> Expression {
    let matches = columns.indices.filter { index in
      columns[index].name.lowercased() == name.lowercased()
        && (qualifier == nil || columns[index].qualifier?.lowercased() == qualifier!.lowercased())
    }
    if matches.count > 1 {
      let first = columns[matches[0]].qualifier ?? "a"
      throw QueryError("\(name) could be a column of several tables", at: place, next: "say which: \(first).\(name).")
    }
    if let match = matches.first {
      if position == .result, groups != nil {
        throw QueryError(
          "\(name) has many values in a group", at: place,
          next: "name it in GROUP BY, or put it into an aggregate such as max(\(name)).")
      }
      return Expression(.slot(.column(match)), columns[match].type, place)
    }
    if qualifier == nil, let meant = aliases[name.lowercased()] {
      guard aliasesInUse.insert(name.lowercased()).inserted else {
        throw QueryError("\(name) is made of itself", at: place)
      }
      defer { aliasesInUse.remove(name.lowercased()) }
      return try bind(meant, in: position)
    }
    throw unknown(qualifier, name, place)
  }

  private func unknown(_ qualifier: String?, _ name: String, _ place: Place) -> QueryError {
    if let qualifier, !columns.contains(where: { $0.qualifier?.lowercased() == qualifier.lowercased() }) {
      let known = Set(columns.compactMap(\.qualifier)).sorted()
      return QueryError(
        "there is no table \(qualifier) here", at: place,
        next: known.isEmpty ? "" : "behind FROM stand \(known.joined(separator: ", ")).")
    }
    let candidates = columns.filter { qualifier == nil || $0.qualifier?.lowercased() == qualifier!.lowercased() }.map(\.name)
    if let near = nearest(to: name.lowercased(), among: candidates + Array(aliases.keys).sorted()) {
      return QueryError("there is no column \(name)", at: place, next: "did you mean \(near)?")
    }
    let tables = Set(columns.compactMap(\.qualifier)).sorted()
    let next =
      candidates.isEmpty
      ? "there is nothing to name columns of without FROM."
      : candidates.count <= 12
        ? "there are \(candidates.joined(separator: ", "))."
        : "SELECT column_name, meaning FROM dictionary WHERE table_name = '\(tables.first ?? "")' tells which there are."
    return QueryError("there is no column \(name)", at: place, next: next)
  }

  // MARK: selects within

  private func rows(_ select: SelectSyntax) throws -> Relation {
    if let known = ran[select.place.range] { return known }
    let relation = try run(select)
    ran[select.place.range] = relation
    guard relation.columns.count == 1 else {
      throw QueryError(
        "\(relation.columns.count) columns where one is compared", at: select.place, next: "select one column.")
    }
    return relation
  }

  /// The one value of a SELECT in parentheses; NULL where it has no row.
  private func single(_ relation: Relation, _ place: Place) throws -> Expression {
    guard relation.rowCount <= 1 else {
      throw QueryError("\(relation.rowCount) rows where one value is meant", at: place, next: "add LIMIT 1, or an aggregate.")
    }
    let type = relation.columns[0].type
    guard relation.rowCount == 1 else { return try converted(Expression(.null, place), to: type) }
    let literal = try relation.vector(.column(0)).literal(0)
    return try converted(Expression(literal, place), to: type)
  }

  // MARK: what is computed of many rows

  private func bind(_ call: CallSyntax, _ place: Place, in position: Position) throws -> Expression {
    if let syntax = call.window {
      guard position == .result else {
        throw QueryError(
          "a window function cannot stand here", at: place, next: "QUALIFY filters by one; or select from a SELECT.")
      }
      let window = try window(call, syntax, place)
      return Expression(.slot(.window(index(of: window))), window.type, place)
    }
    if AggregateNames.isAggregate(call.name) {
      guard position == .result, groups != nil else {
        throw QueryError("an aggregate cannot stand here", at: place, next: "HAVING filters by one.")
      }
      let aggregate = try aggregate(call, place) { try self.bind($0, in: .row) }
      return Expression(.slot(.aggregate(index(of: aggregate))), aggregate.type, place)
    }
    if call.isOfAll || call.isDistinct || call.filter != nil, Self.functionNames.contains(call.name) {
      throw QueryError("\(call.name) is no aggregate", at: call.namePlace)
    }
    return try scalar(call.name, try call.arguments.map { try bind($0, in: position) }, place, call.namePlace)
  }

  private func index(of aggregate: Aggregate) -> Int {
    if let known = aggregates.firstIndex(of: aggregate) { return known }
    aggregates.append(aggregate)
    return aggregates.count - 1
  }

  private func index(of window: Window) -> Int {
    if let known = windows.firstIndex(of: window) { return known }
    windows.append(window)
    return windows.count - 1
  }

  /// ORDER BY within OVER; elsewhere names of SELECT come first.
  func ordered(_ order: OrderSyntax, in position: Position) throws -> OrderedExpression {
    OrderedExpression(
      expression: try bind(order.expression, in: position), isDescending: order.isDescending,
      isNullsFirst: order.isNullsFirst)
  }
}
