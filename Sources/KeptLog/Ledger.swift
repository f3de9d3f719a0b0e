import KeptFormat

/// A ledger's folder: making one, and what every reader of one begins with.
package enum Ledger {
  /// What a new ledger is told.
  package struct Plan: Sendable {
    package var zone: String
    /// The TZif bytes of `zone`.
    package var zoneBytes: [UInt8]
    package var weekStart: WeekDay
    package var currency: String?
    package var sealed: [String]
    /// Who makes it, and why.
    package var actor: String?
    package var reason: String?

    package init(
      zone: String, zoneBytes: [UInt8], weekStart: WeekDay = .monday, currency: String? = nil, sealed: [String] = [],
      actor: String? = nil, reason: String? = nil
    ) {
      self.zone = zone
      self.zoneBytes = zoneBytes
      self.weekStart = weekStart
      self.currency = currency
      self.sealed = sealed
      self.actor = actor
      self.reason = reason
    }
  }

  /// Makes a new, empty ledger in a folder that is missing or empty.
  ///
  /// `ledger.json` is written last: without it the folder is not a ledger, and `create` may be tried again.
  @discardableResult
  package static func create(_ path: String, _ plan: Plan, disk: any Disk = PosixDisk.ofLedger) throws -> LedgerSettings {
    let folder = LedgerFolder(path)
    if let wrong = plan.sealed.first(where: { !LedgerSettings.isSealable($0) }) {
      throw LogError.settings(path: path, reason: "\(wrong) cannot be sealed")
    }
    if try disk.exists(folder(LedgerFolder.settings)) { throw LogError.alreadyExists(path: path) }
    if let names = try disk.names(inFolder: path) {
      // What an `init` that was cut left behind is ours; anything else is not.
      let ours = [LedgerFolder.log, LedgerFolder.vault, LedgerFolder.index, LedgerFolder.rejects, LedgerFolder.zone]
      let left = ours + [LedgerFolder.tail, LedgerFolder.lock]
      guard names.allSatisfy({ name in left.contains { name == $0 || name == $0 + ".new" } || name == "ledger.json.new" })
      else { throw LogError.alreadyExists(path: path) }
    } else {
      try disk.makeFolder(path, permissions: 0o700)
    }
    // Also where the folder was there: whoever made it may have come no further.
    try disk.syncFolder(parentFolder(of: path))
    for name in [LedgerFolder.log, LedgerFolder.vault, LedgerFolder.index, LedgerFolder.rejects]
    where try disk.names(inFolder: folder(name)) == nil {
      try disk.makeFolder(folder(name), permissions: 0o700)
    }
    var id = [UInt8](repeating: 0, count: 16)
    try id.withUnsafeMutableBytes { try disk.fillWithRandom($0) }
    let settings = LedgerSettings(
      ledgerID: LedgerID(id), zone: plan.zone, weekStart: plan.weekStart, currency: plan.currency, sealed: plan.sealed,
      actor: plan.actor, reason: plan.reason, zoneChecksum: CRC32C.checksum(plan.zoneBytes))
    try disk.replaceFile(folder(LedgerFolder.zone), with: plan.zoneBytes)
    try disk.replaceFile(folder(LedgerFolder.secret), with: try VaultSecret.random(disk).bytes(settings.ledgerID))
    try disk.replaceFile(folder(LedgerFolder.tail), with: FileHeader(.tail, settings.ledgerID).bytes())
    try disk.replaceFile(folder(LedgerFolder.settings), with: settings.json())
    return settings
  }

  static func settings(_ folder: LedgerFolder, _ disk: any Disk) throws -> LedgerSettings {
    let path = folder(LedgerFolder.settings)
    guard try disk.exists(path) else {
      throw LogError.notALedger(path: folder.path, reason: try disk.exists(folder.path) ? .noSettings : .noFolder)
    }
    try refuseLinkedFolders(folder, disk)
    return try LedgerSettings.parse(try disk.contents(path), path: path)
  }

  /// The ledger's path may be a symbolic link; what is inside may not lead out of it.
  private static func refuseLinkedFolders(_ folder: LedgerFolder, _ disk: any Disk) throws {
    for name in [LedgerFolder.log, LedgerFolder.vault, LedgerFolder.index, LedgerFolder.rejects]
    where try disk.linkTarget(folder(name)) != nil {
      throw LogError.linkedFolder(path: folder(name))
    }
  }

  /// The rules of the business zone, as they were copied when the ledger was made: days begin by no others.
  static func zone(_ folder: LedgerFolder, _ disk: any Disk, _ settings: LedgerSettings) throws -> [UInt8] {
    guard try disk.exists(folder(LedgerFolder.zone)) else {
      throw LogError.damage(Damage(file: LedgerFolder.zone, offset: 0, kind: .missing))
    }
    let bytes = try disk.contents(folder(LedgerFolder.zone))
    let computed = CRC32C.checksum(bytes)
    if let stored = settings.zoneChecksum, stored != computed {
      throw LogError.damage(Damage(file: LedgerFolder.zone, offset: 0, kind: .checksum(stored: stored, computed: computed)))
    }
    return bytes
  }

  static func secret(_ folder: LedgerFolder, _ disk: any Disk, _ settings: LedgerSettings) throws -> VaultSecret {
    guard try disk.exists(folder(LedgerFolder.secret)) else {
      throw LogError.damage(Damage(file: LedgerFolder.secret, offset: 0, kind: .missing))
    }
    return try VaultSecret.parse(try disk.contents(folder(LedgerFolder.secret)), of: settings.ledgerID)
  }

  /// How checkpoints name a ledger.
  package static func origin(_ settings: LedgerSettings) -> String { "kept/" + settings.ledgerID.hex }
}
