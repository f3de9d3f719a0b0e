/// An expression whose names are found and whose types are known.
struct Expression: Equatable {
  indirect enum Node: Equatable {
    case slot(Slot)
    case literal(Literal)
    case call(Function, [Expression])
    case choice([Branch], otherwise: Expression)
    case cast(Expression, isTry: Bool)
    /// IN a list whose values are known; of its type.
    case member(Expression, [Literal])
  }

  struct Branch: Equatable {
    var when: Expression
    var then: Expression
  }

  var node: Node
  var type: QueryType
  var place: Place

  init(_ node: Node, _ type: QueryType, _ place: Place) {
    self.node = node
    self.type = type
    self.place = place
  }

  init(_ literal: Literal, _ place: Place) { self.init(.literal(literal), literal.type, place) }

  /// Whether every column it reads fulfils a condition.
  func reads(only isAllowed: (Slot) -> Bool) -> Bool {
    switch node {
    case .slot(let slot): isAllowed(slot)
    case .literal: true
    case .call(_, let arguments): arguments.allSatisfy { $0.reads(only: isAllowed) }
    case .choice(let branches, let otherwise):
      branches.allSatisfy { $0.when.reads(only: isAllowed) && $0.then.reads(only: isAllowed) }
        && otherwise.reads(only: isAllowed)
    case .cast(let inner, _), .member(let inner, _): inner.reads(only: isAllowed)
    }
  }

  /// The conditions that must all hold.
  var conjuncts: [Expression] {
    if case .call(.and, let sides) = node { return sides.flatMap(\.conjuncts) }
    return [self]
  }
}

/// What is computed of the values of a row. The types of its arguments were made right by whoever made the call.
enum Function: Equatable {
  // Numbers: two of one type.
  case add, subtract, multiply, divide, wholeDivide, remainder, negate
  case abs, sign, floor, ceiling, truncate
  /// To so many places, which may be negative.
  case round
  case squareRoot, exponential, naturalLogarithm, logarithm10, logarithm2, power

  // Any two of one type.
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, isSame
  case greatest, least, coalesce

  case and, or, not, isNull

  // Text.
  case concatenate
  /// NULLs are passed over.
  case concatenateAll
  case lower, upper, length, trim, trimLeft, trimRight, left, right, substring, replace, contains, startsWith, endsWith,
    position
  case like(ignoresCase: Bool, escape: Unicode.Scalar?)

  // Days and instants.
  case addDays, daysBetween
  case addInterval(CalendarInterval)
  case truncated(CalendarUnit)
  case part(CalendarPart)
  case secondsSince1970
  case unitsBetween(CalendarUnit)
  case formatted(String)
  case makeDate
}
