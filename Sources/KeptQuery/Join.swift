/// Pairs the rows of two relations: by hashing where columns must be equal, else each with each.
struct Join {
  let kind: JoinKind
  let left: Relation
  let right: Relation
  let place: Place
  let run: (SelectSyntax) throws -> Relation

  /// More pairs than this are a question for DuckDB.
  private static let pairCountMax = 50_000_000
  /// So many pairs are made before a condition is asked of them.
  private static let pairCountAtOnce = 1 << 20

  /// Rows of both; −1 where there is no partner.
  private struct Pairs {
    var left: [Int] = []
    var right: [Int] = []
  }

  private var columns: [Relation.Column] { left.columns + right.columns }

  func relation(_ condition: JoinCondition, where filter: ExpressionSyntax?) throws -> Relation {
    let binder = Binder(columns, run: run)
    var conditions: [Expression] = []
    var shared: [String] = []
    switch condition {
    case .none:
      // What WHERE says of both alone; it is asked again of every row.
      if let filter { conditions = Self.conjuncts(filter).compactMap { try? binder.bind($0, in: .row) }.filter(isEquality) }
    case .on(let syntax): conditions = try binder.condition(try binder.bind(syntax, in: .row)).conjuncts
    case .using(let names):
      for (name, place) in names { conditions.append(try equality(name, place, binder)) }
      shared = names.map { $0.name.lowercased() }
    }
    let keys = conditions.filter(isEquality)
    let rest = conditions.filter { !isEquality($0) }
    var pairs = keys.isEmpty ? try eachWithEach(rest) : try equal(keys)
    if !keys.isEmpty, !rest.isEmpty { pairs = try matching(rest, pairs) }
    addUnmatched(&pairs)
    return combined(pairs, shared: shared)
  }

  /// USING names a column once: of the left, or of the right where the left has no row.
  private func combined(_ pairs: Pairs, shared: [String]) -> Relation {
    let (first, second) = (left.picking(pairs.left), right.picking(pairs.right))
    let leftCount = left.columns.count
    func vector(_ place: Int) throws -> Vector {
      try place < leftCount ? first.vector(.column(place)) : second.vector(.column(place - leftCount))
    }
    let hidden = shared.compactMap { name in
      right.columns.firstIndex { $0.name.lowercased() == name }.map { $0 + leftCount }
    }
    let kept = columns.indices.filter { !hidden.contains($0) }
    return Relation(kept.map { columns[$0] }, rowCount: pairs.left.count) { slot in
      guard case .column(let index) = slot else { preconditionFailure("a join has columns only") }
      let place = kept[index]
      let own = try vector(place)
      guard place < leftCount, kind == .right || kind == .full,
        let twin = hidden.first(where: { columns[$0].name.lowercased() == columns[place].name.lowercased() })
      else { return own }
      let other = try vector(twin)
      return try FunctionCall(
        function: .coalesce, type: own.type, place: self.place, arguments: [own, other], count: own.count
      ).result()
    }
  }

  private func equality(_ name: String, _ place: Place, _ binder: Binder) throws -> Expression {
    func column(_ relation: Relation, _ offset: Int) throws -> Expression {
      let matches = relation.columns.indices.filter { relation.columns[$0].name.lowercased() == name.lowercased() }
      guard matches.count == 1 else {
        throw QueryError("\(name) is \(matches.isEmpty ? "no" : "more than one") column of one side", at: place)
      }
      return Expression(.slot(.column(matches[0] + offset)), relation.columns[matches[0]].type, place)
    }
    return try binder.binary("=", try column(left, 0), try column(right, left.columns.count), place)
  }

  private static func conjuncts(_ syntax: ExpressionSyntax) -> [ExpressionSyntax] {
    if case .binary("and", let left, let right) = syntax.kind { return conjuncts(left) + conjuncts(right) }
    return [syntax]
  }

  // MARK: pairs

  private func isOfLeft(_ slot: Slot) -> Bool {
    if case .column(let place) = slot { place < left.columns.count } else { false }
  }

  private func isOfRight(_ slot: Slot) -> Bool { !isOfLeft(slot) }

  /// Whether it compares a value of the left with one of the right.
  private func isEquality(_ expression: Expression) -> Bool { sides(expression) != nil }

  private func sides(_ expression: Expression) -> (left: Expression, right: Expression)? {
    guard case .call(.equal, let sides) = expression.node else { return nil }
    // A constant is of neither.
    guard !sides.contains(where: { $0.reads(only: { _ in false }) }) else { return nil }
    if sides[0].reads(only: isOfLeft), sides[1].reads(only: isOfRight) { return (sides[0], sides[1]) }
    if sides[1].reads(only: isOfLeft), sides[0].reads(only: isOfRight) { return (sides[1], sides[0]) }
    return nil
  }

