/// A SELECT as it was written, nothing looked up yet.
struct SelectSyntax {
  var with: [NamedSelect] = []
  var isDistinct = false
  var items: [ItemSyntax] = []
  var from: SourceSyntax?
  var filter: ExpressionSyntax?
  var groups: [ExpressionSyntax] = []
  /// GROUP BY ALL: whatever is selected and holds no aggregate.
  var groupsByAll = false
  var having: ExpressionSyntax?
  var qualify: ExpressionSyntax?
  var order: [OrderSyntax] = []
  var limit: Int?
  var offset = 0
  var place: Place
}

/// `name AS (SELECT …)` behind WITH.
struct NamedSelect {
  var name: String
  var select: SelectSyntax
}

struct ItemSyntax {
  enum Kind {
    case expression(ExpressionSyntax)
    /// `*`, or `c.*`.
    case all(of: String?)
  }

  var kind: Kind
  var alias: String?
  /// The words, for a column without alias.
  var text: String
  var place: Place
}

struct OrderSyntax {
  var expression: ExpressionSyntax
  var isDescending = false
  var isNullsFirst = false
}

/// What stands behind FROM.
indirect enum SourceSyntax {
  case table(name: String, alias: String?, Place)
  case select(SelectSyntax, alias: String?)
  case join(SourceSyntax, SourceSyntax, JoinKind, JoinCondition, Place)
}

enum JoinKind { case inner, left, right, full, cross }

enum JoinCondition {
  case none
  case on(ExpressionSyntax)
  case using([(name: String, place: Place)])
}

struct ExpressionSyntax {
  indirect enum Kind {
    case name(qualifier: String?, String)
    case literal(Literal)
    /// NOT, `-`, `+`.
    case unary(String, ExpressionSyntax)
    /// An operator by its symbol or word.
    case binary(String, ExpressionSyntax, ExpressionSyntax)
    case isNull(ExpressionSyntax)
    case like(ExpressionSyntax, pattern: ExpressionSyntax, escape: ExpressionSyntax?, ignoresCase: Bool)
    case inList(ExpressionSyntax, [ExpressionSyntax])
    case inSelect(ExpressionSyntax, SelectSyntax)
    case choice([BranchSyntax], otherwise: ExpressionSyntax?)
    case cast(ExpressionSyntax, QueryType, isTry: Bool)
    case call(CallSyntax)
    case select(SelectSyntax)
  }

  var kind: Kind
  var place: Place

  init(_ kind: Kind, _ place: Place) {
    self.kind = kind
    self.place = place
  }
}

/// WHEN … THEN ….
struct BranchSyntax {
  var when: ExpressionSyntax
  var then: ExpressionSyntax
}

/// `sum(DISTINCT x) FILTER (WHERE y) OVER (PARTITION BY z)`.
struct CallSyntax {
  var name: String
  var namePlace: Place
  var arguments: [ExpressionSyntax] = []
  /// `count(*)`.
  var isOfAll = false
  var isDistinct = false
  var filter: ExpressionSyntax?
  var window: WindowSyntax?
}

struct WindowSyntax {
  var partition: [ExpressionSyntax] = []
  var order: [OrderSyntax] = []
  /// ROWS: how many rows before and after; nil: to the partition's end. Without ROWS up to the row and its peers.
  var frame: RowFrame?
}

struct RowFrame: Equatable {
  /// Relative to the row: −3 is three rows before it; nil: from the partition's first row.
  var start: Int?
  /// nil: to the partition's last row.
  var end: Int?
}

/// What may be asked of a value without knowing its column.
enum QueryType: String, Sendable {
  case boolean = "BOOLEAN"
  case integer = "BIGINT"
  /// Six places, 18 digits.
  case decimal = "DECIMAL"
  case double = "DOUBLE"
  case string = "VARCHAR"
  case date = "DATE"
  /// An instant; its parts are those of UTC.
  case timestamp = "TIMESTAMP"
  /// Only added to days and instants.
  case interval = "INTERVAL"
  /// Of NULL alone: becomes whatever it stands beside.
  case null = "NULL"

  var isNumber: Bool { self == .integer || self == .decimal || self == .double }
}

/// A value that stands in the text.
enum Literal: Equatable, Sendable {
  case null
  case boolean(Bool)
  case integer(Int64)
  case decimal(millionths: Int64)
  case double(Double)
  case string(String)
  case date(Int32)
  case timestamp(Int64)
  case interval(CalendarInterval)

  var type: QueryType {
    switch self {
    case .null: .null
    case .boolean: .boolean
    case .integer: .integer
    case .decimal: .decimal
    case .double: .double
    case .string: .string
    case .date: .date
    case .timestamp: .timestamp
    case .interval: .interval
    }
  }
}

extension ExpressionSyntax {
  /// Whether it holds an aggregate of its own rows; one of OVER is none, but may hold one.
  var hasAggregate: Bool {
    switch kind {
    case .name, .literal, .select: return false
    case .unary(_, let inner), .isNull(let inner), .cast(let inner, _, _), .inSelect(let inner, _): return inner.hasAggregate
    case .binary(_, let left, let right): return left.hasAggregate || right.hasAggregate
    case .like(let text, let pattern, _, _): return text.hasAggregate || pattern.hasAggregate
    case .inList(let value, let items): return value.hasAggregate || items.contains(where: \.hasAggregate)
    case .choice(let branches, let otherwise):
      return branches.contains { $0.when.hasAggregate || $0.then.hasAggregate } || otherwise?.hasAggregate ?? false
    case .call(let call):
      if call.window == nil, AggregateNames.isAggregate(call.name) { return true }
      let window = call.window.map { $0.partition + $0.order.map(\.expression) } ?? []
      return (call.arguments + window).contains(where: \.hasAggregate)
    }
  }
}
