/// Turns rows as recorded into a block. Layout: LogFormat, "Block".
///
/// An instance keeps its memory from block to block (some 20 MiB after a full one) and serves one thread at a time.
public final class BlockEncoder {
  let blobs: BlobEncoder
  let ints: IntStreamEncoder
  let codes: CodeStreamEncoder
  let strings: StringStreamEncoder
  let groups = GroupOrder()
  let input = BlockRows()

  // What columns depend on.
  let customers = NumberInterner()
  let agentOrKindCodes = Scratch<UInt32>()
  private let kindCounts = Scratch<UInt32>()
  private let customerCounts = Scratch<UInt32>()
  private let agentOrKindCounts = Scratch<UInt32>()

  // Per column.
  let rowCodes = Scratch<UInt32>()
  let groupCodes = Scratch<UInt32>()
  let values = Scratch<Int64>()
  let moreValues = Scratch<Int64>()
  let grouped = Scratch<Int64>()
  let slices = Scratch<ByteSlice>()
  let introducers = Scratch<UInt32>()
  let subjectReferences = Scratch<UInt32>()
  /// Two a customer: the last subject introduced, and the one before.
  let recentSubjects = Scratch<UInt32>()
  let dataColumns = DataColumnEncoder()

  private var payload = ByteSink(capacity: 1 << 20)
  private var header = BlockHeader()

  public init() {
    blobs = BlobEncoder()
    ints = IntStreamEncoder(blobs: blobs)
    codes = CodeStreamEncoder(ints: ints, blobs: blobs)
    strings = StringStreamEncoder(ints: ints, codes: codes, blobs: blobs)
  }

  /// Encodes 1 to 65,536 rows of a batch: `begin`, `add` and `finish` in one.
  public func encode(
    _ batch: EventBatch, rows: Range<Int>, firstPosition: UInt64, subtreeRoot: Digest
  ) -> [UInt8] {
    begin()
    add(batch, rows: rows)
    return finish(batch, firstPosition: firstPosition, subtreeRoot: subtreeRoot)
  }

  /// Forgets what was added.
  public func begin() { input.removeAll() }

