/// Turns rows as recorded into a block. Layout: LogFormat, "Block".
///
/// An instance keeps its memory from block to block (some 20 MiB after a full one) and serves one thread at a time.
public final class BlockEncoder {
  let blobs: BlobEncoder
  let ints: IntStreamEncoder
  let codes: CodeStreamEncoder
  let strings: StringStreamEncoder
  let groups = GroupOrder()

  // What the columns of the block at hand share: codes by row, and the block's inputs.
  let kindCodes = Scratch<UInt32>()
  let sourceCodes = Scratch<UInt32>()
  let agentCodes = Scratch<UInt32>()
  let agentOrKindCodes = Scratch<UInt32>()
  let customerCodes = Scratch<UInt32>()
  let kinds = StringInterner()
  let sources = StringInterner()
  let agents = StringInterner()
  let others = StringInterner()
  let customers = NumberInterner()
  var input = Input()

  // Per column.
  let rowCodes = Scratch<UInt32>()
  let rowList = Scratch<UInt32>()
  let groupCodes = Scratch<UInt32>()
  let values = Scratch<Int64>()
  let moreValues = Scratch<Int64>()
  let grouped = Scratch<Int64>()
  let slices = Scratch<ByteSlice>()
  let moreSlices = Scratch<ByteSlice>()
  let subjectReferences = Scratch<UInt32>()
  /// Two a customer: the last subject introduced, and the one before.
  let recentSubjects = Scratch<UInt32>()
  let dataColumns = DataColumnEncoder()

  private var payload = ByteSink(capacity: 1 << 20)
  private var header = BlockHeader()

  /// The rows being encoded. The pointers live as long as the call of `encode`.
  struct Input {
    var bytes = UnsafePointer<UInt8>(bitPattern: 1)!
    var rows = UnsafePointer<EventRow>(bitPattern: 16)!
    var data = UnsafePointer<DataEntry>(bitPattern: 16)!
    var count = 0
    /// Which text fields some row has in the clear, and which some row has sealed, by `TextField.rawValue`.
    var plainFields: UInt32 = 0
    var sealedFields: UInt32 = 0
    var hasCustomer = false
    var hasOtherCustomer = false
    var hasAmount = false
    var hasScore = false
    var hasDue = false
    var hasCustomerName = false
    var hasOtherCustomerName = false
    var hasData = false
  }

  public init() {
    blobs = BlobEncoder()
    ints = IntStreamEncoder(blobs: blobs)
    codes = CodeStreamEncoder(ints: ints, blobs: blobs)
    strings = StringStreamEncoder(ints: ints, codes: codes, blobs: blobs)
  }

