import KeptFormat

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Fills rows of a batch from the bytes of one chunk and holds every rule that does not depend on the form of the
/// source: what a field may say, what must be there, what is too long.
///
/// Texts without escapes stay where they are in the chunk. What has to be spelled out (escapes, doubled quotes,
/// canonical JSON) goes into `scratch`, whose first byte has the arena offset `chunkByteCount`: the two are joined when
/// the batch is done, so that no pointer into a growing array is ever held.
struct RowBuilder: ~Copyable {
  let chunk: UnsafePointer<UInt8>
  let chunkByteCount: Int
  var scratch: ByteSink
  var rows: [EventRow] = []
  var data: [DataEntry] = []
  var row = EventRow()
  /// A bit for each envelope key that has a value, wherever it was given.
  var given: UInt64 = 0
  var keyCount = 0
  private var dataStart = 0
  private var isSorted = true
  private var hasNull = false

  init(chunk: UnsafePointer<UInt8>, byteCount: Int) {
    self.chunk = chunk
    chunkByteCount = byteCount
    scratch = ByteSink(capacity: 1024)
    rows.reserveCapacity(byteCount / 160 + 1)
  }

  // MARK: one row

  @inline(__always)
  mutating func begin(line: UInt64) {
    row = EventRow()
    row.line = line
    given = 0
    keyCount = 0
    isSorted = true
    hasNull = false
    dataStart = data.count
  }

  /// Forgets what a row that was rejected has left.
  mutating func abandon() {
    data.removeSubrange(dataStart...)
  }

  /// Checks the row as a whole and keeps it. `start` and `byteCount` are its record's, for messages and limits.
  @inline(__always)
  mutating func finish(at start: Int, byteCount: Int) throws(RowFault) {
    if data.count != dataStart { try finishData(at: start) }
    let needed: UInt64 =
      EnvelopeKey.source.bit | EnvelopeKey.id.bit | EnvelopeKey.kind.bit | EnvelopeKey.time.bit
      | EnvelopeKey.customer.bit
    if given & needed != needed { try checkMissing(needed & ~given, at: start) }
    let kind = row[.kind]
    if let (reason, key) = kindFault(kind) { throw RowFault(reason, key, at: start) }
    if keyCount > Limits.keyCountMax { throw RowFault(.tooManyKeys, at: start) }
    // A canonical line cannot be 8 times its source: `1e17` becomes 18 digits, a sealed value 64.
    if byteCount > CanonicalLine.byteCountMax / 8 { try checkLength(at: start) }
    row.dataStart = UInt32(truncatingIfNeeded: dataStart)
    row.dataCount = UInt32(truncatingIfNeeded: data.count &- dataStart)
    rows.append(row)
  }

  @inline(__always)
  private func kindFault(_ kind: ByteSlice) -> (RejectReason, EnvelopeKey)? {
    withBytes(kind) { bytes in
      KindRules.fault(
        bytes.pointer, bytes.count, hasCorrects: given & EnvelopeKey.corrects.bit != 0,
        hasOtherCustomer: given & EnvelopeKey.otherCustomer.bit != 0)
    }
  }

  @inline(never)
  private func checkMissing(_ missing: UInt64, at start: Int) throws(RowFault) {
    for key in [EnvelopeKey.source, .id, .kind, .time] where missing & key.bit != 0 {
      throw RowFault(.missing, key, at: start)
    }
    guard withBytes(row[.kind], { KindRules.isFirmSide($0.pointer, $0.count) }) else {
      throw RowFault(.missing, .customer, at: start)
    }
  }

  // MARK: values

  /// Marks `key` as given; a second time is a fault.
  @inline(__always)
  mutating func take(_ key: EnvelopeKey, at offset: Int) throws(RowFault) {
    guard given & key.bit == 0 else { throw RowFault(.givenTwice, key, at: offset) }
    given |= key.bit
  }

  /// Sets one of the 13 texts; `key` must be one of those.
  @inline(__always)
  mutating func setText(_ key: EnvelopeKey, _ slice: ByteSlice, at offset: Int) throws(RowFault) {
    try take(key, at: offset)
    row.fields[Int(key.rawValue)] = slice
    switch key {
    case .text: return
    case .source, .id, .kind:
      if slice.count == 0 { throw RowFault(.empty, key, at: offset) }
    case .direction, .party: try checkChoice(key, slice, at: offset)
    default: break
    }
    if slice.count > UInt32(Limits.nameByteCountMax) { throw RowFault(.valueTooLong, key, at: offset) }
  }

