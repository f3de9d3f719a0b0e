import KeptSnapshot

/// Answers one SELECT: FROM, WHERE, GROUP BY, HAVING, windows, QUALIFY, SELECT, DISTINCT, ORDER BY, LIMIT, in this order.
struct SelectRun {
  let select: SelectSyntax
  let sources: Sources

  private struct Item {
    var expression: Expression
    var column: Relation.Column
  }

  func relation() throws -> Relation {
    let sources = try sources.adding(select.with)
    var relation =
      try select.from.map { try sources.relation($0, where: select.filter) }
      ?? Relation([], rowCount: 1) { _ in
        preconditionFailure("no column stands behind no FROM")
      }
    let binder = Binder(relation.columns, aliases: aliases, run: sources.run)
    if let filter = select.filter {
      let condition = try binder.condition(try binder.bind(filter, in: .row))
      relation = relation.picking(try Evaluator(relation: relation).value(condition).trueRows)
    }
    try group(binder, relation.columns)
    let items = try items(binder, relation.columns)
    let having = try select.having.map { try binder.condition(try binder.bind($0, in: .result)) }
    let qualify = try select.qualify.map { try binder.condition(try binder.bind($0, in: .result)) }
    let order = try select.order.map { try ordered($0, binder, items) }

    if let groups = binder.groups { relation = try grouped(relation, groups, binder.aggregates) }
    if let having { relation = relation.picking(try Evaluator(relation: relation).value(having).trueRows) }
    if !binder.windows.isEmpty { relation = windowed(relation, binder.windows) }
    if let qualify { relation = relation.picking(try Evaluator(relation: relation).value(qualify).trueRows) }
    relation = relation.picking(try rows(relation, items, order))
    let result = relation
    return Relation(items.map(\.column), rowCount: result.rowCount) { slot in
      guard case .column(let place) = slot else { preconditionFailure("a result has columns only") }
      return try Evaluator(relation: result).value(items[place].expression)
    }
  }

  private var aliases: [String: ExpressionSyntax] {
    var aliases: [String: ExpressionSyntax] = [:]
    for item in select.items {
      guard let alias = item.alias, case .expression(let syntax) = item.kind else { continue }
      aliases[alias.lowercased()] = aliases[alias.lowercased()] ?? syntax
    }
    return aliases
  }

  // MARK: SELECT

  private func items(_ binder: Binder, _ columns: [Relation.Column]) throws -> [Item] {
    var items: [Item] = []
    for item in select.items {
      switch item.kind {
      case .expression(let syntax):
        let expression = try binder.bind(syntax, in: .result)
        guard expression.type != .interval else { throw QueryError("an INTERVAL is no column", at: syntax.place) }
        items.append(Item(expression: expression, column: column(item, syntax, expression, columns, binder)))
      case .all(let qualifier):
        let matches = columns.indices.filter {
          qualifier == nil || columns[$0].qualifier?.lowercased() == qualifier!.lowercased()
        }
        guard !matches.isEmpty else {
          throw QueryError(qualifier.map { "there is no table \($0) here" } ?? "* needs FROM", at: item.place)
        }
        for place in matches {
          let syntax = ExpressionSyntax(.name(qualifier: columns[place].qualifier, columns[place].name), item.place)
          items.append(Item(expression: try binder.bind(syntax, in: .result), column: columns[place]))
        }
      }
    }
    return items
  }

  /// A column that is only passed on keeps what the snapshot says of it.
  private func column(
    _ item: ItemSyntax, _ syntax: ExpressionSyntax, _ expression: Expression, _ columns: [Relation.Column], _ binder: Binder
  ) -> Relation.Column {
    var read = expression
    if case .slot(.group(let place)) = read.node { read = binder.groups![place] }
    var column = Relation.Column(name: item.text, qualifier: nil, type: expression.type)
    if case .slot(.column(let place)) = read.node { column.spec = columns[place].spec }
    if case .name(_, let name) = syntax.kind { column.name = name }
    if let alias = item.alias { column.name = alias }
    return column
  }

