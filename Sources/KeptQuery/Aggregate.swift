/// What is computed of several rows.
struct Aggregate: Equatable {
  enum Kind: Equatable {
    /// Of rows, or of those that have a value.
    case count
    case sum, average, minimum, maximum
    /// The first value there is.
    case anyValue
    /// `isRoot`: the standard deviation.
    case variance(isSample: Bool, isRoot: Bool)
    case allTrue, anyTrue
    /// 0 to 1; discrete: a value that there is, else between two.
    case quantile(Double, isDiscrete: Bool)
  }

  var kind: Kind
  /// nil: `count(*)`.
  var argument: Expression?
  var isDistinct = false
  var filter: Expression?
  var type: QueryType
  var place: Place

  /// A value for each group.
  func values(_ relation: Relation, _ grouping: Grouping) throws -> Vector {
    let input = try AggregateInput(self, relation)
    let rows = input.rows(distinctWithin: isDistinct ? grouping : nil)
    if case .quantile(let share, let isDiscrete) = kind {
      return Quantile(share: share, isDiscrete: isDiscrete, type: type).values(input, rows, grouping)
    }
    var states = [AggregateState](repeating: AggregateState(), count: grouping.count)
    let groups = grouping.groups
    for row in rows { input.add(row, to: &states[groups[row]]) }
    return try input.result(states)
  }
}

/// What has been seen of a group.
struct AggregateState {
  var count = 0
  var exactSum: Int128 = 0
  var sum = 0.0
  /// Welford's mean and sum of squared differences.
  var mean = 0.0
  var squares = 0.0
  /// The row of the least or greatest value, or of the first.
  var best = -1
  var isTrue = false
}

/// The values that an aggregate sees, ready to be added row by row.
struct AggregateInput {
  let aggregate: Aggregate
  let values: Vector?
  private let filter: Vector?
  private let rowCount: Int
  private let integers: [Int64]
  private let doubles: [Double]
  private let booleans: [Bool]
  let keys: [UInt64]

  init(_ aggregate: Aggregate, _ relation: Relation) throws {
    self.aggregate = aggregate
    rowCount = relation.rowCount
    let evaluator = Evaluator(relation: relation)
    values = try aggregate.argument.map { try evaluator.value($0) }
    filter = try aggregate.filter.map { try evaluator.value($0) }
    var (integers, doubles, booleans, keys): ([Int64], [Double], [Bool], [UInt64]) = ([], [], [], [])
    if let values {
      switch aggregate.kind {
      case .minimum, .maximum, .quantile: keys = OrderKeys.keys(of: [values])[0]
      case .sum, .average, .variance:
        if values.type == .double { doubles = values.doubles } else { integers = values.integers }
      case .allTrue, .anyTrue: booleans = values.booleans
      case .count, .anyValue: break
      }
    }
    (self.integers, self.doubles, self.booleans, self.keys) = (integers, doubles, booleans, keys)
  }

  /// The rows that count.
  func rows(distinctWithin grouping: Grouping?) -> [Int] {
    var rows = filter?.trueRows ?? Array(0..<rowCount)
    if let values, values.isPresent != nil { rows = rows.filter { !values.isNull($0) } }
    guard let grouping, let values else { return rows }
    let groups = Vector(.integer, grouping.groups.map { Int64($0) }).picking(rows)
    return Grouping([groups, values.picking(rows)], rowCount: rows.count).firstRows.map { rows[$0] }
  }

  func counts(_ row: Int) -> Bool {
    if let filter, filter.isNull(row) || !filter.booleans[row] { return false }
    return values.map { !$0.isNull(row) } ?? true
  }

  @inline(__always)
  func add(_ row: Int, to state: inout AggregateState) {
    state.count += 1
    switch aggregate.kind {
    case .count, .quantile: break
    case .sum, .average:
      if integers.isEmpty { state.sum += doubles[row] } else { state.exactSum += Int128(integers[row]) }
    case .variance:
      let value = doubles[row]
      let difference = value - state.mean
      state.mean += difference / Double(state.count)
      state.squares += difference * (value - state.mean)
    case .minimum: if state.best < 0 || keys[row] < keys[state.best] { state.best = row }
    case .maximum: if state.best < 0 || keys[row] > keys[state.best] { state.best = row }
    case .anyValue: if state.best < 0 { state.best = row }
    case .allTrue: state.isTrue = (state.count == 1 || state.isTrue) && booleans[row]
    case .anyTrue: state.isTrue = state.isTrue || booleans[row]
    }
  }

