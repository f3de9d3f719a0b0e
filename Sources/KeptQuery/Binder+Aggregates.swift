import KeptFormat

/// What is computed of several rows, by name.
enum AggregateNames {
  static let all = [
    "any_value", "avg", "bool_and", "bool_or", "count", "count_if", "max", "mean", "median", "min", "quantile_cont",
    "quantile_disc", "stddev", "stddev_pop", "stddev_samp", "sum", "var_pop", "var_samp", "variance",
  ]

  static func isAggregate(_ name: String) -> Bool { all.contains(name) }
}

enum WindowNames {
  static let all: Set<String> = ["row_number", "rank", "dense_rank", "lag", "lead", "first_value", "last_value"]
}

extension Binder {
  /// - Parameter bind: of the arguments and the filter.
  func aggregate(
    _ call: CallSyntax, _ place: Place, _ bind: (ExpressionSyntax) throws -> Expression
  ) throws -> Aggregate {
    let name = call.name
    let arguments = try call.arguments.map(bind)
    let filter = try call.filter.map { try condition(try bind($0)) }
    if name == "count", arguments.isEmpty, !call.isDistinct {
      return Aggregate(kind: .count, filter: filter, type: .integer, place: place)
    }
    let isQuantile = name.hasPrefix("quantile_")
    guard arguments.count == (isQuantile ? 2 : 1), !call.isOfAll else {
      throw QueryError(
        "\(name) takes \(isQuantile ? "2 values" : "1 value"), not \(call.isOfAll ? "*" : "\(arguments.count)")", at: place)
    }
    let given = arguments[0]
    func made(_ kind: Aggregate.Kind, _ argument: Expression, _ type: QueryType) -> Aggregate {
      Aggregate(kind: kind, argument: argument, isDistinct: call.isDistinct, filter: filter, type: type, place: place)
    }
    func real(_ kind: Aggregate.Kind) throws -> Aggregate {
      made(kind, try converted(try number(given), to: .double), .double)
    }
    switch name {
    case "count": return made(.count, given, .integer)
    case "count_if":
      let condition = try condition(given)
      let both = try filter.map { try binary("and", $0, condition, place) } ?? condition
      return Aggregate(kind: .count, filter: both, type: .integer, place: place)
    case "sum":
      let value = given.type == .boolean ? try cast(given, to: .integer, isTry: false, place) : try number(given)
      return made(.sum, value, value.type)
    case "avg", "mean": return made(.average, try number(given), .double)
    case "min", "max", "any_value":
      let value = given.type == .null ? try converted(given, to: .integer) : given
      return made(name == "min" ? .minimum : name == "max" ? .maximum : .anyValue, value, value.type)
    case "bool_and", "bool_or": return made(name == "bool_and" ? .allTrue : .anyTrue, try condition(given), .boolean)
    case "stddev", "stddev_samp": return try real(.variance(isSample: true, isRoot: true))
    case "stddev_pop": return try real(.variance(isSample: false, isRoot: true))
    case "variance", "var_samp": return try real(.variance(isSample: true, isRoot: false))
    case "var_pop": return try real(.variance(isSample: false, isRoot: false))
    default: return try quantile(name, arguments, place, made)
    }
  }

  private func quantile(
    _ name: String, _ arguments: [Expression], _ place: Place,
    _ made: (Aggregate.Kind, Expression, QueryType) -> Aggregate
  ) throws -> Aggregate {
    var share = 0.5
    if arguments.count == 2 {
      guard case .double(let value)? = try constant(try converted(try number(arguments[1]), to: .double)),
        (0...1).contains(value)
      else { throw QueryError("a share from 0 to 1 is needed", at: arguments[1].place) }
      share = value
    }
    let value = arguments[0].type == .null ? try converted(arguments[0], to: .double) : arguments[0]
    if name == "quantile_disc" { return made(.quantile(share, isDiscrete: true), value, value.type) }
    switch value.type {
    case .integer, .double: return made(.quantile(share, isDiscrete: false), try converted(value, to: .double), .double)
    case .decimal: return made(.quantile(share, isDiscrete: false), value, .decimal)
    case .date, .timestamp: return made(.quantile(share, isDiscrete: false), value, .timestamp)
    default:
      throw QueryError(
        "there is nothing between two values of \(value.type.rawValue)", at: value.place,
        next: "quantile_disc takes one of them.")
    }
  }

  func window(_ call: CallSyntax, _ syntax: WindowSyntax, _ place: Place) throws -> Window {
    var window = Window(kind: .rowNumber, type: .integer, place: place)
    window.partition = try syntax.partition.map { try bind($0, in: .result) }
    window.order = try syntax.order.map { try ordered($0, in: .result) }
    window.frame = syntax.frame
    if let frame = syntax.frame, let start = frame.start, let end = frame.end, start > end {
      throw QueryError("a window that ends before it begins", at: place)
    }
    if AggregateNames.isAggregate(call.name) {
      let aggregate = try aggregate(call, place) { try self.bind($0, in: .result) }
      if case .quantile = aggregate.kind, !window.order.isEmpty || window.frame != nil {
        throw QueryError.beyond("a moving quantile", at: place)
      }
      if aggregate.isDistinct, !window.order.isEmpty || window.frame != nil {
        throw QueryError.beyond("DISTINCT in a moving window", at: place)
      }
      window.kind = .aggregate(aggregate)
      window.type = aggregate.type
      return window
    }
    guard WindowNames.all.contains(call.name) else {
      if Self.functionNames.contains(call.name) {
        throw QueryError("\(call.name) is computed of one row: without OVER", at: call.namePlace)
      }
      let near = nearest(to: call.name, among: (AggregateNames.all + Array(WindowNames.all)).sorted())
      throw QueryError(
        "there is no window function \(call.name) here", at: call.namePlace,
        next: near.map { "did you mean \($0)?" } ?? "", isForDuckDB: near == nil)
    }
    guard call.filter == nil, !call.isDistinct, !call.isOfAll else {
      throw QueryError("\(call.name) is no aggregate", at: call.namePlace)
    }
    return try ranked(call, window, place)
  }

  /// `row_number`, `lag` and the like.
  private func ranked(_ call: CallSyntax, _ unfinished: Window, _ place: Place) throws -> Window {
    var window = unfinished
    let arguments = try call.arguments.map { try bind($0, in: .result) }
    let countMax = ["lag", "lead"].contains(call.name) ? 3 : ["first_value", "last_value"].contains(call.name) ? 1 : 0
    guard arguments.count <= countMax, (countMax == 0) == arguments.isEmpty else {
      throw QueryError("\(call.name) does not take \(arguments.count) values", at: place)
    }
    if let value = arguments.first {
      window.argument = value.type == .null ? try converted(value, to: .integer) : value
      window.type = window.argument!.type
    }
    switch call.name {
    case "row_number": window.kind = .rowNumber
    case "rank": window.kind = .rank
    case "dense_rank": window.kind = .denseRank
    case "first_value": window.kind = .firstValue
    case "last_value": window.kind = .lastValue
    default:
      var distance: Int64 = 1
      if arguments.count > 1 {
        guard case .integer(let count)? = try constant(arguments[1]), count.magnitude < 1 << 32 else {
          throw QueryError("a whole number of rows is needed", at: arguments[1].place)
        }
        distance = count
      }
      window.kind = .lag(Int(call.name == "lead" ? -distance : distance))
      if arguments.count == 3 {
        let (values, type) = try unified([window.argument!, arguments[2]], place)
        (window.argument, window.substitute, window.type) = (values[0], values[1], type)
      }
    }
    return window
  }
}