  // MARK: GROUP BY

  /// Tells the binder what is grouped by, if anything is.
  private func group(_ binder: Binder, _ columns: [Relation.Column]) throws {
    let expressions = select.items.compactMap { item -> ExpressionSyntax? in
      if case .expression(let syntax) = item.kind { syntax } else { nil }
    }
    let behind = [select.having, select.qualify].compactMap { $0 } + select.order.map(\.expression)
    if select.groupsByAll {
      guard expressions.count == select.items.count else {
        throw QueryError("GROUP BY ALL with *", at: select.place, next: "name the columns.")
      }
      binder.groups = try expressions.filter { !$0.hasAggregate }.map { try binder.bind($0, in: .row) }
    } else if !select.groups.isEmpty {
      binder.groups = try select.groups.map { try binder.bind(try meant($0), in: .row) }
    } else if (expressions + behind).contains(where: \.hasAggregate) || select.having != nil {
      binder.groups = []
    }
  }

  /// A whole number stands for the item of SELECT with that number.
  private func meant(_ syntax: ExpressionSyntax) throws -> ExpressionSyntax {
    guard case .literal(.integer(let number)) = syntax.kind else { return syntax }
    guard number >= 1, number <= select.items.count, case .expression(let item) = select.items[Int(number) - 1].kind else {
      throw QueryError("SELECT has no expression \(number)", at: syntax.place)
    }
    return item
  }

  private func grouped(_ relation: Relation, _ groups: [Expression], _ aggregates: [Aggregate]) throws -> Relation {
    let evaluator = Evaluator(relation: relation)
    let keys = try groups.map { try evaluator.value($0) }
    let grouping = Grouping(keys, rowCount: relation.rowCount)
    return Relation(relation.columns, rowCount: grouping.count) { slot in
      switch slot {
      case .group(let place): keys[place].picking(grouping.firstRows)
      case .aggregate(let place): try aggregates[place].values(relation, grouping)
      case .column, .window: preconditionFailure("a group has no \(slot)")
      }
    }
  }

  private func windowed(_ relation: Relation, _ windows: [Window]) -> Relation {
    Relation(relation.columns, rowCount: relation.rowCount) { slot in
      guard case .window(let place) = slot else { return try relation.vector(slot) }
      return try windows[place].values(relation)
    }
  }

  // MARK: ORDER BY, DISTINCT, LIMIT

  /// Names and numbers of SELECT first, then columns.
  private func ordered(_ order: OrderSyntax, _ binder: Binder, _ items: [Item]) throws -> OrderedExpression {
    var chosen: Expression?
    switch order.expression.kind {
    case .literal(.integer(let number)):
      guard number >= 1, number <= items.count else {
        throw QueryError("SELECT has no expression \(number)", at: order.expression.place)
      }
      chosen = items[Int(number) - 1].expression
    case .name(nil, let name):
      chosen = items.first { $0.column.name.lowercased() == name.lowercased() }?.expression
    default: break
    }
    let expression = try chosen ?? binder.bind(order.expression, in: .result)
    if select.isDistinct, !items.contains(where: { $0.expression == expression }) {
      throw QueryError("with DISTINCT rows are ordered by what is selected", at: order.expression.place)
    }
    return OrderedExpression(
      expression: expression, isDescending: order.isDescending, isNullsFirst: order.isNullsFirst)
  }

  private func rows(_ relation: Relation, _ items: [Item], _ order: [OrderedExpression]) throws -> [Int] {
    let evaluator = Evaluator(relation: relation)
    var rows = Array(0..<relation.rowCount)
    if select.isDistinct, !rows.isEmpty {
      rows = Grouping(try items.map { try evaluator.value($0.expression) }, rowCount: rows.count).firstRows
    }
    rows = SortKey.sorted(rows, by: try order.map { SortKey(try evaluator.value($0.expression), $0) })
    return Array(rows.dropFirst(select.offset).prefix(select.limit ?? .max))
  }
}
