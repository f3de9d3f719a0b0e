import KeptFormat

/// The two JSON forms of an event, mapped name for name.
public enum JSONForm: Sendable {
  /// Kept's own: `kind`, and the well-known numbers at the top level or in `data`.
  case plain
  /// CloudEvents 1.0, structured mode: `type`, attributes unknown to Kept are kept under `data`.
  case cloudEvent
}

/// Reads one event off one JSON object, strictly, in one pass and, but for nested data, without allocating.
struct LineParser: ~Copyable {
  let form: JSONForm
  private var scanner: JSONScanner
  private let followers = KeyFollowers()
  /// Keys of the object read so far, null ones too, to find those given twice.
  private var seen: UInt64 = 0

  init(form: JSONForm, chunk: UnsafePointer<UInt8>) {
    self.form = form
    scanner = JSONScanner(chunk, to: 0)
  }

  /// Parses the object in `[start, end)` of the chunk, which may have space around it, as the builder's next row.
  @inline(__always)
  mutating func parse(from start: Int, to end: Int, line: UInt64, into builder: inout RowBuilder) throws(RowFault) {
    scanner = JSONScanner(builder.chunk, from: start, to: end)
    seen = 0
    var previous = EnvelopeKey.unknown
    builder.begin(line: line)
    scanner.skipSpace()
    guard scanner.byte == UInt8(ascii: "{") else { throw unexpected(.notAnObject) }
    scanner.position &+= 1
    scanner.skipSpace()
    if scanner.byte == UInt8(ascii: "}") {
      scanner.position &+= 1
    } else {
      repeat { try member(after: &previous, &builder) } while try another()
    }
    scanner.skipSpace()
    guard scanner.position == scanner.end else { throw unexpected(.trailing) }
    if form == .cloudEvent { try requireVersion(at: start) }
    try builder.finish(at: start, byteCount: end &- start)
  }

  /// Whether a comma or the closing brace follows a member.
  @inline(__always)
  private mutating func another() throws(RowFault) -> Bool {
    scanner.skipSpace()
    let byte = scanner.byte
    guard byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") else { throw unexpected(.syntax) }
    scanner.position &+= 1
    if byte == UInt8(ascii: "}") { return false }
    scanner.skipSpace()
    return true
  }

  // MARK: the event's own members

  @inline(__always)
  private mutating func member(after previous: inout EnvelopeKey, _ builder: inout RowBuilder) throws(RowFault) {
    let keyOffset = scanner.position
    builder.keyCount &+= 1
    var key = followers.match(scanner, after: previous)
    if key != .unknown {
      scanner.position &+= followers.byteCount(after: previous)
      scanner.skipSpace()
    } else {
      let string = try string(.unknown)
      key = find(string, builder)
      if form == .cloudEvent, !isAttribute(key) { key = .unknown }
      try colon()
      if key == .unknown { return try unknownMember(string, at: keyOffset, &builder) }
      if !string.isEscaped { followers.learn(key, string, scanner, after: previous) }
    }
    previous = key
    guard seen & key.bit == 0 else { throw RowFault(.duplicateKey, key, at: keyOffset) }
    seen |= key.bit
    if key == .data {
      try dataObject(&builder)
    } else {
      try envelopeValue(key, &builder)
    }
  }

  /// Reads the value of an envelope key, at the top level or hoisted out of `data`.
  @inline(__always)
  private mutating func envelopeValue(_ key: EnvelopeKey, _ builder: inout RowBuilder) throws(RowFault) {
    let offset = scanner.position
    let byte = scanner.byte
    if byte == UInt8(ascii: "n") { return try word("null", key) }
    if key.isText {
      guard byte == UInt8(ascii: "\"") else { throw wrongType(key) }
      return try builder.setText(key, slice(of: try string(key), &builder), at: offset)
    }
    switch key {
    case .customer, .otherCustomer:
      guard byte == UInt8(ascii: "\"") else { throw wrongType(key) }
      try builder.setCustomer(key, slice(of: try string(key), &builder), at: offset)
    case .time, .due:
      guard byte == UInt8(ascii: "\"") else { throw wrongType(key) }
      try builder.setInstant(key, text: slice(of: try string(key), &builder), at: offset)
    case .amount, .score:
      guard byte == UInt8(ascii: "-") || byte &- 48 < 10 else { throw wrongType(key) }
      try builder.setNumber(key, try number(key), at: offset)
    default:
      // `recorded` and `position` are the ledger's to give. They are read over, so that what `kept events` printed can
      // be imported as it is.
      try skipScalar(key)
    }
  }

  private mutating func skipScalar(_ key: EnvelopeKey) throws(RowFault) {
    guard scanner.byte != UInt8(ascii: "{"), scanner.byte != UInt8(ascii: "[") else { throw wrongType(key) }
    do throws(JSONFault) { _ = try scanner.value(depth: 2) } catch { throw fault(error, key) }
  }

