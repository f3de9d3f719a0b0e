/// The keys of an event's JSON object, in a source line or in a canonical line. The first 13 are `TextField`s.
@frozen
public enum EnvelopeKey: UInt8, Sendable, CaseIterable {
  case source, id, kind, account, party, channel, direction, agent, department, subject, currency, corrects, text
  case customer, otherCustomer, time, amount, score, due, data, recorded, position, names, sealed
  case unknown = 63

  /// The key as it is written; `unknown` has no spelling.
  public var name: String {
    switch self {
    case .unknown: ""
    case .otherCustomer: "other_customer"
    default: TextField(rawValue: Int(rawValue))?.name ?? "\(self)"
    }
  }

  /// Whether it is one of the 13 texts; `EventRow.fields` has it at `rawValue`.
  @inlinable @inline(__always)
  public var isText: Bool { rawValue < 13 }

  public var textField: TextField? { isText ? TextField(rawValue: Int(rawValue)) : nil }

  /// A bit of its own, to find keys given twice.
  @inlinable @inline(__always)
  public var bit: UInt64 { 1 &<< UInt64(rawValue) }

  /// The key that is spelled by `count` bytes at `base`, of which `readable` may be read.
  @inlinable
  public static func find(_ base: UnsafePointer<UInt8>, count: Int, readable: Int) -> EnvelopeKey {
    guard count >= 2, count <= 14 else { return .unknown }
    var first: UInt64
    if readable >= 8 {
      first = loadWord(base)
      if count < 8 { first &= (1 &<< UInt64(count &* 8)) &- 1 }
    } else {
      first = 0
      var at = min(count, 8)
      while at > 0 {
        at &-= 1
        first = first &<< 8 | UInt64(base[at])
      }
    }
    // The words are the names' first 8 bytes, and their last 8 where they are longer, as little-endian integers.
    switch count {
    case 2:
      switch first {
      case 0x6469: return .id
      default: return .unknown
      }
    case 3:
      switch first {
      case 0x0065_7564: return .due
      default: return .unknown
      }
    case 4:
      switch first {
      case 0x646E_696B: return .kind
      case 0x7478_6574: return .text
      case 0x656D_6974: return .time
      case 0x6174_6164: return .data
      default: return .unknown
      }
    case 5:
      switch first {
      case 0x0079_7472_6170: return .party
      case 0x0074_6E65_6761: return .agent
      case 0x0065_726F_6373: return .score
      case 0x0073_656D_616E: return .names
      default: return .unknown
      }
    case 6:
      switch first {
      case 0x6563_7275_6F73: return .source
      case 0x746E_756F_6D61: return .amount
      case 0x6465_6C61_6573: return .sealed
      default: return .unknown
      }
    case 7:
      switch first {
      case 0x0074_6E75_6F63_6361: return .account
      case 0x006C_656E_6E61_6863: return .channel
      case 0x0074_6365_6A62_7573: return .subject
      default: return .unknown
      }
    case 8:
      switch first {
      case 0x7963_6E65_7272_7563: return .currency
      case 0x7374_6365_7272_6F63: return .corrects
      case 0x7265_6D6F_7473_7563: return .customer
      case 0x6465_6472_6F63_6572: return .recorded
      case 0x6E6F_6974_6973_6F70: return .position
      default: return .unknown
      }
    case 9:
      switch first {
      case 0x6F69_7463_6572_6964 where loadWord(base + 1) == 0x6E6F_6974_6365_7269: return .direction
      default: return .unknown
      }
    case 10:
      switch first {
      case 0x656D_7472_6170_6564 where loadWord(base + 2) == 0x746E_656D_7472_6170: return .department
      default: return .unknown
      }
    case 14:
      switch first {
      case 0x7563_5F72_6568_746F where loadWord(base + 6) == 0x7265_6D6F_7473_7563: return .otherCustomer
      default: return .unknown
      }
    default: return .unknown
    }
  }
}