  /// The right's columns as the join's, so that its expressions can be computed of it alone.
  private var rightAlone: Relation {
    Relation(columns, rowCount: right.rowCount) { slot in
      guard case .column(let place) = slot else { preconditionFailure("a join has columns only") }
      return try right.vector(.column(place - left.columns.count))
    }
  }

  private func equal(_ keys: [Expression]) throws -> Pairs {
    let (leftCount, rightCount) = (left.rowCount, right.rowCount)
    var isPresent = [Bool](repeating: true, count: leftCount + rightCount)
    let vectors = try keys.map { key -> Vector in
      let sides = sides(key)!
      let first = try Evaluator(relation: left).value(sides.left)
      let second = try Evaluator(relation: rightAlone).value(sides.right)
      let both = Vector.merged(
        [(Array(0..<leftCount), first), (Array(leftCount..<leftCount + rightCount), second)], first.type,
        count: leftCount + rightCount)
      if let known = both.isPresent { for row in known.indices where !known[row] { isPresent[row] = false } }
      return both
    }
    let grouping = Grouping(vectors, rowCount: leftCount + rightCount)
    // The right's rows by group, one behind the other.
    var starts = [Int](repeating: 0, count: grouping.count + 1)
    for row in 0..<rightCount where isPresent[leftCount + row] { starts[grouping.groups[leftCount + row] + 1] += 1 }
    for group in 0..<grouping.count { starts[group + 1] += starts[group] }
    var rows = [Int](repeating: 0, count: starts[grouping.count])
    var next = starts
    for row in 0..<rightCount where isPresent[leftCount + row] {
      let group = grouping.groups[leftCount + row]
      rows[next[group]] = row
      next[group] += 1
    }
    var pairs = Pairs()
    for row in 0..<leftCount where isPresent[row] {
      let group = grouping.groups[row]
      let partners = starts[group]..<starts[group + 1]
      try requireRoom(pairs.left.count + partners.count)
      for place in partners {
        pairs.left.append(row)
        pairs.right.append(rows[place])
      }
    }
    return pairs
  }

  private func requireRoom(_ count: Int) throws {
    if count > Self.pairCountMax { throw QueryError.beyond("a join of more than \(Self.pairCountMax) rows", at: place) }
  }

  private func eachWithEach(_ conditions: [Expression]) throws -> Pairs {
    var found = Pairs()
    guard right.rowCount > 0 else { return found }
    let (count, isOver) = left.rowCount.multipliedReportingOverflow(by: right.rowCount)
    try requireRoom(isOver ? .max : count)
    let rowsAtOnce = max(1, Self.pairCountAtOnce / right.rowCount)
    for start in stride(from: 0, to: left.rowCount, by: rowsAtOnce) {
      var pairs = Pairs()
      for row in start..<min(start + rowsAtOnce, left.rowCount) {
        pairs.left += repeatElement(row, count: right.rowCount)
        pairs.right += 0..<right.rowCount
      }
      let matching = try matching(conditions, pairs)
      found.left += matching.left
      found.right += matching.right
    }
    return found
  }

  private func matching(_ conditions: [Expression], _ pairs: Pairs) throws -> Pairs {
    var pairs = pairs
    for condition in conditions {
      let rows = try Evaluator(relation: combined(pairs, shared: [])).value(condition).trueRows
      pairs = Pairs(left: rows.map { pairs.left[$0] }, right: rows.map { pairs.right[$0] })
    }
    return pairs
  }

  /// Rows without partner: the left's where they stand, the right's at the end.
  private func addUnmatched(_ pairs: inout Pairs) {
    if kind == .left || kind == .full {
      var isMatched = [Bool](repeating: false, count: left.rowCount)
      for row in pairs.left { isMatched[row] = true }
      var all = Pairs()
      var at = 0
      for row in 0..<left.rowCount {
        if !isMatched[row] {
          all.left.append(row)
          all.right.append(-1)
        }
        while at < pairs.left.count, pairs.left[at] == row {
          all.left.append(row)
          all.right.append(pairs.right[at])
          at += 1
        }
      }
      pairs = all
    }
    if kind == .right || kind == .full {
      var isMatched = [Bool](repeating: false, count: right.rowCount)
      for row in pairs.right where row >= 0 { isMatched[row] = true }
      for row in 0..<right.rowCount where !isMatched[row] {
        pairs.left.append(-1)
        pairs.right.append(row)
      }
    }
  }
}
