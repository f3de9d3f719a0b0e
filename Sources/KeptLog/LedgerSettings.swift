import KeptFormat

/// What `ledger.json` says: written once by `init`, never edited.
package struct LedgerSettings: Sendable, Equatable {
  package var ledgerID: LedgerID
  /// The name of the business zone; its rules are in `zone.tzif`.
  package var zone: String
  package var weekStart: WeekDay
  /// The currency of amounts that name none.
  package var currency: String?
  /// Sorted names of the fields whose plain values never enter a block, beside `text` and personal keys of `data`.
  package var sealed: [String]
  /// Who made the ledger, and why.
  package var actor: String?
  package var reason: String?
  /// Of `zone.tzif`; nil in ledgers made before it was written down.
  package var zoneChecksum: UInt32?

  package static let formatVersion: Int64 = 1

  package init(
    ledgerID: LedgerID, zone: String, weekStart: WeekDay = .monday, currency: String? = nil, sealed: [String] = [],
    actor: String? = nil, reason: String? = nil, zoneChecksum: UInt32? = nil
  ) {
    self.ledgerID = ledgerID
    self.zone = zone
    self.weekStart = weekStart
    self.currency = currency
    self.sealed = sealed.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    self.actor = actor
    self.reason = reason
    self.zoneChecksum = zoneChecksum
  }

  package var sealsCustomers: Bool { sealed.contains(Self.customerField) }

  package static let customerField = "customer"
  package static let otherCustomerField = "other_customer"
  package static let dataPrefix = "data."

  /// The text fields that may be listed: all but those that replay and identity need in the open.
  package static let sealableFields: [TextField] = TextField.allCases.filter {
    switch $0 {
    case .source, .kind, .direction, .currency, .corrects: false
    case .id, .account, .party, .channel, .agent, .department, .subject, .text: true
    }
  }

  /// Whether `name` may stand in `sealed`: `customer`, a text field of `sealableFields`, or `data.` and a key.
  package static func isSealable(_ name: String) -> Bool {
    if name == customerField { return true }
    if name.hasPrefix(dataPrefix) {
      return (1...LogFormat.keyByteCountMax).contains(name.utf8.count - dataPrefix.utf8.count)
    }
    return sealableFields.contains { $0.name == name }
  }
}

package enum WeekDay: String, Sendable, CaseIterable {
  case monday, tuesday, wednesday, thursday, friday, saturday, sunday
}

extension LedgerSettings {
  package func json() -> [UInt8] {
    var members: [JSONMember] = [
      JSONMember("format", .number(ExactDecimal(Self.formatVersion))),
      JSONMember("ledger", .string(ledgerID.hex)),
      JSONMember("zone", .string(zone)),
      JSONMember("week_start", .string(weekStart.rawValue)),
    ]
    if let currency { members.append(JSONMember("currency", .string(currency))) }
    members.append(JSONMember("sealed", .array(sealed.map { .string($0) })))
    if let actor { members.append(JSONMember("actor", .string(actor))) }
    if let reason { members.append(JSONMember("reason", .string(reason))) }
    if let zoneChecksum { members.append(JSONMember("zone_crc32c", .string(Self.hex(zoneChecksum)))) }
    members.append(JSONMember(Self.checksum, .string(Self.hex(Self.checksum(of: members)))))
    return Array(JSONValue.object(members).pretty().utf8)
  }

  /// The last member: CRC-32C of the file as it would be without it. A digit that fell over in a zone's name or a currency
  /// would otherwise be believed.
  private static let checksum = "crc32c"

  private static func checksum(of members: [JSONMember]) -> UInt32 {
    CRC32C.checksum(Array(JSONValue.object(members).pretty().utf8))
  }

  private static func hex(_ checksum: UInt32) -> String {
    let digits = String(checksum, radix: 16)
    return String(repeating: "0", count: 8 - digits.utf8.count) + digits
  }

  /// - Parameter path: for the message.
  package static func parse(_ bytes: [UInt8], path: String) throws(LogError) -> LedgerSettings {
    func wrong(_ reason: String) -> LogError { .settings(path: path, reason: reason) }
    let value: JSONValue
    do throws(JSONError) { value = try JSONValue.parse(bytes) } catch { throw wrong(error.description) }
    guard let members = value.members else { throw wrong("is \(value.kindText), not an object") }
    guard let version = value["format"]?.integer else { throw wrong("has no format number") }
    guard version == formatVersion else {
      throw .unknownVersion(file: LedgerFolder.settings, version: UInt64(clamping: version))
    }
    let known = ["format", "ledger", "zone", "week_start", "currency", "sealed", "actor", "reason", "zone_crc32c", checksum]
    if let stranger = members.first(where: { !known.contains($0.key) }) {
      throw wrong("has a member \(stranger.key) that format \(version) does not know")
    }
    // Ledgers made before it was written down have none.
    if let stored = value[checksum] {
      let computed = hex(checksum(of: members.filter { $0.key != checksum }))
      guard stored.string == computed else {
        throw wrong("was changed after it was written: its checksum is \(computed), its crc32c \(stored.string ?? "no string")")
      }
    }
    guard let ledgerID = value["ledger"]?.string.flatMap({ LedgerID(hex: $0) }) else {
      throw wrong("ledger is not 32 lower-case hexadecimal digits")
    }
    guard let zone = value["zone"]?.string else { throw wrong("zone is not a string") }
    guard let weekStart = value["week_start"]?.string.flatMap({ WeekDay(rawValue: $0) }) else {
      throw wrong("week_start is not the lower-case name of a week day")
    }
    func text(_ name: String) throws(LogError) -> String? {
      guard let member = value[name] else { return nil }
      guard let text = member.string else { throw wrong("\(name) is not a string") }
      return text
    }
    var sealed: [String] = []
    for item in value["sealed"]?.array ?? [] {
      guard let name = item.string, isSealable(name) else { throw wrong("sealed lists what cannot be sealed") }
      sealed.append(name)
    }
    guard value["sealed"]?.array != nil else { throw wrong("sealed is not an array") }
    return LedgerSettings(
      ledgerID: ledgerID, zone: zone, weekStart: weekStart, currency: try text("currency"), sealed: sealed,
      actor: try text("actor"), reason: try text("reason"),
      zoneChecksum: try text("zone_crc32c").flatMap { UInt32($0, radix: 16) })
  }
}
