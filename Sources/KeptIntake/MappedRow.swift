import KeptFormat

/// A mapping made ready for one chunk: its texts are in the chunk's arena, its columns have places.
///
/// One row at a time is laid into `cells`, one cell for each column that a rule reads; rules then read cells, whether
/// the row came from CSV or from JSON.
struct MappedRow: ~Copyable {
  let mapping: Mapping
  /// Slices of `mapping.constants`.
  private let constants: [ByteSlice]
  var cells: [ByteSlice]
  /// Of a JSON row, what the cells are; texts where it came from CSV.
  var types: [DataType]
  /// The label of the field being filled, for rejects.
  var label = ""

  init(_ mapping: Mapping, _ builder: inout RowBuilder) {
    self.mapping = mapping
    var slices: [ByteSlice] = []
    for constant in mapping.constants {
      builder.scratch.append(constant)
      slices.append(builder.scratchSlice(constant.count))
    }
    constants = slices
    cells = Array(repeating: .absent, count: mapping.columns.count)
    types = Array(repeating: .string, count: mapping.columns.count)
  }

  /// Lays a cell in its place; what says "nothing" is absent.
  mutating func set(_ column: Int, _ cell: ByteSlice, _ type: DataType, _ builder: borrowing RowBuilder) {
    var cell = cell
    if mapping.trims, cell.isPresent, type == .string { cell = trimmed(cell, builder) }
    if cell.isPresent, !mapping.missing.isEmpty, type != .json, builder.equals(cell, anyOf: mapping.missing) {
      cell = .absent
    }
    cells[column] = cell
    types[column] = type
  }

  private func trimmed(_ cell: ByteSlice, _ builder: borrowing RowBuilder) -> ByteSlice {
    builder.withBytes(cell) { bytes in
      var (lower, upper) = (0, bytes.count)
      while lower < upper, isSpace(bytes[lower]) { lower += 1 }
      while upper > lower, isSpace(bytes[upper - 1]) { upper -= 1 }
      return upper == lower ? .absent : ByteSlice(Int(cell.offset) + lower, upper - lower)
    }
  }

  // MARK: conditions

  func holds(_ condition: Condition, _ builder: inout RowBuilder) throws(RowFault) -> Bool {
    switch condition {
    case .present(let value): return try text(value, &builder).isPresent
    case .equals(let value, let texts):
      let slice = try text(value, &builder)
      return slice.isPresent && builder.equals(slice, anyOf: texts)
    case .prefix(let value, let prefix):
      let slice = try text(value, &builder)
      return slice.isPresent && builder.withBytes(slice) { $0.starts(with: prefix) }
    case .not(let inner): return try !holds(inner, &builder)
    case .all(let list):
      for inner in list where try !holds(inner, &builder) { return false }
      return true
    case .any(let list):
      for inner in list where try holds(inner, &builder) { return true }
      return false
    }
  }

  // MARK: values

  /// The text of a value; absent where any column it is made of is.
  func text(_ value: ValueRule, _ builder: inout RowBuilder) throws(RowFault) -> ByteSlice {
    switch value {
    case .column(let column): return cells[column]
    case .constant(let index): return constants[index]
    case .absent: return .absent
    case .template(let parts):
      let before = builder.scratch.count
      for part in parts {
        let slice = try text(part, &builder)
        guard slice.isPresent else {
          builder.scratch.truncate(to: before)
          return .absent
        }
        builder.appendToScratch(slice)
      }
      return builder.scratchSlice(builder.scratch.count - before)
    case .first(let values):
      for value in values {
        let slice = try text(value, &builder)
        if slice.isPresent { return slice }
      }
      return .absent
    case .unless(let value, let missing):
      let slice = try text(value, &builder)
      return slice.isPresent && builder.equals(slice, anyOf: missing) ? .absent : slice
    case .table(let value, let entries, let otherwise):
      let slice = try text(value, &builder)
      guard slice.isPresent else { return .absent }
      if let found = entries[builder.withBytes(slice) { Array($0) }] { return try text(found, &builder) }
      guard let otherwise else { throw RowFault(.notInTable, at: 0) }
      return try text(otherwise, &builder)
    case .product, .sum:
      preconditionFailure("the compiler lets sums and products only where numbers are asked for")
    }
  }

