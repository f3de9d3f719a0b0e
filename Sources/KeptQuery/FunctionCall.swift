/// A function and the values it is given.
struct FunctionCall {
  let function: Function
  /// Of the result.
  let type: QueryType
  let place: Place
  let arguments: [Vector]
  /// How many rows there are.
  let count: Int

  func result() throws(QueryError) -> Vector {
    switch function {
    case .add, .subtract, .multiply, .wholeDivide, .remainder, .negate, .abs, .sign, .floor, .ceiling, .truncate, .round:
      return type == .double || arguments[0].type == .double ? doubleArithmetic() : try exactArithmetic()
    case .divide, .squareRoot, .exponential, .naturalLogarithm, .logarithm10, .logarithm2, .power: return doubleArithmetic()
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .isSame: return comparison()
    case .greatest, .least, .coalesce: return selection()
    case .and, .or, .not, .isNull: return logic()
    case .concatenate, .concatenateAll, .lower, .upper, .length, .trim, .trimLeft, .trimRight, .left, .right, .substring,
      .replace, .contains, .startsWith, .endsWith, .position, .like:
      return text()
    case .addDays, .daysBetween, .addInterval, .truncated, .part, .secondsSince1970, .unitsBetween, .formatted, .makeDate:
      return try calendar()
    }
  }

  /// Where all arguments have a value.
  var presence: [Bool]? { Vector.common(arguments) }
}

// MARK: - Comparison and logic

extension FunctionCall {
  private func comparison() -> Vector {
    let isEquality = [.equal, .notEqual, .isSame].contains(function)
    let keys = OrderKeys.keys(of: arguments, isOrdered: !isEquality)
    let (left, right) = (keys[0], keys[1])
    func compared(_ isTrue: (UInt64, UInt64) -> Bool) -> [Bool] { left.indices.map { isTrue(left[$0], right[$0]) } }
    switch function {
    case .equal: return Vector(compared(==), isPresent: presence)
    case .notEqual: return Vector(compared(!=), isPresent: presence)
    case .less: return Vector(compared(<), isPresent: presence)
    case .lessOrEqual: return Vector(compared(<=), isPresent: presence)
    case .greater: return Vector(compared(>), isPresent: presence)
    case .greaterOrEqual: return Vector(compared(>=), isPresent: presence)
    default:
      return Vector(
        left.indices.map { row in
          let (isLeftNull, isRightNull) = (arguments[0].isNull(row), arguments[1].isNull(row))
          return isLeftNull || isRightNull ? isLeftNull == isRightNull : left[row] == right[row]
        })
    }
  }

  /// For each row one of the arguments: the greatest, the least, or the first that is there. NULLs are passed over.
  private func selection() -> Vector {
    let keys = function == .coalesce ? [] : OrderKeys.keys(of: arguments)
    var chosen = [Int](repeating: 0, count: count)
    for row in 0..<count {
      var best: Int?
      for index in arguments.indices where !arguments[index].isNull(row) {
        guard let known = best else {
          best = index
          if function == .coalesce { break }
          continue
        }
        if function == .greatest ? keys[index][row] > keys[known][row] : keys[index][row] < keys[known][row] {
          best = index
        }
      }
      chosen[row] = best ?? 0
    }
    let parts = arguments.indices.map { index in
      let rows = chosen.indices.filter { chosen[$0] == index }
      return (rows: rows, values: arguments[index].picking(rows))
    }
    return .merged(parts, type, count: count)
  }

  /// Of three values: NULL is "not known".
  private func logic() -> Vector {
    let first = arguments[0]
    switch function {
    case .isNull: return Vector((0..<count).map { first.isNull($0) })
    case .not: return Vector(first.booleans.map { !$0 }, isPresent: first.isPresent)
    default:
      let second = arguments[1]
      // What decides alone: false of AND, true of OR.
      let decides = function == .or
      let (left, right) = (first.booleans, second.booleans)
      var values = [Bool](repeating: !decides, count: count)
      var isPresent = [Bool](repeating: true, count: count)
      for row in 0..<count {
        let (isLeftNull, isRightNull) = (first.isNull(row), second.isNull(row))
        if (!isLeftNull && left[row] == decides) || (!isRightNull && right[row] == decides) {
          values[row] = decides
        } else {
          isPresent[row] = !isLeftNull && !isRightNull
        }
      }
      return Vector(values, isPresent: first.isPresent == nil && second.isPresent == nil ? nil : isPresent)
    }
  }
}
