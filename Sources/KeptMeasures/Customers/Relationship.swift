import KeptFormat

/// A touch that ended a relationship, or began one (again).
struct RelationshipTurn {
  enum Party: UInt8 { case unsaid, customer, us, mutual, external }
  /// Its row in the chunk.
  var row: Int
  var time: Instant
  /// nil: it began; otherwise who left.
  var ended: Party?
  /// When an end takes effect; never before `time`.
  var effective: Instant
  /// Since when the relationship that begins is said to have lasted, where some measure asks; never after `time`.
  var since = Instant.max
}

extension RelationshipTurn.Party {
  static let words = ["customer", "us", "mutual", "external"]

  init(word: String) {
    switch word {
    case "customer": self = .customer
    case "us": self = .us
    case "mutual": self = .mutual
    case "external": self = .external
    default: self = .unsaid
    }
  }

  /// What a column says; NULL where nobody said who left.
  var word: String? {
    switch self {
    case .customer: "customer"
    case .us: "us"
    case .mutual: "mutual"
    case .external: "external"
    case .unsaid: nil
    }
  }
}

/// Whether a relationship stands, followed turn by turn. Metrics 3.41.
///
/// An end is in force from the instant it takes effect; what begins before that instant takes it back.
struct Relationship {
  typealias End = (at: Instant, party: RelationshipTurn.Party)

  private(set) var hasEnded = false
  private var announced: End?

  /// The announced end, if it has taken effect by `time`; told once.
  mutating func pass(_ time: Instant) -> End? {
    guard let end = announced, end.at <= time else { return nil }
    announced = nil
    hasEnded = true
    return end
  }

  /// - Returns: whether what had ended began again.
  /// - Precondition: `pass` was asked up to the turn's time.
  mutating func take(_ turn: RelationshipTurn) -> Bool {
    if let party = turn.ended {
      if !hasEnded { announced = (min(turn.effective, announced?.at ?? .max), party) }
      return false
    }
    announced = nil
    defer { hasEnded = false }
    return hasEnded
  }
}