  /// The number of a value; absent where any column it is made of is.
  func number(_ value: ValueRule, _ style: NumberStyle, _ builder: inout RowBuilder) throws(RowFault) -> ExactDecimal {
    switch value {
    case .product(let parts), .sum(let parts):
      var total = ExactDecimal.absent
      for part in parts {
        let next = try number(part, style, &builder)
        guard next.isPresent else { return .absent }
        if total.isAbsent {
          total = next
          continue
        }
        var isProduct = false
        if case .product = value { isProduct = true }
        guard let result = isProduct ? total.multiplied(by: next) : total.adding(next) else {
          throw RowFault(.tooManyDigits, at: 0)
        }
        total = result
      }
      return total
    case .first(let values):
      for value in values {
        let found = try number(value, style, &builder)
        if found.isPresent { return found }
      }
      return .absent
    default:
      let slice = try text(value, &builder)
      guard slice.isPresent else { return .absent }
      // A constant is written in the mapping, a number of JSON in JSON: neither has the file's signs.
      var plain = false
      if case .constant = value { plain = true }
      if case .column(let column) = value, types[column] != .string { plain = true }
      return try builder.number(slice, plain ? NumberStyle() : style)
    }
  }

  private func boolean(_ slice: ByteSlice, _ builder: borrowing RowBuilder) throws(RowFault) -> Bool {
    let word = builder.withBytes(slice) { String(decoding: $0.prefix(8), as: UTF8.self) }.lowercased()
    switch word {
    case "true", "t", "yes", "y", "1": return true
    case "false", "f", "no", "n", "0": return false
    default: throw RowFault(.wrongType, at: 0)
    }
  }

  // MARK: events

  /// Fills the builder's row from a rule. The caller has begun it and will finish it.
  mutating func fill(_ rule: EventRule, at start: Int, _ builder: inout RowBuilder) throws(RowFault) {
    for field in rule.fields {
      label = field.label
      switch field.target {
      case .envelope(let key): try fill(key, field, at: start, &builder)
      case .data(let key, let isPersonal):
        try fillData(constants[key], isPersonal, field, at: start, &builder)
      }
    }
    label = ""
  }

  private func fill(
    _ key: EnvelopeKey, _ field: FieldRule, at start: Int, _ builder: inout RowBuilder
  ) throws(RowFault) {
    if case .number(let style) = field.kind {
      let number = try number(field.value, style, &builder)
      if number.isPresent { try builder.setNumber(key, number, at: start) }
      return
    }
    let slice = try text(field.value, &builder)
    guard slice.isPresent else { return }
    if case .instant(let style) = field.kind {
      try builder.setInstant(key, try instant(slice, style, builder), at: start)
    } else if key.isText {
      try builder.setText(key, slice, at: start)
    } else {
      try builder.setCustomer(key, slice, at: start)
    }
  }

  private func instant(
    _ slice: ByteSlice, _ style: TimeStyle, _ builder: borrowing RowBuilder
  ) throws(RowFault) -> Instant {
    do throws(RFC3339.Failure) {
      return try builder.withBytes(slice) { (bytes) throws(RFC3339.Failure) in try style.instant(bytes) }
    } catch {
      if error == .malformed, style.format != .rfc3339 { throw RowFault(.notInFormat, at: 0) }
      throw RowFault(RejectReason(error), at: 0)
    }
  }

  private func fillData(
    _ key: ByteSlice, _ isPersonal: Bool, _ field: FieldRule, at start: Int, _ builder: inout RowBuilder
  ) throws(RowFault) {
    builder.keyCount += 1
    var entry = DataEntry(key: key, type: .string, isPersonal: isPersonal)
    if case .number(let style) = field.kind {
      entry.number = try number(field.value, style, &builder)
      guard entry.number.isPresent else { return }
      entry.type = entry.number.scale == 0 ? .integer : .decimal
      return try builder.add(entry, at: start)
    }
    let slice = try text(field.value, &builder)
    guard slice.isPresent else { return }
    switch field.kind {
    case .boolean:
      entry.type = .boolean
      entry.number = ExactDecimal(try boolean(slice, builder) ? 1 : 0)
    case .instant(let style):
      let before = builder.scratch.count
      RFC3339.write(try instant(slice, style, builder), to: &builder.scratch)
      entry.bytes = builder.scratchSlice(builder.scratch.count - before)
    case .asIs:
      if case .column(let column) = field.value, types[column] != .string {
        try fillAsIs(&entry, slice, types[column], builder)
      } else {
        entry.bytes = slice
      }
    case .text, .number:
      entry.bytes = slice
    }
    try builder.add(entry, at: start)
  }

