import KeptFormat

/// Destroys what the ledger's folder keeps of forgotten customers: their keys, the values under them, their names.
///
/// Each file is replaced by one rename, and each step may be done twice: cut anywhere, it is done again from the beginning
/// by the next writer. The file of names comes last and says up to which position nobody forgotten is left. The log is not
/// touched: it holds commitments, which nobody can open without the key.
struct Erasure {
  private let reader: LedgerReader
  private let vault: VaultReader
  private let known: NamesFile.Contents
  private let folder: LedgerFolder
  private let disk: any Disk
  private let numbers: Set<UInt32>

  /// - Precondition: the lock is held, and nothing is left beyond the commit point (`Recovery`).
  private init(_ reader: LedgerReader, _ vault: VaultReader, _ known: NamesFile.Contents, _ numbers: Set<UInt32>) {
    self.reader = reader
    self.vault = vault
    self.known = known
    folder = reader.folder
    disk = reader.disk
    self.numbers = numbers
  }

  /// Erases whoever the events say was forgotten and the folder may still know: those forgotten since the file of names was
  /// written, and all of them where one has a key again, as after a copy of the vault was put back.
  ///
  /// - Parameters:
  ///   - known: what the file of names says.
  ///   - isThorough: looks for everybody who was ever forgotten, whatever `known` says.
  /// - Returns: whether any file may have changed; what was read before is then out of date.
  static func finish(
    _ reader: LedgerReader, _ vault: VaultReader, _ known: NamesFile.Contents, isThorough: Bool = false
  ) throws -> Bool {
    let isAll = try isThorough || hasKey(ofOneOf: known.names.unknown, vault)
    let pending = try reader.forgotten(from: isAll ? 0 : known.erasedEnd)
    guard !pending.isEmpty else { return false }
    let erasure = Erasure(reader, vault, known, Set(pending.keys))
    try erasure.rewriteTail()
    try erasure.rewriteVault()
    try erasure.removeTornFiles()
    try erasure.rewriteNames()
    return true
  }

  /// Whether the vault has a key of somebody without a name.
  private static func hasKey(ofOneOf numbers: Set<UInt32>, _ vault: VaultReader) throws -> Bool {
    guard !numbers.isEmpty else { return false }
    for reference in vault.chunks where reference.chunk.keyCount > 0 {
      let first = reference.chunk.firstKeyNumber
      let own = numbers.filter { $0 >= first && $0 - first < UInt32(reference.chunk.keyCount) }
      guard !own.isEmpty else { continue }
      let keys = try vault.uncheckedKeys(in: reference)
      for number in own {
        let start = Int(number - first) * CustomerKey.byteCount
        if keys[start..<start + CustomerKey.byteCount].contains(where: { $0 != 0 }) { return true }
      }
    }
    return false
  }

  // MARK: The tail

  private func rewriteTail() throws {
    var owners = RowOwners()
    for (_, batch) in try reader.tailBatches() { owners.append(batch) }
    guard let bytes = try reader.tailEvents.rewritten({ values, firstRow in removing(from: values, owners, firstRow) })
    else { return }
    try disk.replaceFile(folder(LedgerFolder.tail), with: bytes)
  }

  // MARK: The vault

  private func rewriteVault() throws {
    let columns = BlockColumns()
    var files: [(name: String, chunks: Range<Int>)] = []
    for (index, chunk) in vault.chunks.enumerated() {
      if files.last?.name == chunk.file {
        files[files.count - 1].chunks = files[files.count - 1].chunks.lowerBound..<index + 1
      } else {
        files.append((chunk.file, index..<index + 1))
      }
    }
    for (name, chunks) in files {
      var changed: [Int: [UInt8]] = [:]
      for index in chunks { changed[index] = try rewrittenChunk(index, columns) }
      if !changed.isEmpty { try rewrite(name, chunks, changed) }
    }
    // Also for files that an erasure before this one renamed, and was then cut short.
    try disk.syncFolder(folder(LedgerFolder.vault))
  }

  /// A chunk without what is to be forgotten; nil where it holds nothing of it.
  private func rewrittenChunk(_ index: Int, _ columns: BlockColumns) throws -> [UInt8]? {
    let block = reader.blocks[index]
    let header = block.header
    let reference = vault.chunks[index]
    let mayHoldValues = numbers.contains { $0 >= header.customerMin && $0 <= header.customerMax }
    guard mayHoldValues else { return nil }
    var owners = RowOwners()
    do {
      columns.begin(header, source: reader.source(for: block))
      try owners.append(columns)
    } catch {
      throw reader.error(error, in: block)
    }
    guard let values = removing(from: try vault.values(ofBlock: index), owners, 0) else { return nil }
    var sink = ByteSink(capacity: reference.chunk.byteCount)
    VaultChunk.append(
      values, firstPosition: header.firstPosition, eventCount: reference.chunk.eventCount, to: &sink)
    return sink.bytes()
  }

