/// The one spelling of a recorded event that is hashed (law 5): JSON without spaces, keys sorted, strings escaped and
/// numbers laid out as RFC 8785, times in UTC with six decimals, no nulls, no position.
///
/// Layout and a worked example: LogFormat, "Canonical line".
public enum CanonicalLine {
  public enum Form: Sendable {
    /// The leaf: everything.
    case recorded
    /// What "the same content" compares (law 6): without `recorded` and without what introduces a customer.
    case content
  }

  /// Longer lines are rejected at import, so that a length fits 16 bits.
  public static let byteCountMax = 65_535

  /// Writes the line of one recorded row, without a line feed.
  ///
  /// - Parameters:
  ///   - bytes: the arena of the row's batch; `data`: the start of that batch's entries.
  ///   - form: what to leave out.
  /// Personal values must be sealed by now: an open `text` or personal entry is our own mistake and traps.
  /// - Complexity: one pass over the row's bytes; allocates nothing but the sink's growth.
  public static func append(
    _ row: EventRow, bytes: UnsafePointer<UInt8>, data: UnsafePointer<DataEntry>, form: Form,
    to sink: inout ByteSink
  ) {
    var clocks = Clocks()
    withUnsafePointer(to: row) { append($0, bytes: bytes, data: data, form: form, &clocks, to: &sink) }
  }

  /// Lines one after another often say the same instants, or at least days.
  private struct Clocks {
    var time = RFC3339.Writer()
    var due = RFC3339.Writer()
    var recorded = RFC3339.Writer()
  }

  private static func append(
    _ row: UnsafePointer<EventRow>, bytes: UnsafePointer<UInt8>, data: UnsafePointer<DataEntry>, form: Form,
    _ clocks: inout Clocks, to sink: inout ByteSink
  ) {
    var writer = RowWriter(row: row, bytes: bytes, data: data)
    precondition(
      row.pointee[.text].isAbsent || row.pointee.isSealed(.text),
      "text is written into a canonical line only as a commitment")
    let start = sink.count
    writer.text(.account, ",\"account\":", &sink)
    writer.text(.agent, ",\"agent\":", &sink)
    if row.pointee.amount.isPresent { writer.number(row.pointee.amount, ",\"amount\":", &sink) }
    writer.text(.channel, ",\"channel\":", &sink)
    writer.text(.corrects, ",\"corrects\":", &sink)
    writer.text(.currency, ",\"currency\":", &sink)
    if row.pointee.customer != 0 {
      sink.append(",\"customer\":")
      sink.append(decimal: UInt64(row.pointee.customer))
    }
    if row.pointee.dataCount > 0 { writer.openData(to: &sink) }
    writer.text(.department, ",\"department\":", &sink)
    writer.text(.direction, ",\"direction\":", &sink)
    if row.pointee.due != .absentInstant { writer.instant(row.pointee.due, ",\"due\":", &clocks.due, &sink) }
    writer.text(.id, ",\"id\":", &sink)
    writer.text(.kind, ",\"kind\":", &sink)
    if form == .recorded { writer.introductions(to: &sink) }
    if row.pointee.otherCustomer != 0 {
      sink.append(",\"other_customer\":")
      sink.append(decimal: UInt64(row.pointee.otherCustomer))
    }
    writer.text(.party, ",\"party\":", &sink)
    if form == .recorded { writer.instant(row.pointee.recorded, ",\"recorded\":", &clocks.recorded, &sink) }
    if row.pointee.score.isPresent { writer.number(row.pointee.score, ",\"score\":", &sink) }
    if row.pointee.isSealing(writer.hasSealedData, form) { writer.commitments(form, to: &sink) }
    writer.text(.source, ",\"source\":", &sink)
    writer.text(.subject, ",\"subject\":", &sink)
    writer.instant(row.pointee.time, ",\"time\":", &clocks.time, &sink)
    sink.append(UInt8(ascii: "}"))
    // Every member wrote the comma before itself; the first one's place is the brace's.
    sink.overwrite(at: start, fixed: UInt8(ascii: "{"))
  }

