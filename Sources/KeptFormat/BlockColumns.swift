/// Decodes the columns of one block at a time, each only when it is asked for.
///
/// What a call returns points into memory of this object and is valid until the next `begin`. One thread at a time.
/// A column that the block does not have reads as "all absent". Every column's checksum is compared before its first
/// value is used; whatever the bytes are, nothing traps, and no more is allocated than about 255 times the stored bytes
/// plus 100 bytes a row.
public final class BlockColumns {
  public private(set) var header = BlockHeader()
  private var source: any BlockSource = MemoryBlockSource([])

  let blobs: BlobDecoder
  let ints: IntStreamDecoder
  let codeStreams: CodeStreamDecoder
  let stringStreams: StringStreamDecoder
  let groups = GroupOrder()

  /// The stored bytes of the column at hand and, below it, of those it depends on.
  private let stored = [Scratch<UInt8>(), Scratch<UInt8>(), Scratch<UInt8>(), Scratch<UInt8>()]
  private var depth = 0
  /// Decoded columns by code.
  private var slots: [ColumnSlot?] = Array(repeating: nil, count: 128)
  let zeros = Scratch<UInt32>()
  let otherCounts = Scratch<UInt32>()
  let recentSubjects = Scratch<UInt64>()
  let askedCustomers = Scratch<Bool>()
  let wantedSubjects = Scratch<Bool>()
  let pickedParents = Scratch<UInt32>()
  let kindCounts = Scratch<UInt32>()
  let groupCodes = Scratch<UInt32>()
  let grouped = Scratch<Int64>()
  let agentOrKind = Scratch<UInt32>()
  /// The data column asked for last.
  let shared = ColumnSlot()
  let sharedSlices = Scratch<ByteSlice>()
  /// Of columns that only say which rows have a value: 1 for each.
  let ones = Scratch<UInt32>()
  let kindRows = KindRows()
  /// Whether `kindRows` and `kindCounts` are those of the block at hand.
  var knowsKindRows = false
  var knowsKindCounts = false

  public init() {
    blobs = BlobDecoder()
    ints = IntStreamDecoder(blobs: blobs)
    codeStreams = CodeStreamDecoder(ints: ints, blobs: blobs)
    stringStreams = StringStreamDecoder(ints: ints, codes: codeStreams, blobs: blobs)
    _ = zeros.filled(LogFormat.blockEventCount, 0)
  }

  /// Turns to another block. Reads nothing yet.
  public func begin(_ header: BlockHeader, source: any BlockSource) {
    self.header = header
    self.source = source
    for slot in slots { slot?.parts = 0 }
    knowsKindRows = false
    knowsKindCounts = false
  }

  public var count: Int { header.count }

  // MARK: Every row has one

  public func times() throws -> UnsafeBufferPointer<Instant> {
    let slot = slot(.time)
    if slot.parts & 1 == 0 {
      try load(try required(.time)) { reader in try decodeTimes(&reader, slot) }
      slot.parts = 1
    }
    return slot.values.buffer
  }

  public func recorded() throws -> UnsafeBufferPointer<Instant> {
    let slot = slot(.recorded)
    if slot.parts & 1 == 0 {
      try load(try required(.recorded)) { reader in
        try ints.decode(&reader, count: count, into: slot.values.room(count))
      }
      slot.parts = 1
    }
    return slot.values.buffer
  }

  private func decodeTimes(_ reader: inout ByteReader, _ slot: ColumnSlot) throws {
    let start = reader.offset
    let form = try reader.byte()
    guard form <= TimeForm.runningMaximum else { throw FormatError(.unknown("form of times", UInt64(form)), offset: start) }
    let times = slot.values.room(count)
    try ints.decode(&reader, count: count, into: times)
    guard form == TimeForm.runningMaximum else { return }
    let lateCount = try codeStreams.decodeSet(&reader, of: count, into: slot.rows)
    let lateness = slot.scales.room(lateCount)
    try ints.decode(&reader, count: lateCount, into: lateness)
    let rows = slot.rows.pointer
    for i in 0..<lateCount { times[Int(rows[i])] &-= lateness[i] }
  }

  // MARK: Customers

  /// The distinct ledger numbers of the block's customers, ascending, without the rows being decoded.
  public func customerList() throws -> UnsafeBufferPointer<UInt32> {
    let slot = slot(.customer)
    if slot.parts & 1 == 0 { try decodeCustomers(slot, withRows: false) }
    return slot.rows.buffer
  }

