/// What is computed of a row and of others around it.
struct Window: Equatable {
  enum Kind: Equatable {
    case rowNumber, rank, denseRank
    /// The value so many rows before (after, where negative).
    case lag(Int)
    case firstValue, lastValue
    case aggregate(Aggregate)
  }

  var kind: Kind
  var argument: Expression?
  /// What `lag` and `lead` give where there is no such row.
  var substitute: Expression?
  var partition: [Expression] = []
  var order: [OrderedExpression] = []
  var frame: RowFrame?
  var type: QueryType
  var place: Place

  /// How many rows all frames may hold together before it is a question for DuckDB.
  private static let visitCountMax = 200_000_000

  /// A value for each row.
  func values(_ relation: Relation) throws -> Vector {
    let evaluator = Evaluator(relation: relation)
    let grouping = Grouping(try partition.map { try evaluator.value($0) }, rowCount: relation.rowCount)
    let keys = try order.map { SortKey(try evaluator.value($0.expression), $0) }
    let partitionKey = SortKey(Vector(.integer, grouping.groups.map { Int64($0) }))
    let rows = SortKey.sorted(Array(0..<relation.rowCount), by: [partitionKey] + keys)
    switch kind {
    case .rowNumber, .rank, .denseRank:
      var numbers = [Int64](repeating: 0, count: rows.count)
      forEachPartition(rows, grouping) { partition in number(partition, keys, &numbers) }
      return Vector(.integer, numbers)
    case .lag(let distance): return try shifted(evaluator, rows, grouping, by: distance)
    case .firstValue, .lastValue:
      var chosen = [Int](repeating: -1, count: rows.count)
      forEachPartition(rows, grouping) { partition in
        for (index, range) in frames(of: partition, keys).enumerated() where !range.isEmpty {
          let place = kind == .firstValue ? range.lowerBound : range.upperBound - 1
          chosen[partition[partition.startIndex + index]] = partition[partition.startIndex + place]
        }
      }
      return try evaluator.value(argument!).picking(chosen)
    case .aggregate(let aggregate):
      if order.isEmpty, frame == nil { return try aggregate.values(relation, grouping).picking(grouping.groups) }
      return try running(aggregate, relation, rows, grouping, keys)
    }
  }

  private func forEachPartition(
    _ rows: [Int], _ grouping: Grouping, _ body: (ArraySlice<Int>) throws -> Void
  ) rethrows {
    var start = 0
    while start < rows.count {
      var end = start + 1
      while end < rows.count, grouping.groups[rows[end]] == grouping.groups[rows[start]] { end += 1 }
      try body(rows[start..<end])
      start = end
    }
  }

  private func number(_ partition: ArraySlice<Int>, _ keys: [SortKey], _ numbers: inout [Int64]) {
    var (rank, denseRank): (Int64, Int64) = (0, 0)
    for (index, row) in partition.enumerated() {
      let isPeer = index > 0 && SortKey.areEqual(partition[partition.startIndex + index - 1], row, keys)
      if !isPeer {
        rank = Int64(index + 1)
        denseRank += 1
      }
      numbers[row] = kind == .rowNumber ? Int64(index + 1) : kind == .rank ? rank : denseRank
    }
  }

  private func shifted(
    _ evaluator: Evaluator, _ rows: [Int], _ grouping: Grouping, by distance: Int
  ) throws -> Vector {
    var chosen = [Int](repeating: -1, count: rows.count)
    forEachPartition(rows, grouping) { partition in
      for (index, row) in partition.enumerated() {
        let (place, isOver) = index.subtractingReportingOverflow(distance)
        if !isOver, partition.indices.contains(partition.startIndex + max(-1, min(place, partition.count))) {
          chosen[row] = partition[partition.startIndex + place]
        }
      }
    }
    let values = try evaluator.value(argument!).picking(chosen)
    guard let substitute else { return values }
    let missing = chosen.indices.filter { chosen[$0] < 0 }
    let found = chosen.indices.filter { chosen[$0] >= 0 }
    return .merged(
      [(found, values.picking(found)), (missing, try evaluator.value(substitute).picking(missing))], type,
      count: rows.count)
  }

