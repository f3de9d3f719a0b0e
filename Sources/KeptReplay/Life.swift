import KeptFormat

/// One touchpoint of a life, in 16 bytes; what else a measure needs stands in the detail its kind asked for.
@frozen
public struct TouchRow: Sendable {
  /// Microseconds since 1970-01-01T00:00:00Z.
  public var time: Instant
  /// The entity's place in its partition; a fold learns the entity itself from `LifeFold.begin`.
  public var entity: UInt16
  /// `kind code << 2 | direction`, see `TouchClass`.
  public var touchClass: UInt16
  /// Where the detail starts in the partition's words; `noDetail` for kinds that asked for none.
  public var detail: UInt32

  public static let noDetail = UInt32.max

  @inlinable public init(time: Instant, entity: UInt16, touchClass: UInt16, detail: UInt32) {
    self.time = time
    self.entity = entity
    self.touchClass = touchClass
    self.detail = detail
  }
}

/// Kind and stated direction of a touch as one small number, so that a fold looks up everything they imply at once.
public enum TouchClass {
  public static let directionAbsent: UInt16 = 0
  public static let directionIn: UInt16 = 1
  public static let directionOut: UInt16 = 2
  public static let directionBoth: UInt16 = 3
  /// Kinds a replay can tell apart; a ledger with more is refused by name.
  public static let kindCountMax = 1 << 14

  /// What an event says of its direction.
  static func direction(_ word: String?) -> UInt16 {
    switch word {
    case "in": directionIn
    case "out": directionOut
    case "both": directionBoth
    default: directionAbsent
    }
  }

  @inlinable public static func make(kind: Int, direction: UInt16) -> UInt16 {
    UInt16(truncatingIfNeeded: kind << 2) | direction
  }
  @inlinable public static func kind(_ touchClass: UInt16) -> Int { Int(touchClass >> 2) }
  @inlinable public static func direction(_ touchClass: UInt16) -> UInt16 { touchClass & 3 }
}

/// A field that the touches of a kind must carry because a measure reads it.
public enum DetailField: Hashable, Sendable {
  /// `source`, `channel`, `agent`, `department`, `account`, `party`, `currency`: `Touches.code`; the others: `Touches.text`.
  case text(TextField)
  /// A key of `data` whose value is a number or a boolean (`Touches.number`), or a string, a list or an object
  /// (`Touches.text`; the latter two as canonical JSON). A value of another type counts as absent.
  case dataNumber(String)
  case dataText(String)
  case amount, score, due
  case position, recorded
  /// The number of the customer, or of whoever they were merged into (`Touches.code`): whose touch it is in an account's
  /// life.
  case customer
  /// The number of the second customer, of a merge or a referral.
  case otherCustomer
}

/// What a replay must read, declared by the measures before any block is opened.
public struct ReplayPlan: Sendable {
  public enum Entity: Sendable { case customer, account }

  /// Whose lives are folded: a customer's, or an account's (touches without an account are left out).
  public var entity: Entity
  /// The fields each kind carries, in slot order; kinds not named carry only the row.
  public var details: [String: [DetailField]]
  /// The fields of every kind that `details` does not name; empty in a lean plan.
  public var detailsOfOthers: [DetailField]

  public init(entity: Entity = .customer, details: [String: [DetailField]] = [:], detailsOfOthers: [DetailField] = []) {
    self.entity = entity
    self.details = details
    self.detailsOfOthers = detailsOfOthers
  }
}

extension ReplayPlan {
  /// The same, with where each touch stands in the log.
  public func withPositions() -> ReplayPlan {
    func adding(_ fields: [DetailField]) -> [DetailField] { fields.contains(.position) ? fields : fields + [.position] }
    return ReplayPlan(entity: entity, details: details.mapValues(adding), detailsOfOthers: adding(detailsOfOthers))
  }
}

/// Touches of one life, ordered by (time, position), with access to their details.
///
/// Valid only inside the call that hands it over: the memory behind it is reused.
public struct Touches {
  public let rows: UnsafeBufferPointer<TouchRow>
  @usableFromInline let words: UnsafePointer<UInt64>
  @usableFromInline let bytes: UnsafePointer<UInt8>

  @inlinable public init(
    rows: UnsafeBufferPointer<TouchRow>, words: UnsafePointer<UInt64>, bytes: UnsafePointer<UInt8>
  ) {
    self.rows = rows
    self.words = words
    self.bytes = bytes
  }

  /// Marks a slot without a value.
  @inlinable public static var absentWord: UInt64 { UInt64(bitPattern: Int64.min) }
  /// The byte count of a text slot stands above this bit, its offset below it.
  @inlinable public static var textOffsetBits: UInt64 { 40 }

  @inlinable public func word(_ row: Int, _ slot: Int) -> UInt64 { words[Int(rows[row].detail) + slot] }

  /// Numbers × 10⁶, instants in microseconds, booleans as 0 and 1 × 10⁶, positions and customers as they are;
  /// `Int64.min` where absent.
  @inlinable public func number(_ row: Int, _ slot: Int) -> Int64 { Int64(bitPattern: word(row, slot)) }

  /// The interned code of a field with few values; 0 where absent. The words are in `ReplayResult.strings`.
  @inlinable public func code(_ row: Int, _ slot: Int) -> UInt32 { UInt32(truncatingIfNeeded: word(row, slot)) }

  /// The bytes of a text slot, or nil where absent.
  @inlinable public func text(_ row: Int, _ slot: Int) -> UnsafeRawBufferPointer? {
    let word = word(row, slot)
    guard word != Self.absentWord else { return nil }
    let offset = Int(word & (1 << Self.textOffsetBits - 1))
    return UnsafeRawBufferPointer(start: bytes + offset, count: Int(word >> Self.textOffsetBits))
  }
}

/// A fold over lives. Each worker has its own; their owner merges them afterwards by adding integers.
public protocol LifeFold: AnyObject {
  /// A life begins: a customer's number (0: events without a customer) or an account's code.
  func begin(entity: UInt32)
  /// Its touches in order; a life larger than its share of memory comes in several calls.
  func apply(_ touches: Touches)
  func end()
}
