/// The text fields of an event's envelope, in the order in which `EventRow` holds them.
///
/// The customer is not among them: a log says a number, and names it once (`EventRow.customerName`).
public enum TextField: Int, CaseIterable, Sendable {
  case source, id, kind, account, party, channel, direction, agent, department, subject, currency, corrects, text

  /// The field's name on the wire and in a canonical line.
  public var name: String { Self.names[rawValue] }

  public static let count = 13
  static let names = [
    "source", "id", "kind", "account", "party", "channel", "direction", "agent", "department", "subject",
    "currency", "corrects", "text",
  ]
}

/// A run of bytes in the arena of an `EventBatch`. `absent` has no bytes at all, which differs from empty.
@frozen
public struct ByteSlice: Sendable, Equatable {
  public var offset: UInt32
  public var count: UInt32

  @inlinable public init(offset: UInt32, count: UInt32) {
    self.offset = offset
    self.count = count
  }

  @inlinable public init(_ offset: Int, _ count: Int) {
    self.init(offset: UInt32(truncatingIfNeeded: offset), count: UInt32(truncatingIfNeeded: count))
  }

  @inlinable public static var absent: ByteSlice { ByteSlice(offset: 0, count: .max) }
  @inlinable public var isPresent: Bool { count != .max }
  @inlinable public var isAbsent: Bool { count == .max }
}

/// An instant in microseconds since 1970-01-01T00:00:00Z.
public typealias Instant = Int64

extension Instant {
  /// Stands for "no instant" in columns and rows; far outside 1900 ... 2200.
  @inlinable public static var absentInstant: Instant { Int64.min }
}

/// What a value under a key of `data` is. Raw values are written to disk.
public enum DataType: UInt8, Sendable, CaseIterable {
  /// An exact number without a fraction, then one with a fraction: two columns, so that counts stay integers.
  case integer = 0, decimal = 1
  case boolean = 2
  case string = 3
  /// Arrays and objects, as canonical JSON text.
  case json = 4
  /// A sealed value: 32 bytes of commitment.
  case sealed = 5
}

/// One key of an event's `data` with its value. Entries of an event are sorted by key, as canonical JSON sorts them.
@frozen
public struct DataEntry: Sendable {
  public var key: ByteSlice
  public var type: DataType
  /// `integer`, `decimal`: the number; `boolean`: 0 or 1 as mantissa.
  public var number: ExactDecimal
  /// `string`: its UTF-8; `json`: canonical JSON; `sealed`: 32 bytes.
  public var bytes: ByteSlice
  /// The key itself, or a key at any depth of the value, is one of `PersonalKeys`: the whole value will be sealed.
  public var isPersonal: Bool

  @inlinable public init(
    key: ByteSlice, type: DataType, number: ExactDecimal = .absent, bytes: ByteSlice = .absent, isPersonal: Bool = false
  ) {
    self.key = key
    self.type = type
    self.number = number
    self.bytes = bytes
    self.isPersonal = isPersonal
  }
}

/// One event as slots into an `EventBatch`: plain data, no references, so that millions pass without allocation.
///
/// A row is in one of two states. As read from a source: `customerName` is what the source says, `customer` is 0,
/// nothing is sealed. As recorded: `customer` is the ledger's number (0: firm-side), `customerName` is present only
/// on the event that introduces the number, and every bit in `sealed` says that the slice holds a 32-byte commitment.
@frozen
public struct EventRow: Sendable {
  public var fields: InlineArray<13, ByteSlice>
  public var customerName: ByteSlice
  public var otherCustomerName: ByteSlice
  public var customer: UInt32
  public var otherCustomer: UInt32
  public var time: Instant
  public var recorded: Instant
  public var due: Instant
  public var amount: ExactDecimal
  public var score: ExactDecimal
  /// The event's entries are `batch.data[dataStart ..< dataStart + dataCount]`.
  public var dataStart: UInt32
  public var dataCount: UInt32
  /// Bit `TextField.rawValue`, `sealedCustomerBit` or `sealedOtherCustomerBit`: that slice is a commitment.
  public var sealed: UInt32
  /// The line of the source file, 1-based; for messages only.
  public var line: UInt64

  public static let sealedCustomerBit: UInt32 = 1 << 30
  public static let sealedOtherCustomerBit: UInt32 = 1 << 31

  @inlinable public init() {
    fields = InlineArray(repeating: .absent)
    customerName = .absent
    otherCustomerName = .absent
    customer = 0
    otherCustomer = 0
    time = .absentInstant
    recorded = .absentInstant
    due = .absentInstant
    amount = .absent
    score = .absent
    dataStart = 0
    dataCount = 0
    sealed = 0
    line = 0
  }

  @inlinable public subscript(_ field: TextField) -> ByteSlice {
    get { fields[field.rawValue] }
    set { fields[field.rawValue] = newValue }
  }
}

/// Rows and the bytes they point into: how events travel from a scanner to the log and back.
///
/// One stage owns a batch at a time and hands it on; nothing else keeps a reference. That is what makes it `Sendable`.
public final class EventBatch: @unchecked Sendable {
  public var bytes: [UInt8]
  public var rows: [EventRow]
  public var data: [DataEntry]

  public init(bytes: [UInt8] = [], rows: [EventRow] = [], data: [DataEntry] = []) {
    self.bytes = bytes
    self.rows = rows
    self.data = data
  }

  /// The text of a slice, or nil where it is absent. For messages and tests, not for inner loops.
  public func string(_ slice: ByteSlice) -> String? {
    guard slice.isPresent else { return nil }
    return String(decoding: bytes[Int(slice.offset)..<Int(slice.offset) + Int(slice.count)], as: UTF8.self)
  }

  /// Copies `text` into the arena.
  public func add(_ text: some Collection<UInt8>) -> ByteSlice {
    let slice = ByteSlice(bytes.count, text.count)
    bytes.append(contentsOf: text)
    return slice
  }
}