  /// Writes the lines of rows, each behind its byte count as a varint: as a record of the tail has them.
  ///
  /// - Parameter line: memory for one line at a time.
  package static func appendCounted(
    of batch: EventBatch, rows: Range<Int>, line: inout ByteSink, to sink: inout ByteSink
  ) {
    batch.bytes.withUnsafeBufferPointer { bytes in
      batch.data.withUnsafeBufferPointer { data in
        batch.rows.withUnsafeBufferPointer { all in
          var clocks = Clocks()
          for index in rows {
            line.removeAll()
            append(
              all.pointer + index, bytes: bytes.pointer, data: data.pointer, form: .recorded, &clocks, to: &line)
            sink.append(varint: line.count)
            line.withUnsafeBytes { sink.append($0) }
          }
        }
      }
    }
  }

  /// Writes the line of row `index` of `batch`. For single lines; loops over a batch take the arena once.
  public static func append(_ index: Int, of batch: EventBatch, form: Form, to sink: inout ByteSink) {
    batch.bytes.withUnsafeBufferPointer { bytes in
      batch.data.withUnsafeBufferPointer { data in
        append(batch.rows[index], bytes: bytes.pointer, data: data.pointer, form: form, to: &sink)
      }
    }
  }

  /// Appends the leaves of rows to `leaves`, which are yet to be hashed: 0x00 and the line of each.
  package static func appendLeaves(of batch: EventBatch, rows: Range<Int>, to leaves: inout SHA256Messages) {
    batch.bytes.withUnsafeBufferPointer { bytes in
      batch.data.withUnsafeBufferPointer { data in
        batch.rows.withUnsafeBufferPointer { all in
          var clocks = Clocks()
          for index in rows {
            leaves.append { sink in
              sink.append(0 as UInt8)
              append(
                all.pointer + index, bytes: bytes.pointer, data: data.pointer, form: .recorded, &clocks, to: &sink)
            }
          }
        }
      }
    }
  }
}

extension UnsafeBufferPointer {
  /// The start, or some address that is not read where there is nothing to read.
  @inlinable @inline(__always)
  package var pointer: UnsafePointer<Element> {
    baseAddress ?? UnsafePointer(bitPattern: MemoryLayout<Element>.alignment)!
  }
}

extension EventRow {
  @inlinable @inline(__always)
  public func isSealed(_ field: TextField) -> Bool { sealed & (1 &<< UInt32(field.rawValue)) != 0 }

  /// Whether a line has the member `sealed`.
  @inline(__always)
  fileprivate func isSealing(_ hasSealedData: Bool, _ form: CanonicalLine.Form) -> Bool {
    let introductions = EventRow.sealedCustomerBit | EventRow.sealedOtherCustomerBit
    return hasSealedData || sealed & (form == .content ? ~introductions : ~0) != 0
  }
}

/// Writes the members of one row, each with the comma before it.
private struct RowWriter {
  let row: UnsafePointer<EventRow>
  let bytes: UnsafePointer<UInt8>
  let data: UnsafePointer<DataEntry>
  var hasSealedData = false

  @inline(__always)
  func text(_ field: TextField, _ key: StaticString, _ sink: inout ByteSink) {
    let slice = row.pointee[field]
    guard slice.isPresent, !row.pointee.isSealed(field) else { return }
    sink.append(key)
    string(slice, &sink)
  }

  @inline(__always)
  func string(_ slice: ByteSlice, _ sink: inout ByteSink) {
    JSONText.append(bytes + Int(slice.offset), count: Int(slice.count), to: &sink)
  }

  @inline(__always)
  func number(_ number: ExactDecimal, _ key: StaticString, _ sink: inout ByteSink) {
    sink.append(key)
    number.write(to: &sink)
  }

  @inline(__always)
  func instant(
    _ instant: Instant, _ key: StaticString, _ clock: inout RFC3339.Writer, _ sink: inout ByteSink
  ) {
    sink.append(key)
    sink.append(UInt8(ascii: "\""))
    clock.write(instant, to: &sink)
    sink.append(UInt8(ascii: "\""))
  }