  /// Sets `customer` or `other_customer`.
  @inline(__always)
  mutating func setCustomer(_ key: EnvelopeKey, _ slice: ByteSlice, at offset: Int) throws(RowFault) {
    try take(key, at: offset)
    if slice.count == 0 { throw RowFault(.empty, key, at: offset) }
    if slice.count > UInt32(Limits.nameByteCountMax) { throw RowFault(.valueTooLong, key, at: offset) }
    if key == .customer { row.customerName = slice } else { row.otherCustomerName = slice }
  }

  /// Sets `amount` or `score`.
  @inline(__always)
  mutating func setNumber(_ key: EnvelopeKey, _ number: ExactDecimal, at offset: Int) throws(RowFault) {
    try take(key, at: offset)
    if key == .amount { row.amount = number } else { row.score = number }
  }

  /// Sets `time` or `due`.
  @inline(__always)
  mutating func setInstant(_ key: EnvelopeKey, _ instant: Instant, at offset: Int) throws(RowFault) {
    try take(key, at: offset)
    if key == .time { row.time = instant } else { row.due = instant }
  }

  /// Sets `time` or `due` from RFC 3339 text.
  @inline(__always)
  mutating func setInstant(_ key: EnvelopeKey, text slice: ByteSlice, at offset: Int) throws(RowFault) {
    let instant: Instant
    do throws(RFC3339.Failure) {
      if Int(slice.offset) < chunkByteCount {
        instant = try RFC3339.parse(chunk + Int(slice.offset), count: Int(slice.count))
      } else {
        instant = try withBytes(slice) { (bytes) throws(RFC3339.Failure) in
          try RFC3339.parse(bytes.pointer, count: bytes.count)
        }
      }
    } catch {
      throw RowFault(RejectReason(error), key, at: offset)
    }
    try setInstant(key, instant, at: offset)
  }

  @inline(__always)
  private func checkChoice(_ key: EnvelopeKey, _ slice: ByteSlice, at offset: Int) throws(RowFault) {
    let isAllowed = withBytes(slice) { bytes in
      let base = bytes.pointer
      func says(_ word: StaticString) -> Bool {
        bytes.count == word.utf8CodeUnitCount && memcmp(base, word.utf8Start, bytes.count) == 0
      }
      return key == .direction
        ? says("in") || says("out") || says("both") : says("b2c") || says("b2b") || says("internal")
    }
    guard isAllowed else { throw RowFault(.notOneOf, key, at: offset) }
  }

  // MARK: data

  /// Adds an entry of `data`. The key was not checked yet.
  @inline(__always)
  mutating func add(_ entry: DataEntry, at offset: Int) throws(RowFault) {
    if entry.key.count > UInt32(Limits.keyByteCountMax) {
      throw RowFault(.keyTooLong, name: entry.key, isData: true, at: offset)
    }
    if data.count > dataStart, isSorted { isSorted = compareKeys(data[data.count &- 1].key, entry.key) < 0 }
    data.append(entry)
  }

  /// Remembers a key whose value is null: it counts as absent, but not when looking for keys given twice.
  mutating func addNull(_ key: ByteSlice, at offset: Int) throws(RowFault) {
    hasNull = true
    try add(DataEntry(key: key, type: .json), at: offset)
  }

  func isPersonal(_ key: ByteSlice) -> Bool {
    withBytes(key) { PersonalKeys.contains($0.pointer, count: $0.count) }
  }

  @inline(never)
  private mutating func finishData(at start: Int) throws(RowFault) {
    if !isSorted {
      // Few entries, often nearly in order.
      for index in dataStart + 1..<data.count {
        let entry = data[index]
        var hole = index
        while hole > dataStart, compareKeys(data[hole - 1].key, entry.key) > 0 {
          data[hole] = data[hole - 1]
          hole -= 1
        }
        data[hole] = entry
      }
      for index in dataStart + 1..<data.count where compareKeys(data[index - 1].key, data[index].key) == 0 {
        throw RowFault(.duplicateKey, name: data[index].key, isData: true, at: start)
      }
    }
    if hasNull {
      var kept = dataStart
      for index in dataStart..<data.count where data[index].type != .json || data[index].bytes.isPresent {
        data[kept] = data[index]
        kept += 1
      }
      data.removeSubrange(kept...)
    }
  }