  /// Encodes 1 to 65,536 rows of a batch.
  ///
  /// - Parameter rows: as recorded: numbered customers, commitments in place of what is sealed, `text` among that.
  /// - Returns: the block, complete with its checksums; the same bytes for the same rows.
  /// - Complexity: O(rows); allocates the result and little else.
  public func encode(
    _ batch: EventBatch, rows: Range<Int>, firstPosition: UInt64, subtreeRoot: Digest
  ) -> [UInt8] {
    precondition(1...LogFormat.blockEventCount ~= rows.count, "a block of \(rows.count) events")
    precondition(rows.lowerBound >= 0 && rows.upperBound <= batch.rows.count, "rows \(rows) of \(batch.rows.count)")
    header = BlockHeader()
    header.firstPosition = firstPosition
    header.subtreeRoot = subtreeRoot
    header.count = rows.count
    payload.removeAll()
    batch.bytes.withUnsafeBufferPointer { bytes in
      batch.rows.withUnsafeBufferPointer { allRows in
        batch.data.withUnsafeBufferPointer { data in
          input = Input()
          input.bytes = bytes.baseAddress ?? input.bytes
          input.data = data.baseAddress ?? input.data
          input.rows = allRows.baseAddress! + rows.lowerBound
          input.count = rows.count
          encodeColumns()
          input = Input()
        }
      }
    }
    let head = header.finish()
    return Array(unsafeUninitializedCapacity: header.byteCount) { out, count in
      head.withUnsafeBytes { UnsafeMutableRawBufferPointer(out).copyMemory(from: $0) }
      payload.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(out)[head.count...]).copyMemory(from: $0)
      }
      count = head.count + payload.count
    }
  }

  /// The columns that most replays read come first, side by side.
  private func encodeColumns() {
    survey()
    column(.time) { encodeTimes(to: &$0) }
    encodeKinds()
    encodeCustomers()
    let ordinary: [TextField] = [.direction, .source, .agent, .department, .channel, .account, .party, .currency]
    intern(.source, sources, into: sourceCodes)
    intern(.agent, agents, into: agentCodes)
    joinAgentsAndKinds()
    for field in ordinary where input.plainFields & 1 << UInt32(field.rawValue) != 0 {
      column(.text(field)) { encodeText(field, to: &$0) }
    }
    if input.plainFields & 1 << UInt32(TextField.subject.rawValue) != 0 {
      column(.text(.subject)) { encodeSubjects(to: &$0) }
    }
    if input.hasAmount { column(.amount) { encodeNumbers({ $0.pointee.amount }, to: &$0) } }
    if input.hasScore { column(.score) { encodeNumbers({ $0.pointee.score }, to: &$0) } }
    if input.hasDue { column(.due) { encodeDues(to: &$0) } }
    if input.hasOtherCustomer { column(.otherCustomer) { encodeOtherCustomers(to: &$0) } }
    dataColumns.encode(self)
    column(.recorded) { encodeRecorded(to: &$0) }
    for field in [TextField.id, .corrects] where input.plainFields & 1 << UInt32(field.rawValue) != 0 {
      column(.text(field)) { encodeIdentifiers(field, to: &$0) }
    }
    if input.hasCustomerName { encodeNames(.customerName, .sealedCustomerName) { $0.pointee.customerName } }
    if input.hasOtherCustomerName {
      encodeNames(.otherCustomerName, .sealedOtherCustomerName) { $0.pointee.otherCustomerName }
    }
    for field in TextField.allCases where input.sealedFields & 1 << UInt32(field.rawValue) != 0 {
      column(.sealed(field)) { encodeCommitments(to: &$0, Self.sealedSlice(field)) }
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

  /// One pass that finds what the rows have at all, and the ranges of the header.
  private func survey() {
    let rows = input.rows
    var seen = input
    var timeMin = Instant.max, timeMax = Instant.min, recordedMin = Instant.max, recordedMax = Instant.min
    var customerMin = UInt32.max, customerMax: UInt32 = 0
    for i in 0..<seen.count {
      let row = rows + i
      let sealed = row.pointee.sealed
      var present: UInt32 = 0
      for field in 0..<TextField.count { present |= row.pointee.fields[field].isPresent ? 1 << UInt32(field) : 0 }
      seen.plainFields |= present & ~sealed
      seen.sealedFields |= present & sealed
      timeMin = min(timeMin, row.pointee.time)
      timeMax = max(timeMax, row.pointee.time)
      recordedMin = min(recordedMin, row.pointee.recorded)
      recordedMax = max(recordedMax, row.pointee.recorded)
      let customer = row.pointee.customer
      let other = row.pointee.otherCustomer
      seen.hasCustomer = seen.hasCustomer || customer != 0
      seen.hasOtherCustomer = seen.hasOtherCustomer || other != 0
      customerMax = max(customerMax, customer, other)
      // 0 - 1 wraps to the highest number, so that 0 is never the lowest.
      customerMin = min(customerMin, customer &- 1, other &- 1)
      seen.hasAmount = seen.hasAmount || row.pointee.amount.isPresent
      seen.hasScore = seen.hasScore || row.pointee.score.isPresent
      seen.hasDue = seen.hasDue || row.pointee.due != .absentInstant
      seen.hasCustomerName = seen.hasCustomerName || row.pointee.customerName.isPresent
      seen.hasOtherCustomerName = seen.hasOtherCustomerName || row.pointee.otherCustomerName.isPresent
      seen.hasData = seen.hasData || row.pointee.dataCount != 0
    }
    precondition(
      seen.plainFields & 1 << UInt32(TextField.text.rawValue) == 0, "law 10: text goes into a block sealed or not at all")
    input = seen
    header.timeMin = timeMin
    header.timeMax = timeMax
    header.recordedMin = recordedMin
    header.recordedMax = recordedMax
    header.customerMin = customerMax == 0 ? 0 : customerMin + 1
    header.customerMax = customerMax
  }

  private func encodeKinds() {
    intern(.kind, kinds, into: kindCodes)
    guard kinds.count > 0 else { return }
    var counts = [Int](repeating: 0, count: kinds.count + 1)
    for i in 0..<input.count { counts[Int(kindCodes.pointer[i])] += 1 }
    let names = kinds.distinct()
    for i in 0..<kinds.count {
      header.kinds.append(KindCount(kind: text(names[i]), count: counts[i + 1]))
    }
    column(.text(.kind)) { codes.encode(kindCodes.pointer, count: input.count, to: &$0) }
  }

  func text(_ slice: ByteSlice) -> String {
    String(
      decoding: UnsafeBufferPointer(start: input.bytes + Int(slice.offset), count: Int(slice.count)), as: UTF8.self)
  }

  /// The plain values of a text field as codes by row.
  func intern(_ field: TextField, _ interner: StringInterner, into out: Scratch<UInt32>) {
    let bit: UInt32 = 1 << UInt32(field.rawValue)
    interner.begin(input.bytes)
    guard input.plainFields & bit != 0 else {
      _ = out.filled(input.count, 0)
      return
    }
    let codes = out.room(input.count)
    let rows = input.rows
    let number = field.rawValue
    for i in 0..<input.count {
      let row = rows + i
      codes[i] = row.pointee.sealed & bit != 0 ? 0 : interner.code(row.pointee.fields[number])
    }
  }

  private func joinAgentsAndKinds() {
    let joined = agentOrKindCodes.room(input.count)
    let agentCodes = agentCodes.pointer
    let kindCodes = kindCodes.pointer
    let firstKind = UInt32(agents.count + 1)
    for i in 0..<input.count { joined[i] = agentCodes[i] != 0 ? agentCodes[i] : firstKind + kindCodes[i] }
  }

  var kindParent: ParentCodes { ParentCodes(parent: .kind, codes: kindCodes.pointer, limit: kinds.count + 1) }
  var customerParent: ParentCodes {
    ParentCodes(parent: .customer, codes: customerCodes.pointer, limit: customers.count + 1)
  }
  var agentOrKindParent: ParentCodes {
    ParentCodes(
      parent: .agentOrKind, codes: agentOrKindCodes.pointer, limit: agents.count + 1 + kinds.count + 1)
  }
}