  /// By row: 1 + the index into `customerList`, 0 for events without a customer.
  public func customerIndices() throws -> UnsafeBufferPointer<UInt32> {
    let slot = slot(.customer)
    if slot.parts & 2 == 0 { try decodeCustomers(slot, withRows: true) }
    return slot.codes.buffer
  }

  /// The ledger number of each row's customer, 0 for events without one.
  public func customers() throws -> UnsafeBufferPointer<UInt32> {
    let indices = try customerIndices()
    let slot = slot(.customer)
    if slot.parts & 4 == 0 {
      let numbers = slot.numbers.room(count)
      // Moved up by one, so that index 0 reads the 0 in front.
      let list = slot.rows.pointer
      let lookup = slot.moreCodes.room(slot.rows.count + 1)
      lookup[0] = 0
      (lookup + 1).update(from: list, count: slot.rows.count)
      for i in 0..<count { numbers[i] = lookup[Int(indices[i])] }
      slot.parts |= 4
    }
    return slot.numbers.buffer
  }

  private func decodeCustomers(_ slot: ColumnSlot, withRows: Bool) throws {
    guard let entry = header.column(.customer) else {
      slot.rows.count = 0
      _ = slot.codes.filled(count, 0)
      slot.parts |= 3
      return
    }
    try load(entry, isWhole: withRows) { reader in
      let start = reader.offset
      let distinct = try reader.count(atMost: count, "the number of customers")
      let list = slot.rows.room(distinct)
      try ints.decode(&reader, count: distinct, into: list)
      for i in 1..<max(distinct, 1) where list[i] <= list[i - 1] {
        throw FormatError(.invalid("customers that are not ascending"), offset: start)
      }
      slot.parts |= 1
      guard withRows else { return }
      let indices = slot.codes.room(count)
      try ints.decode(&reader, count: count, into: indices)
      var highest: UInt32 = 0
      for i in 0..<count { highest = max(highest, indices[i]) }
      guard Int(highest) <= distinct else {
        throw FormatError(.invalid("customer \(highest) of \(distinct)"), offset: start)
      }
      slot.parts |= 2
    }
  }

  // MARK: Reading a column

  /// The place of a column that occurs once a block.
  func slot(_ code: ColumnCode) -> ColumnSlot {
    if let slot = slots[Int(code.rawValue)] { return slot }
    let slot = ColumnSlot()
    slots[Int(code.rawValue)] = slot
    return slot
  }

  private func required(_ code: ColumnCode) throws -> ColumnEntry {
    guard let entry = header.column(code) else {
      throw FormatError(.invalid("no column \(code.name)"), offset: LogFormat.blockFixedByteCount)
    }
    return entry
  }

  /// Reads a column's bytes, compares their checksum and hands them to `body`.
  ///
  /// - Parameter isWhole: false where `body` stops before the end on purpose.
  func load(_ entry: ColumnEntry, isWhole: Bool = true, _ body: (inout ByteReader) throws -> Void) throws {
    do {
      // The longest honest chain is an id's: source, agent, kind. A column that asks for itself ends here.
      guard depth < stored.count else { throw FormatError(.invalid("a column that depends on itself"), offset: 0) }
      let buffer = stored[depth]
      depth += 1
      defer { depth -= 1 }
      let bytes = UnsafeMutableRawBufferPointer(start: buffer.room(entry.byteCount), count: entry.byteCount)
      try source.read(offset: entry.offset, into: bytes)
      let computed = CRC32C.checksum(UnsafeRawBufferPointer(bytes))
      guard computed == entry.checksum else {
        throw FormatError(.checksumMismatch(stored: entry.checksum, computed: computed), offset: 0)
      }
      var reader = ByteReader(UnsafeRawBufferPointer(bytes))
      try body(&reader)
      guard reader.isAtEnd || !isWhole else { throw reader.failure(.invalid("bytes after the last value")) }
    } catch var error as FormatError {
      // A column that this one depends on has said where already.
      if error.column == nil {
        error.column = entry.name
        error.offset += entry.offset
      }
      throw error
    }
  }
}

/// One decoded column: which members mean something depends on the column.
final class ColumnSlot {
  let rows = Scratch<UInt32>()
  let codes = Scratch<UInt32>()
  let moreCodes = Scratch<UInt32>()
  let picked = Scratch<UInt32>()
  let numbers = Scratch<UInt32>()
  let values = Scratch<Int64>()
  let scales = Scratch<Int64>()
  let bytes = Scratch<UInt8>()
  let strings = StringTable()
  /// The one scale of numbers, or nil where `scales` has one for each.
  var scale: UInt8?
  /// A bit for each part that was decoded since `begin`.
  var parts: UInt8 = 0
}
