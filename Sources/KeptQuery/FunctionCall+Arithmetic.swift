import Glibc

extension FunctionCall {
  // MARK: integers and decimals

  /// Overflow is an error: a wrong number is worse than none.
  func exactArithmetic() throws(QueryError) -> Vector {
    let first = arguments[0].integers
    let isPresent = presence
    switch function {
    case .negate:
      return Vector(type, try checked(isPresent) { (0 as Int64).subtractingReportingOverflow(first[$0]) }, isPresent: isPresent)
    case .abs:
      return Vector(
        type,
        try checked(isPresent) { first[$0] < 0 ? (0 as Int64).subtractingReportingOverflow(first[$0]) : (first[$0], false) },
        isPresent: isPresent)
    case .sign: return Vector(.integer, first.map { $0.signum() }, isPresent: isPresent)
    case .floor: return Vector(type, first.map { wholeMillionths($0, -1) }, isPresent: isPresent)
    case .ceiling: return Vector(type, first.map { wholeMillionths($0, 1) }, isPresent: isPresent)
    case .truncate: return Vector(type, first.map { wholeMillionths($0, $0 < 0 ? 1 : -1) }, isPresent: isPresent)
    case .round: return try rounded(first)
    default: break
    }
    let second = arguments[1].integers
    switch function {
    case .add:
      return Vector(type, try checked(isPresent) { first[$0].addingReportingOverflow(second[$0]) }, isPresent: isPresent)
    case .subtract:
      return Vector(type, try checked(isPresent) { first[$0].subtractingReportingOverflow(second[$0]) }, isPresent: isPresent)
    case .multiply:
      // At most one of them is a decimal, so that the product has millionths too.
      return Vector(
        type, try checked(isPresent) { first[$0].multipliedReportingOverflow(by: second[$0]) }, isPresent: isPresent)
    default:
      for row in second.indices where second[row] == 0 && isPresent?[row] ?? true {
        throw QueryError("a division by zero", at: place, next: "nullif(x, 0) makes the result NULL there.")
      }
      let isRemainder = function == .remainder
      return Vector(
        type,
        try checked(isPresent) { row in
          if second[row] == 0 { return (0, false) }
          return isRemainder
            ? (second[row] == -1 ? 0 : first[row] % second[row], false) : first[row].dividedReportingOverflow(by: second[row])
        }, isPresent: isPresent)
    }
  }

  /// The whole number above (`direction` 1) or below (−1) of a decimal; an integer is its own.
  private func wholeMillionths(_ value: Int64, _ direction: Int64) -> Int64 {
    guard arguments[0].type == .decimal else { return value }
    let rest = value % Numbers.millionthsPerUnit
    if rest == 0 || (rest > 0) == (direction < 0) { return value - rest }
    return value - rest + direction * Numbers.millionthsPerUnit
  }

  /// Halves away from zero.
  private func rounded(_ values: [Int64]) throws(QueryError) -> Vector {
    let isPresent = presence
    let places = arguments.count == 2 ? arguments[1].integers : [Int64](repeating: 0, count: count)
    let ownPlaces: Int64 = arguments[0].type == .decimal ? 6 : 0
    return Vector(
      type,
      try checked(isPresent) { row in
        let dropped = ownPlaces - places[row]
        guard dropped > 0 else { return (values[row], false) }
        guard dropped <= 18 else { return (0, false) }
        let unit = Self.powersOfTen[Int(dropped)]
        let rest = values[row] % unit
        let down = values[row] - rest
        return rest.magnitude * 2 >= unit.magnitude ? down.addingReportingOverflow(rest < 0 ? -unit : unit) : (down, false)
      }, isPresent: isPresent)
  }

  private static let powersOfTen: [Int64] = (0..<18).reduce(into: [1]) { powers, _ in powers.append(powers.last! * 10) }

  private func checked(
    _ isPresent: [Bool]?, _ value: (Int) -> (Int64, Bool)
  ) throws(QueryError) -> [Int64] {
    let limit = type == .decimal ? UInt64(Numbers.millionthsMax) : .max
    var result = [Int64](repeating: 0, count: count)
    for row in 0..<count {
      let (number, isOver) = value(row)
      if isOver || number.magnitude > limit {
        guard isPresent?[row] ?? true else { continue }
        throw QueryError(
          type == .decimal ? "a decimal of more than 18 digits" : "a number beyond 64 bits", at: place,
          next: "with CAST(… AS DOUBLE) it is computed approximately.")
      }
      result[row] = number
    }
    return result
  }

  // MARK: doubles

  func doubleArithmetic() -> Vector {
    let first = doubles(0)
    func single(_ value: (Double) -> Double) -> Vector { Vector(first.map(value), isPresent: presence) }
    switch function {
    case .negate: return single { -$0 }
    case .abs: return single { Swift.abs($0) }
    case .sign: return Vector(.integer, first.map { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }, isPresent: presence)
    case .floor: return single { $0.rounded(.down) }
    case .ceiling: return single { $0.rounded(.up) }
    case .truncate: return single { $0.rounded(.towardZero) }
    case .squareRoot: return single { $0.squareRoot() }
    case .exponential: return single { exp($0) }
    case .naturalLogarithm: return single { log($0) }
    case .logarithm10: return single { log10($0) }
    case .logarithm2: return single { log2($0) }
    case .round where arguments.count == 1: return single { $0.rounded(.toNearestOrAwayFromZero) }
    default: break
    }
    if function == .round {
      let places = arguments[1].integers
      return Vector(first.indices.map { Self.rounded(first[$0], places[$0]) }, isPresent: presence)
    }
    let second = doubles(1)
    func pairwise(_ value: (Double, Double) -> Double) -> Vector {
      Vector(first.indices.map { value(first[$0], second[$0]) }, isPresent: presence)
    }
    switch function {
    case .add: return pairwise(+)
    case .subtract: return pairwise(-)
    case .multiply: return pairwise(*)
    case .remainder: return pairwise { fmod($0, $1) }
    case .power: return pairwise { pow($0, $1) }
    default: return pairwise(/)
    }
  }

  private func doubles(_ index: Int) -> [Double] {
    let vector = arguments[index]
    return switch vector.type {
    case .double: vector.doubles
    case .decimal: vector.integers.map(Conversion.double)
    default: vector.integers.map { Double($0) }
    }
  }

  /// To decimal places; what is too large to have them stays as it is.
  private static func rounded(_ value: Double, _ places: Int64) -> Double {
    let factor = pow(10, Double(places.magnitude))
    let scaled = places < 0 ? value / factor : value * factor
    let whole = scaled.rounded(.toNearestOrAwayFromZero)
    let result = places < 0 ? whole * factor : whole / factor
    return result.isFinite ? result : places < 0 ? 0 : value
  }
}