  /// Adds the next rows of a block, a few hundred at a time or all at once. Their slices and entries are those of
  /// `batch`, which may grow before `finish`, but not change: rows themselves are not looked at again.
  ///
  /// - Parameter rows: as recorded: numbered customers, commitments in place of what is sealed, `text` among that.
  public func add(_ batch: EventBatch, rows: Range<Int>) {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= batch.rows.count, "rows \(rows) of \(batch.rows.count)")
    withArena(batch) { batch.rows.withUnsafeBufferPointer { input.gather($0.pointer + rows.lowerBound, count: rows.count) } }
  }

  /// Encodes the 1 to 65,536 rows that were added.
  ///
  /// - Returns: the block, complete with its checksums; the same bytes for the same rows.
  /// - Complexity: O(rows); allocates the result and little else.
  public func finish(_ batch: EventBatch, firstPosition: UInt64, subtreeRoot: Digest) -> [UInt8] {
    precondition(1...LogFormat.blockEventCount ~= input.count, "a block of \(input.count) events")
    header = BlockHeader()
    header.firstPosition = firstPosition
    header.subtreeRoot = subtreeRoot
    header.count = input.count
    payload.removeAll()
    for counts in [kindCounts, customerCounts, agentOrKindCounts] { counts.count = 0 }
    withArena(batch) { encodeColumns(input.survey) }
    let head = header.finish()
    return Array(unsafeUninitializedCapacity: header.byteCount) { out, count in
      head.withUnsafeBytes { UnsafeMutableRawBufferPointer(out).copyMemory(from: $0) }
      payload.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(out)[head.count...]).copyMemory(from: $0)
      }
      count = head.count + payload.count
    }
  }

  private func withArena(_ batch: EventBatch, _ body: () -> Void) {
    batch.bytes.withUnsafeBufferPointer { bytes in
      batch.data.withUnsafeBufferPointer { data in
        input.rebase(bytes: bytes.baseAddress, data: data.baseAddress)
        body()
      }
    }
  }

  /// The columns that most replays read come first, side by side.
  private func encodeColumns(_ survey: BlockRows.Survey) {
    header.timeMin = survey.timeMin
    header.timeMax = survey.timeMax
    header.recordedMin = survey.recordedMin
    header.recordedMax = survey.recordedMax
    header.customerMin = survey.customerMax == 0 ? 0 : survey.customerMinLess1 + 1
    header.customerMax = survey.customerMax
    column(.time) { encodeTimes(to: &$0) }
    encodeKinds()
    encodeCustomers()
    joinAgentsAndKinds()
    let ordinary: [TextField] = [.direction, .source, .agent, .department, .channel, .account, .party, .currency]
    for field in ordinary where text(field).interner.count > 0 {
      column(.text(field)) { encodeText(field, to: &$0) }
    }
    if text(.subject).interner.count > 0 { column(.text(.subject)) { encodeSubjects(to: &$0) } }
    if input.amounts.count > 0 { column(.amount) { encodeNumbers(input.amounts, to: &$0) } }
    if input.scores.count > 0 { column(.score) { encodeNumbers(input.scores, to: &$0) } }
    if input.dues.count > 0 { column(.due) { encodeDues(to: &$0) } }
    if input.otherCustomers.count > 0 { column(.otherCustomer) { encodeOtherCustomers(to: &$0) } }
    if input.hasData { dataColumns.encode(self) }
    column(.recorded) { ints.encode(input.recorded.pointer, count: input.count, to: &$0) }
    for field in [TextField.id, .corrects] where input.identifiers[field.rawValue].count > 0 {
      column(.text(field)) { encodeIdentifiers(input.identifiers[field.rawValue], to: &$0) }
    }
    for (which, code) in [ColumnCode.customerName, .otherCustomerName].enumerated() where input.names[which].count > 0 {
      column(code) { encodeNames(input.names[which], to: &$0) }
    }
    for (which, code) in [ColumnCode.sealedCustomerName, .sealedOtherCustomerName].enumerated()
    where input.sealedNames[which].count > 0 {
      column(code) { encodeCommitments(input.sealedNames[which], to: &$0) }
    }
    for field in TextField.allCases where input.sealed[field.rawValue].count > 0 {
      column(.sealed(field)) { encodeCommitments(input.sealed[field.rawValue], to: &$0) }
    }
  }

  /// Writes one column and its directory entry.
  func column(
    _ code: ColumnCode, type: DataType? = nil, key: String = "", _ body: (inout ByteSink) -> Void
  ) {
    let start = payload.count
    // The sink leaves the object while it is written, so that no write pays for an exclusivity check.
    var sink = ByteSink(capacity: 0)
    swap(&sink, &payload)
    body(&sink)
    swap(&sink, &payload)
    let checksum = payload.withUnsafeBytes { CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    header.columns.append(
      ColumnEntry(
        code: code, type: type, key: key, offset: start, byteCount: payload.count - start, checksum: checksum))
  }

  private func encodeKinds() {
    let kinds = text(.kind)
    guard kinds.interner.count > 0 else { return }
    var counts = [Int](repeating: 0, count: kinds.interner.count + 1)
    for code in kinds.codes.buffer { counts[Int(code)] += 1 }
    let names = kinds.interner.distinct()
    for i in 0..<kinds.interner.count {
      header.kinds.append(KindCount(kind: string(names[i]), count: counts[i + 1]))
    }
    column(.text(.kind)) { codes.encode(kinds.codes.pointer, count: input.count, to: &$0) }
  }

  func string(_ slice: ByteSlice) -> String {
    String(
      decoding: UnsafeBufferPointer(start: input.bytes + Int(slice.offset), count: Int(slice.count)), as: UTF8.self)
  }

  func text(_ field: TextField) -> BlockRows.Coded { input.coded[field.rawValue] }

  private func joinAgentsAndKinds() {
    let joined = agentOrKindCodes.room(input.count)
    let agents = text(.agent).codes.pointer
    let kinds = text(.kind).codes.pointer
    let firstKind = UInt32(text(.agent).interner.count + 1)
    for i in 0..<input.count { joined[i] = agents[i] != 0 ? agents[i] : firstKind + kinds[i] }
  }

  var kindLimit: Int { text(.kind).interner.count + 1 }
  var kindParent: ParentCodes { parent(.kind, text(.kind).codes, limit: kindLimit, kindCounts) }
  var customerParent: ParentCodes { parent(.customer, input.customers, limit: customers.count + 1, customerCounts) }
  var agentOrKindParent: ParentCodes {
    parent(.agentOrKind, agentOrKindCodes, limit: text(.agent).interner.count + 1 + kindLimit, agentOrKindCounts)
  }

  /// Counts the parent's codes when it is first asked for in a block.
  private func parent(
    _ parent: CodeParent, _ codes: Scratch<UInt32>, limit: Int, _ counts: Scratch<UInt32>
  ) -> ParentCodes {
    if counts.count == 0 {
      let out = counts.filled(limit, 0)
      for code in codes.buffer { out[Int(code)] += 1 }
    }
    return ParentCodes(
      parent: parent, codes: UnsafePointer(codes.pointer), limit: limit, counts: UnsafePointer(counts.pointer))
  }
}