  // MARK: frames

  /// For each row of a partition which of its rows are seen, by their places in it.
  private func frames(of partition: ArraySlice<Int>, _ keys: [SortKey]) -> [Range<Int>] {
    let count = partition.count
    if let frame {
      return (0..<count).map { index in
        let start = frame.start.map { max(0, min(count, index + $0)) } ?? 0
        let end = frame.end.map { max(0, min(count, index + $0 + 1)) } ?? count
        return start..<max(start, end)
      }
    }
    guard !keys.isEmpty else { return [Range<Int>](repeating: 0..<count, count: count) }
    var ends = [Int](repeating: count, count: count)
    for index in stride(from: count - 2, through: 0, by: -1) {
      let (row, next) = (partition[partition.startIndex + index], partition[partition.startIndex + index + 1])
      ends[index] = SortKey.areEqual(row, next, keys) ? ends[index + 1] : index + 1
    }
    return ends.map { 0..<$0 }
  }

  /// Frames that begin with the partition only grow, so that no row is added twice; others begin anew for each row.
  private func running(
    _ aggregate: Aggregate, _ relation: Relation, _ rows: [Int], _ grouping: Grouping, _ keys: [SortKey]
  ) throws -> Vector {
    let input = try AggregateInput(aggregate, relation)
    var states = [AggregateState](repeating: AggregateState(), count: rows.count)
    var visitCount = 0
    try forEachPartition(rows, grouping) { partition in
      var state = AggregateState()
      var end = 0
      for (index, range) in frames(of: partition, keys).enumerated() {
        if range.lowerBound > 0 || range.upperBound < end {
          state = AggregateState()
          end = range.lowerBound
        }
        visitCount += range.upperBound - end
        guard visitCount <= Self.visitCountMax else { throw QueryError.beyond("a window over so many rows", at: place) }
        while end < range.upperBound {
          let row = partition[partition.startIndex + end]
          if input.counts(row) { input.add(row, to: &state) }
          end += 1
        }
        states[partition[partition.startIndex + index]] = state
      }
    }
    return try input.result(states)
  }
}

/// An expression of ORDER BY.
struct OrderedExpression: Equatable {
  var expression: Expression
  var isDescending: Bool
  var isNullsFirst: Bool
}

/// A column that rows are sorted by.
struct SortKey {
  private let keys: [UInt64]
  private let isPresent: [Bool]?
  private let isNullsFirst: Bool

  init(_ vector: Vector, _ order: OrderedExpression? = nil) {
    let keys = OrderKeys.keys(of: [vector])[0]
    self.keys = order?.isDescending ?? false ? keys.map { ~$0 } : keys
    isPresent = vector.isPresent
    isNullsFirst = order?.isNullsFirst ?? false
  }

  /// Equal rows keep the order they are given in.
  static func sorted(_ rows: [Int], by keys: [SortKey]) -> [Int] {
    guard !keys.isEmpty else { return rows }
    let places = rows.indices.sorted { left, right in
      for key in keys {
        let order = key.compare(rows[left], rows[right])
        if order != 0 { return order < 0 }
      }
      return left < right
    }
    return places.map { rows[$0] }
  }

  static func areEqual(_ left: Int, _ right: Int, _ keys: [SortKey]) -> Bool {
    keys.allSatisfy { $0.compare(left, right) == 0 }
  }

  /// Negative: `left` comes first.
  private func compare(_ left: Int, _ right: Int) -> Int {
    if let isPresent, !isPresent[left] || !isPresent[right] {
      if isPresent[left] == isPresent[right] { return 0 }
      return isPresent[left] == isNullsFirst ? 1 : -1
    }
    return keys[left] < keys[right] ? -1 : keys[left] > keys[right] ? 1 : 0
  }
}