  // MARK: data

  private mutating func dataObject(_ builder: inout RowBuilder) throws(RowFault) {
    if scanner.byte == UInt8(ascii: "n") { return try word("null", .data) }
    guard scanner.byte == UInt8(ascii: "{") else { throw wrongType(.data) }
    scanner.position &+= 1
    scanner.skipSpace()
    if scanner.byte == UInt8(ascii: "}") {
      scanner.position &+= 1
      return
    }
    var hoisted: UInt64 = 0
    repeat {
      let keyOffset = scanner.position
      let string = try string(.data)
      builder.keyCount &+= 1
      try colon()
      let key = find(string, builder)
      guard Self.hoistedKeys & key.bit != 0 else {
        try dataValue(slice(of: string, &builder), at: keyOffset, &builder)
        continue
      }
      guard hoisted & key.bit == 0 else { throw RowFault(.duplicateKey, key, at: keyOffset) }
      hoisted |= key.bit
      try envelopeValue(key, &builder)
    } while try another()
  }

  /// Well-known keys that may stand in `data` (and in a CloudEvent do).
  static let hoistedKeys: UInt64 =
    EnvelopeKey.amount.bit | EnvelopeKey.currency.bit | EnvelopeKey.score.bit | EnvelopeKey.due.bit
    | EnvelopeKey.text.bit | EnvelopeKey.otherCustomer.bit

  private mutating func dataValue(
    _ key: ByteSlice, at keyOffset: Int, _ builder: inout RowBuilder
  ) throws(RowFault) {
    let isPersonal = builder.isPersonal(key)
    var entry = DataEntry(key: key, type: .string, isPersonal: isPersonal)
    switch scanner.byte {
    case UInt8(ascii: "\""):
      entry.bytes = slice(of: try dataString(key), &builder)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      do throws(JSONFault) { entry.number = try scanner.number() } catch { throw fault(error, key) }
      entry.type = entry.number.scale == 0 ? .integer : .decimal
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      try nested(&entry, &builder)
    default:
      let value: JSONValue
      do throws(JSONFault) { value = try scanner.value(depth: 3) } catch { throw fault(error, key) }
      guard case .boolean(let truth) = value else { return try builder.addNull(key, at: keyOffset) }
      entry.type = .boolean
      entry.number = ExactDecimal(truth ? 1 : 0)
    }
    try builder.add(entry, at: keyOffset)
  }

  /// An array or object: canonical JSON in the scratch, every key in it checked.
  private mutating func nested(_ entry: inout DataEntry, _ builder: inout RowBuilder) throws(RowFault) {
    let offset = scanner.position
    let value: JSONValue
    do throws(JSONFault) { value = try scanner.value(depth: 3) } catch { throw fault(error, entry.key) }
    var isTooLong = false
    builder.keyCount += Self.countKeys(value, &isTooLong)
    if isTooLong { throw RowFault(.keyTooLong, name: entry.key, isData: true, at: offset) }
    let before = builder.scratch.count
    value.appendCanonical(to: &builder.scratch)
    entry.type = .json
    entry.bytes = builder.scratchSlice(builder.scratch.count - before)
    entry.isPersonal = entry.isPersonal || PersonalKeys.occur(in: value)
  }

  private static func countKeys(_ value: JSONValue, _ isTooLong: inout Bool) -> Int {
    var count = 0
    for inner in value.array ?? [] { count += countKeys(inner, &isTooLong) }
    for member in value.members ?? [] {
      if member.key.utf8.count > Limits.keyByteCountMax { isTooLong = true }
      count += 1 + countKeys(member.value, &isTooLong)
    }
    return count
  }

  // MARK: CloudEvents

  /// Attributes of CloudEvents that have no field of the same name; their bits follow those of `EnvelopeKey`.
  private enum Attribute: UInt64 {
    case type = 32
    case specversion, datacontenttype
  }

  /// Whether a CloudEvent may have the field as an attribute: all but `kind`, which is `type` there.
  private func isAttribute(_ key: EnvelopeKey) -> Bool { key != .kind && key != .names && key != .sealed }