  /// The order of canonical lines. The first 8 bytes nearly always decide.
  @inline(__always)
  private func compareKeys(_ left: ByteSlice, _ right: ByteSlice) -> Int {
    if Int(left.offset) &+ 8 <= chunkByteCount, Int(right.offset) &+ 8 <= chunkByteCount {
      let (a, b) = (prefix(left), prefix(right))
      if a != b, (a | b) & 0x8080_8080_8080_8080 == 0 { return a < b ? -1 : 1 }
    }
    return compareWholeKeys(left, right)
  }

  /// The first 8 bytes of a slice of the chunk as a number that orders as they do; shorter ones are filled with zeros.
  @inline(__always)
  private func prefix(_ slice: ByteSlice) -> UInt64 {
    let word = loadWord(chunk + Int(slice.offset)).byteSwapped
    return slice.count >= 8 ? word : word & ~(UInt64.max >> UInt64(slice.count &* 8))
  }

  @inline(never)
  private func compareWholeKeys(_ left: ByteSlice, _ right: ByteSlice) -> Int {
    withBytes(left) { a in
      withBytes(right) { b in JSONText.compare(a.pointer, a.count, b.pointer, b.count) }
    }
  }

  // MARK: limits

  /// The row's canonical line with the longest numbers, and every name that may be sealed counted in its longer form.
  @inline(never)
  private func checkLength(at start: Int) throws(RowFault) {
    // Braces, `recorded`, `time`, `due`, two customers' numbers, `names`, `sealed` and their keys.
    var byteCount = 400
    for field in TextField.allCases where row[field].isPresent {
      byteCount += field.name.utf8.count + 6 + (field == .text ? 64 : max(64, escapedByteCount(row[field])))
    }
    for name in [row.customerName, row.otherCustomerName] where name.isPresent {
      byteCount += max(64, escapedByteCount(name))
    }
    for number in [row.amount, row.score] where number.isPresent { byteCount += 40 }
    for entry in data[dataStart...] {
      byteCount += escapedByteCount(entry.key) + 6
      if entry.isPersonal {
        byteCount += 70
        continue
      }
      switch entry.type {
      case .integer, .decimal, .boolean: byteCount += 26
      case .string: byteCount += escapedByteCount(entry.bytes)
      case .json: byteCount += Int(entry.bytes.count)
      case .sealed: byteCount += 64
      }
    }
    guard byteCount <= CanonicalLine.byteCountMax else { throw RowFault(.eventTooLong, at: start) }
  }

  private func escapedByteCount(_ slice: ByteSlice) -> Int {
    var sink = ByteSink(capacity: Int(slice.count) + 8)
    withBytes(slice) { JSONText.append($0.pointer, count: $0.count, to: &sink) }
    return sink.count
  }

  // MARK: arena

  /// The bytes of a slice, in the chunk or in `scratch`.
  @inline(__always)
  func withBytes<R, E: Error>(
    _ slice: ByteSlice, _ body: (UnsafeBufferPointer<UInt8>) throws(E) -> R
  ) throws(E) -> R {
    let offset = Int(slice.offset)
    if offset < chunkByteCount || slice.count == 0 {
      return try body(UnsafeBufferPointer(start: chunk + min(offset, chunkByteCount), count: Int(slice.count)))
    }
    return try scratch.withUnsafeBytes { (bytes) throws(E) in
      try body(
        UnsafeBufferPointer(
          rebasing: bytes.assumingMemoryBound(to: UInt8.self)[
            offset - chunkByteCount..<offset - chunkByteCount + Int(slice.count)]))
    }
  }

  /// The slice of the last `count` bytes written to `scratch`.
  func scratchSlice(_ count: Int) -> ByteSlice {
    ByteSlice(chunkByteCount + scratch.count - count, count)
  }

  /// The name of what a fault is about, as messages spell it.
  func fieldName(_ fault: RowFault) -> String {
    guard fault.name.isPresent else { return fault.key.name }
    // A key is the source's own word and may be long or odd: enough of it to find it.
    let text = withBytes(fault.name) { String(decoding: $0.prefix(64), as: UTF8.self) }
    let shown = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 32 ? "?" : $0 }))
    return fault.isData ? "data." + shown : shown
  }
}