  /// Writes a file of the vault beside, chunk by chunk, and puts it in the old one's place.
  private func rewrite(_ name: String, _ chunks: Range<Int>, _ changed: [Int: [UInt8]]) throws {
    let old = try disk.open(folder(name), .read)
    defer { old.close() }
    let beside = folder(name) + ".new"
    let file = try disk.open(beside, .replace(permissions: 0o600))
    defer { file.close() }
    try file.write(try old.read(at: 0, upTo: FileHeader.byteCount), at: 0)
    var offset = FileHeader.byteCount
    for index in chunks {
      let reference = vault.chunks[index]
      let bytes = try changed[index] ?? old.read(at: reference.offset, upTo: reference.chunk.byteCount)
      try file.write(bytes, at: offset)
      offset += bytes.count
    }
    try file.sync()
    try disk.rename(beside, to: folder(name))
  }

  // MARK: What is left

  /// Keys of zeros, and no value of theirs; nil where there was nothing to remove.
  private func removing(from values: SealedValues, _ owners: RowOwners, _ firstRow: Int) -> SealedValues? {
    var left = SealedValues()
    left.firstKeyNumber = values.firstKeyNumber
    left.keys = values.keys
    var isChanged = false
    for number in numbers where number >= values.firstKeyNumber && values.keyCount > 0 {
      let start = Int(number - values.firstKeyNumber) * CustomerKey.byteCount
      guard start < left.keys.count else { continue }
      let key = start..<start + CustomerKey.byteCount
      if left.keys[key].contains(where: { $0 != 0 }) { isChanged = true }
      left.keys.replaceSubrange(key, with: repeatElement(0, count: CustomerKey.byteCount))
    }
    let other = values.fields.firstIndex(of: LedgerSettings.otherCustomerField)
    for entry in values.entries {
      let row = firstRow + Int(entry.row)
      if numbers.contains(Int(entry.field) == other ? owners.others[row] : owners.customers[row]) {
        isChanged = true
        continue
      }
      let value = Int(entry.offset)..<Int(entry.offset) + Int(entry.count)
      values.bytes[value].withUnsafeBytes {
        left.append(row: Int(entry.row), field: left.fieldCode(values.fields[Int(entry.field)]), value: $0)
      }
    }
    return isChanged ? left : nil
  }

  /// What unfinished writes left behind holds values too.
  private func removeTornFiles() throws {
    for (path, prefix) in [(folder.path, ""), (folder(LedgerFolder.log), LedgerFolder.log + "/")] {
      let torn = (try disk.names(inFolder: path) ?? []).filter { $0.hasSuffix(LedgerFolder.tornSuffix) }
      for name in torn { try disk.remove(folder(prefix + name)) }
      try disk.syncFolder(path)
    }
  }

  private func rewriteNames() throws {
    var known = known
    // Everybody who was ever forgotten: an index that was lost and built again must not bring a name back.
    known.names.forget(Set(try reader.forgotten().keys))
    known.erasedEnd = reader.count
    try disk.replaceFile(folder(LedgerFolder.names), with: NamesFile.bytes(known, reader.settings.ledgerID))
  }
}

/// The numbers of the customers of some events, by row: whose key a sealed value is under.
private struct RowOwners {
  var customers: [UInt32] = []
  var others: [UInt32] = []

  mutating func append(_ batch: EventBatch) {
    for row in batch.rows {
      customers.append(row.customer)
      others.append(row.otherCustomer)
    }
  }

  mutating func append(_ columns: BlockColumns) throws {
    customers = Array(try columns.customers())
    others = Array(repeating: 0, count: customers.count)
    let column = try columns.otherCustomers()
    for index in column.rows.indices { others[Int(column.rows[index])] = UInt32(column.values[index]) }
  }
}

extension LedgerWriter {
  /// Forgets a customer: the event first, then everything that could open what was sealed. When it returns, nothing of it
  /// is left in the folder but what the log holds openly.
  ///
  /// The writer that does so is closed afterwards.
  ///
  /// - Returns: the position of the event.
  /// - Throws: what `append` throws, and what the erasure throws: the event is then on disk, and the next writer goes on.
  package func forget(_ record: ForgetRecord, clock: Instant) throws -> UInt64 {
    defer { close() }
    let position = count
    _ = try append(record.event(position: position, time: try recordedInstant(clock)), clock: clock)
    try erase(isThorough: false)
    return position
  }

  /// Erases everybody who was ever forgotten once more, wherever something of them came back.
  ///
  /// The writer that does so is closed afterwards.
  package func eraseForgotten() throws {
    defer { close() }
    try erase(isThorough: true)
  }

  private func erase(isThorough: Bool) throws {
    try stoppingOnFailure {
      let reader = try LedgerReader(folder.path, disk: disk, geometry: geometry)
      let known = try NamesFile.read(folder, disk, settings.ledgerID, end: reader.sealedCount)
      _ = try Erasure.finish(reader, try reader.vault(), known, isThorough: isThorough)
    }
  }
}
