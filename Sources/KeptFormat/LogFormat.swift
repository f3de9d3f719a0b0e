/// The numbers of the format on disk, each in one place. What they mean: LogFormat.md.
public enum LogFormat {
  /// Events in a sealed block: one level-16 subtree of the Merkle tree. A block in memory (the tail's) may hold fewer.
  public static let blockEventCount = 65_536

  /// Raises with every change of a block's layout; a reader names the versions it does not know.
  public static let blockVersion: UInt32 = 1
  static let blockMagic: StaticString = "KEPTBLK1"
  package static let blockFixedByteCount = 128
  /// How much of a block must be read to know how long its header and the block are.
  public static let blockPrefixByteCount = 24
  /// Where the zeros at the end of the fixed part begin.
  static let blockReservedOffset = 112

  /// A header: the fixed part, kinds, directory, checksum. Bounds what is read before any checksum is known.
  public static let headerByteCountMax = 1 << 26
  /// `data` columns in a block; the keys beyond share the column `otherData`.
  public static let dataColumnCountMax = 1_024
  static let columnCountMax = 64 + dataColumnCountMax
  public static let keyByteCountMax = 128
  /// Keys under an event's `data`.
  public static let dataKeyCountMax = 256

  /// Integers are packed by this many, each group with a width of its own.
  static let miniblockCount = 128
  /// Prefixes in one set of numbered strings, and bytes in a prefix or pattern: bounds what few bytes can expand to.
  static let templateCountMax = 64
  static let templateByteCountMax = 255
  /// LZ4 cannot expand a byte to more; a stream that announces more is refused before anything is allocated.
  package static let inflationMax = 255
}

/// What a column of a block holds. Raw values are written to disk.
///
/// `sealed(_:)`, `data` and the three at 64 and up repeat with a type or key; the others occur at most once a block.
public struct ColumnCode: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  init(_ value: UInt8) { rawValue = value }

  public static let time = ColumnCode(1)
  public static let recorded = ColumnCode(2)
  public static let customer = ColumnCode(3)
  public static let otherCustomer = ColumnCode(4)
  public static let amount = ColumnCode(5)
  public static let score = ColumnCode(6)
  public static let due = ColumnCode(7)
  public static let customerName = ColumnCode(8)
  public static let otherCustomerName = ColumnCode(9)
  public static let data = ColumnCode(10)
  public static let otherData = ColumnCode(11)

  /// Plain values of a text field: 32 and up. `text` has none, it is always sealed.
  public static func text(_ field: TextField) -> ColumnCode { ColumnCode(32 + UInt8(field.rawValue)) }
  /// Commitments of a text field: 64 and up.
  public static func sealed(_ field: TextField) -> ColumnCode { ColumnCode(64 + UInt8(field.rawValue)) }
  /// Commitments of the external ids that an event introduces.
  public static let sealedCustomerName = ColumnCode(96)
  public static let sealedOtherCustomerName = ColumnCode(97)

  /// The text field whose plain values or commitments these are.
  var textField: TextField? {
    switch rawValue {
    case 32..<64: TextField(rawValue: Int(rawValue) - 32)
    case 64..<96: TextField(rawValue: Int(rawValue) - 64)
    default: nil
    }
  }

  var isKnown: Bool {
    switch rawValue {
    case 1...11, 96, 97: true
    case 32..<64: textField.map { $0 != .text } ?? false
    case 64..<96: textField != nil
    default: false
    }
  }

  /// The column's name in messages and reports.
  public var name: String {
    switch self {
    case .time: "time"
    case .recorded: "recorded"
    case .customer: "customer"
    case .otherCustomer: "other_customer"
    case .amount: "amount"
    case .score: "score"
    case .due: "due"
    case .customerName: "names.customer"
    case .otherCustomerName: "names.other_customer"
    case .data: "data"
    case .otherData: "data (other keys)"
    case .sealedCustomerName: "sealed.customer"
    case .sealedOtherCustomerName: "sealed.other_customer"
    default:
      textField.map { rawValue < 64 ? $0.name : "sealed.\($0.name)" } ?? "column \(rawValue)"
    }
  }
}