  /// A value of a JSON row as it was there.
  private func fillAsIs(
    _ entry: inout DataEntry, _ slice: ByteSlice, _ type: DataType, _ builder: borrowing RowBuilder
  ) throws(RowFault) {
    switch type {
    case .json:
      entry.type = .json
      entry.bytes = slice
      let value = builder.withBytes(slice) { try? JSONValue.parse($0) }
      entry.isPersonal = entry.isPersonal || value.map { PersonalKeys.occur(in: $0) } ?? false
    case .boolean:
      entry.type = .boolean
      entry.number = ExactDecimal(try boolean(slice, builder) ? 1 : 0)
    default:
      entry.number = try builder.number(slice, NumberStyle())
      entry.type = entry.number.scale == 0 ? .integer : .decimal
    }
  }
}

extension RowBuilder {
  func equals(_ slice: ByteSlice, anyOf texts: [[UInt8]]) -> Bool {
    withBytes(slice) { bytes in texts.contains { $0.elementsEqual(bytes) } }
  }

  mutating func appendToScratch(_ slice: ByteSlice) {
    let bytes = withBytes(slice) { Array($0) }
    scratch.append(bytes)
  }

  /// A number as `style` writes it: a sign, digits with separators, perhaps an exponent; leading zeros are fine.
  func number(_ slice: ByteSlice, _ style: NumberStyle) throws(RowFault) -> ExactDecimal {
    let (text, isWellFormed) = withBytes(slice) { plainNumber($0, style) }
    guard isWellFormed else { throw RowFault(.badNumber, at: 0) }
    do throws(ExactDecimal.Failure) {
      return try ExactDecimal(parsing: String(decoding: text, as: UTF8.self))
    } catch {
      throw RowFault(error == .malformed ? .badNumber : .tooManyDigits, at: 0)
    }
  }

  /// The same number in JSON's spelling.
  private func plainNumber(
    _ bytes: UnsafeBufferPointer<UInt8>, _ style: NumberStyle
  ) -> (text: [UInt8], isWellFormed: Bool) {
    var text: [UInt8] = []
    var at = 0
    if at < bytes.count, bytes[at] == UInt8(ascii: "-") || bytes[at] == UInt8(ascii: "+") {
      if bytes[at] == UInt8(ascii: "-") { text.append(bytes[at]) }
      at += 1
    }
    let first = text.count
    var groupLength: Int?
    var isWellFormed = true
    while at < bytes.count {
      let byte = bytes[at]
      if byte &- 48 < 10 {
        // Zeros in front say nothing.
        if text.count == first + 1, text[first] == 48 { text.removeLast() }
        text.append(byte)
        groupLength? += 1
      } else if byte == style.thousands {
        // After the first separator they stand every three digits; `1.5` with a point for thousands is a mistake.
        if text.count == first || groupLength ?? 3 != 3 { isWellFormed = false }
        groupLength = 0
      } else {
        break
      }
      at += 1
    }
    if let groupLength, groupLength != 3 { isWellFormed = false }
    if text.count == first { text.append(48) }
    let hadInteger = at > 0 && bytes[at - 1] &- 48 < 10
    if at < bytes.count, bytes[at] == style.decimal {
      at += 1
      let fraction = bytes[at...].prefix { $0 &- 48 < 10 }
      if fraction.isEmpty, !hadInteger { isWellFormed = false }
      if !fraction.isEmpty { text += [UInt8(ascii: ".")] + fraction }
      at += fraction.count
    } else if !hadInteger {
      isWellFormed = false
    }
    return (text + bytes[at...], isWellFormed)
  }
}