  /// `data` with the entries that are open; none at all if all are sealed.
  mutating func openData(to sink: inout ByteSink) {
    var isOpen = false
    for index in Int(row.pointee.dataStart)..<Int(row.pointee.dataStart) + Int(row.pointee.dataCount) {
      let entry = data[index]
      if entry.type == .sealed {
        hasSealedData = true
        continue
      }
      precondition(!entry.isPersonal, "a personal value is written into a canonical line only as a commitment")
      if isOpen { sink.append(UInt8(ascii: ",")) } else { sink.append(",\"data\":{") }
      isOpen = true
      string(entry.key, &sink)
      sink.append(UInt8(ascii: ":"))
      CanonicalValue.append(entry, bytes: bytes, to: &sink)
    }
    if isOpen { sink.append(UInt8(ascii: "}")) }
  }

  /// `names`: the external ids that this event introduces, where ids are open.
  func introductions(to sink: inout ByteSink) {
    let hasCustomer = row.pointee.customerName.isPresent && row.pointee.sealed & EventRow.sealedCustomerBit == 0
    let hasOther = row.pointee.otherCustomerName.isPresent && row.pointee.sealed & EventRow.sealedOtherCustomerBit == 0
    guard hasCustomer || hasOther else { return }
    sink.append(",\"names\":{")
    if hasCustomer {
      sink.append("\"customer\":")
      string(row.pointee.customerName, &sink)
    }
    if hasOther {
      sink.append(hasCustomer ? ",\"other_customer\":" : "\"other_customer\":")
      string(row.pointee.otherCustomerName, &sink)
    }
    sink.append(UInt8(ascii: "}"))
  }

  /// `sealed`: every commitment under the name of its field, sorted.
  func commitments(_ form: CanonicalLine.Form, to sink: inout ByteSink) {
    sink.append(",\"sealed\":")
    let start = sink.count
    commitment(.account, ",\"account\":\"", &sink)
    commitment(.agent, ",\"agent\":\"", &sink)
    commitment(.channel, ",\"channel\":\"", &sink)
    commitment(.corrects, ",\"corrects\":\"", &sink)
    commitment(.currency, ",\"currency\":\"", &sink)
    if form == .recorded, row.pointee.sealed & EventRow.sealedCustomerBit != 0 {
      sink.append(",\"customer\":\"")
      hex(row.pointee.customerName, &sink)
    }
    if hasSealedData {
      for index in Int(row.pointee.dataStart)..<Int(row.pointee.dataStart) + Int(row.pointee.dataCount)
      where data[index].type == .sealed {
        let key = data[index].key
        sink.append(",\"data.")
        JSONText.appendInner(bytes + Int(key.offset), count: Int(key.count), to: &sink)
        sink.append("\":\"")
        hex(data[index].bytes, &sink)
      }
    }
    commitment(.department, ",\"department\":\"", &sink)
    commitment(.direction, ",\"direction\":\"", &sink)
    commitment(.id, ",\"id\":\"", &sink)
    commitment(.kind, ",\"kind\":\"", &sink)
    if form == .recorded, row.pointee.sealed & EventRow.sealedOtherCustomerBit != 0 {
      sink.append(",\"other_customer\":\"")
      hex(row.pointee.otherCustomerName, &sink)
    }
    commitment(.party, ",\"party\":\"", &sink)
    commitment(.source, ",\"source\":\"", &sink)
    commitment(.subject, ",\"subject\":\"", &sink)
    commitment(.text, ",\"text\":\"", &sink)
    sink.append(UInt8(ascii: "}"))
    sink.overwrite(at: start, fixed: UInt8(ascii: "{"))
  }

  @inline(__always)
  private func commitment(_ field: TextField, _ key: StaticString, _ sink: inout ByteSink) {
    guard row.pointee.isSealed(field) else { return }
    sink.append(key)
    hex(row.pointee[field], &sink)
  }

  private func hex(_ slice: ByteSlice, _ sink: inout ByteSink) {
    precondition(slice.count == 32, "a commitment has 32 bytes, not \(slice.count)")
    Digest(UnsafeRawPointer(bytes + Int(slice.offset))).writeHex(to: &sink)
    sink.append(UInt8(ascii: "\""))
  }
}