  /// One value for each state; NULL, but for counts, where nothing was seen.
  func result(_ states: [AggregateState]) throws(QueryError) -> Vector {
    let isPresent = states.map { $0.count > 0 }
    switch aggregate.kind {
    case .count: return Vector(.integer, states.map { Int64($0.count) })
    case .minimum, .maximum, .anyValue: return values!.picking(states.map(\.best))
    case .allTrue, .anyTrue: return Vector(states.map(\.isTrue), isPresent: isPresent)
    case .sum where aggregate.type == .double: return Vector(states.map(\.sum), isPresent: isPresent)
    case .sum: return try exactSums(states, isPresent)
    case .average:
      let unit = values!.type == .decimal ? Double(Numbers.millionthsPerUnit) : 1
      return Vector(
        states.map { $0.count == 0 ? 0 : (values!.type == .double ? $0.sum : Double($0.exactSum) / unit) / Double($0.count) },
        isPresent: isPresent)
    case .variance(let isSample, let isRoot):
      return Vector(
        states.map { state in
          let count = state.count - (isSample ? 1 : 0)
          let variance = count > 0 ? state.squares / Double(count) : 0
          return isRoot ? variance.squareRoot() : variance
        }, isPresent: states.map { $0.count > (isSample ? 1 : 0) })
    case .quantile: preconditionFailure("quantiles are computed of all values at once")
    }
  }

  private func exactSums(_ states: [AggregateState], _ isPresent: [Bool]) throws(QueryError) -> Vector {
    let limit = aggregate.type == .decimal ? Int128(Numbers.millionthsMax) : Int128(Int64.max)
    for state in states where state.exactSum.magnitude > limit.magnitude {
      throw QueryError(
        aggregate.type == .decimal ? "a sum of more than 18 digits" : "a sum beyond 64 bits", at: aggregate.place,
        next: "sum(CAST(… AS DOUBLE)) is computed approximately.")
    }
    return Vector(aggregate.type, states.map { Int64($0.exactSum) }, isPresent: isPresent)
  }
}

/// Quantiles of groups, from all values of each, sorted.
struct Quantile {
  let share: Double
  let isDiscrete: Bool
  let type: QueryType

  func values(_ input: AggregateInput, _ rows: [Int], _ grouping: Grouping) -> Vector {
    var starts = [Int](repeating: 0, count: grouping.count + 1)
    for row in rows { starts[grouping.groups[row] + 1] += 1 }
    for group in 0..<grouping.count { starts[group + 1] += starts[group] }
    var sorted = [Int](repeating: 0, count: rows.count)
    var next = starts
    for row in rows {
      sorted[next[grouping.groups[row]]] = row
      next[grouping.groups[row]] += 1
    }
    let values = input.values!
    var (lower, upper): ([Int], [Int]) = ([], [])
    var fractions: [Double] = []
    for group in 0..<grouping.count {
      let range = starts[group]..<starts[group + 1]
      guard !range.isEmpty else {
        lower.append(-1)
        upper.append(-1)
        fractions.append(0)
        continue
      }
      sorted[range].sort { (input.keys[$0], $0) < (input.keys[$1], $1) }
      if isDiscrete {
        let place = max(1, Int((share * Double(range.count)).rounded(.up)))
        lower.append(sorted[range.lowerBound + place - 1])
      } else {
        let place = share * Double(range.count - 1)
        lower.append(sorted[range.lowerBound + Int(place.rounded(.down))])
        upper.append(sorted[range.lowerBound + Int(place.rounded(.up))])
        fractions.append(place - place.rounded(.down))
      }
    }
    let low = values.picking(lower)
    return isDiscrete ? low : between(low, values.picking(upper), fractions)
  }

  private func between(_ low: Vector, _ high: Vector, _ fractions: [Double]) -> Vector {
    if low.type == .double {
      return Vector(
        fractions.indices.map { row in
          let (start, end) = (low.doubles[row], high.doubles[row])
          // Equal values stay what they are, infinite ones too.
          return start == end ? start : start + (end - start) * fractions[row]
        }, isPresent: low.isPresent)
    }
    // Of days: instants between them.
    let unit = low.type == .date ? Numbers.microsecondsPerDay : 1
    let (starts, ends) = (low.integers, high.integers)
    return Vector(
      type,
      fractions.indices.map { row in
        let start = starts[row] * unit
        return start + Int64((Double(ends[row] * unit - start) * fractions[row]).rounded(.down))
      }, isPresent: low.isPresent)
  }
}