  private mutating func unknownMember(
    _ string: JSONString, at keyOffset: Int, _ builder: inout RowBuilder
  ) throws(RowFault) {
    let key = slice(of: string, &builder)
    let attribute = builder.withBytes(key) { Self.attribute($0) }
    guard form == .cloudEvent else {
      let reason: RejectReason = attribute == .specversion ? .cloudEvent : .unknownField
      throw RowFault(reason, name: key, isData: false, at: keyOffset)
    }
    // An extension that Kept has no field for: a fact all the same.
    guard let attribute else { return try dataValue(key, at: keyOffset, &builder) }
    guard seen & 1 << attribute.rawValue == 0 else {
      throw RowFault(.duplicateKey, name: key, isData: false, at: keyOffset)
    }
    seen |= 1 << attribute.rawValue
    let offset = scanner.position
    guard scanner.byte == UInt8(ascii: "\"") else {
      throw RowFault(.wrongType, name: key, isData: false, at: offset)
    }
    var value = slice(of: try self.string(.unknown), &builder)
    switch attribute {
    case .type:
      let hasPrefix = builder.withBytes(value) { $0.starts(with: CloudEvent.typePrefix.utf8) }
      if hasPrefix {
        let prefixCount = UInt32(CloudEvent.typePrefix.utf8.count)
        value.offset += prefixCount
        value.count -= prefixCount
      }
      try builder.setText(.kind, value, at: offset)
    case .specversion:
      guard builder.withBytes(value, { $0.elementsEqual("1.0".utf8) }) else {
        throw RowFault(.specVersion, name: key, isData: false, at: offset)
      }
    case .datacontenttype:
      guard builder.withBytes(value, { CloudEvent.isJSON(contentType: $0) }) else {
        throw RowFault(.contentType, name: key, isData: false, at: offset)
      }
    }
  }

  private static func attribute(_ name: UnsafeBufferPointer<UInt8>) -> Attribute? {
    if name.elementsEqual("type".utf8) { return .type }
    if name.elementsEqual("specversion".utf8) { return .specversion }
    if name.elementsEqual("datacontenttype".utf8) { return .datacontenttype }
    return nil
  }

  private func requireVersion(at start: Int) throws(RowFault) {
    guard seen & 1 << Attribute.specversion.rawValue != 0 else { throw RowFault(.specVersion, at: start) }
  }

  // MARK: tokens

  @inline(__always)
  private func find(_ string: JSONString, _ builder: borrowing RowBuilder) -> EnvelopeKey {
    guard !string.isEscaped else { return findEscaped(string) }
    return EnvelopeKey.find(
      scanner.base + string.start, count: string.count, readable: scanner.end &- string.start)
  }

  @inline(never)
  private func findEscaped(_ string: JSONString) -> EnvelopeKey {
    var sink = ByteSink(capacity: string.count)
    _ = scanner.decode(string, to: &sink)
    return sink.withUnsafeBytes {
      let bytes = $0.assumingMemoryBound(to: UInt8.self)
      return EnvelopeKey.find(bytes.pointer, count: bytes.count, readable: bytes.count)
    }
  }

  @inline(__always)
  private func slice(of string: JSONString, _ builder: inout RowBuilder) -> ByteSlice {
    guard string.isEscaped else { return ByteSlice(string.start, string.count) }
    return builder.scratchSlice(scanner.decode(string, to: &builder.scratch))
  }

  @inline(__always)
  private mutating func colon() throws(RowFault) {
    scanner.skipSpace()
    guard scanner.byte == UInt8(ascii: ":") else { throw unexpected(.syntax) }
    scanner.position &+= 1
    scanner.skipSpace()
  }

  @inline(__always)
  private mutating func string(_ key: EnvelopeKey) throws(RowFault) -> JSONString {
    do throws(JSONFault) { return try scanner.string() } catch { throw fault(error, key) }
  }

  private mutating func dataString(_ key: ByteSlice) throws(RowFault) -> JSONString {
    do throws(JSONFault) { return try scanner.string() } catch { throw fault(error, key) }
  }

  @inline(__always)
  private mutating func number(_ key: EnvelopeKey) throws(RowFault) -> ExactDecimal {
    do throws(JSONFault) { return try scanner.number() } catch { throw fault(error, key) }
  }

  private mutating func word(_ word: StaticString, _ key: EnvelopeKey) throws(RowFault) {
    do throws(JSONFault) { try scanner.word(word) } catch { throw fault(error, key) }
  }

  // MARK: faults

  @inline(never)
  private func fault(_ fault: JSONFault, _ key: EnvelopeKey) -> RowFault {
    RowFault(RejectReason(fault.reason), key, at: fault.offset)
  }

  @inline(never)
  private func fault(_ fault: JSONFault, _ key: ByteSlice) -> RowFault {
    RowFault(RejectReason(fault.reason), name: key, isData: true, at: fault.offset)
  }

  /// `reason` for a byte that is fit for JSON but not here; a more exact one for others.
  @inline(never)
  private func unexpected(_ reason: RejectReason) -> RowFault {
    let fault = scanner.unexpected()
    return RowFault(fault.reason == .syntax ? reason : RejectReason(fault.reason), at: fault.offset)
  }

  /// A value of JSON, but not of the right type; or no value at all.
  @inline(never)
  private func wrongType(_ key: EnvelopeKey) -> RowFault {
    var rest = scanner
    let offset = scanner.position
    do throws(JSONFault) { _ = try rest.value(depth: 2) } catch { return fault(error, key) }
    return RowFault(.wrongType, key, at: offset)
  }
}
