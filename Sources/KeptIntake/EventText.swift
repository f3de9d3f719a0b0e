import KeptFormat

/// Writes events for people and other programs: what a source could have said, plus what the ledger gave.
///
/// What it writes can be read again by `ImportSource` in the same form, unless values are still sealed: those are only
/// named, under `sealed`, because a commitment is no value.
public struct EventText {
  /// What the ledger knows of the event beside its row.
  public struct Recorded: Sendable {
    public var position: UInt64
    /// The external ids of the row's customers; without them `c<number>` is written.
    public var customer: [UInt8]?
    public var otherCustomer: [UInt8]?

    public init(position: UInt64, customer: [UInt8]? = nil, otherCustomer: [UInt8]? = nil) {
      self.position = position
      self.customer = customer
      self.otherCustomer = otherCustomer
    }
  }

  private let row: EventRow
  private let bytes: UnsafePointer<UInt8>
  private let data: UnsafePointer<DataEntry>

  /// Writes row `index` of `batch` as one JSON object without a line feed.
  public static func append(
    _ index: Int, of batch: EventBatch, recorded: Recorded? = nil, form: JSONForm, to sink: inout ByteSink
  ) {
    batch.bytes.withUnsafeBufferPointer { bytes in
      batch.data.withUnsafeBufferPointer { data in
        let text = EventText(row: batch.rows[index], bytes: bytes.pointer, data: data.pointer)
        switch form {
        case .plain: text.appendPlain(recorded, to: &sink)
        case .cloudEvent: text.appendCloudEvent(recorded, to: &sink)
        }
      }
    }
  }

  private func appendPlain(_ recorded: Recorded?, to sink: inout ByteSink) {
    let start = sink.count
    ledgerMembers(recorded, to: &sink)
    for field in [TextField.source, .id, .kind] { member(field, field.name, to: &sink) }
    key("time", to: &sink)
    instant(row.time, to: &sink)
    customer(recorded, to: &sink)
    for field in Self.parties + [.subject] { member(field, field.name, to: &sink) }
    member(.corrects, "corrects", to: &sink)
    hoisted(recorded, to: &sink)
    if !openEntries.isEmpty {
      key("data", to: &sink)
      let inner = sink.count
      entries(to: &sink)
      close(from: inner, to: &sink)
    }
    if !sealedNames.isEmpty {
      key("sealed", to: &sink)
      JSONValue.array(sealedNames.map { .string($0) }).appendCanonical(to: &sink)
    }
    close(from: start, to: &sink)
  }

  private func appendCloudEvent(_ recorded: Recorded?, to sink: inout ByteSink) {
    let start = sink.count
    sink.append(",\"specversion\":\"1.0\"")
    for field in [TextField.source, .id] { member(field, field.name, to: &sink) }
    if row[.kind].isPresent, !row.isSealed(.kind) {
      sink.append(",\"type\":\"")
      sink.append(CloudEvent.typePrefix)
      JSONText.appendInner(bytes + Int(row[.kind].offset), count: Int(row[.kind].count), to: &sink)
      sink.append(UInt8(ascii: "\""))
    }
    key("time", to: &sink)
    instant(row.time, to: &sink)
    member(.subject, "subject", to: &sink)
    customer(recorded, to: &sink)
    for field in Self.parties { member(field, field.name, to: &sink) }
    member(.corrects, "corrects", to: &sink)
    ledgerMembers(recorded, to: &sink)
    if !sealedNames.isEmpty {
      key("sealed", to: &sink)
      JSONText.append(sealedNames.joined(separator: ","), to: &sink)
    }
    let beforeData = sink.count
    sink.append(",\"datacontenttype\":\"application/json\",\"data\":")
    let inner = sink.count
    hoisted(recorded, to: &sink)
    entries(to: &sink)
    if sink.count == inner {
      sink.truncate(to: beforeData)
    } else {
      close(from: inner, to: &sink)
    }
    close(from: start, to: &sink)
  }

  private static let parties: [TextField] = [.account, .party, .channel, .direction, .agent, .department]

  // MARK: members, each with the comma before it

  private func ledgerMembers(_ recorded: Recorded?, to sink: inout ByteSink) {
    guard let recorded else { return }
    key("position", to: &sink)
    sink.append(decimal: recorded.position)
    key("recorded", to: &sink)
    instant(row.recorded, to: &sink)
  }

  private func customer(_ recorded: Recorded?, to sink: inout ByteSink) {
    let isOpen = row.sealed & EventRow.sealedCustomerBit == 0
    party("customer", row.customer, isOpen ? row.customerName : .absent, recorded?.customer, to: &sink)
  }

  private func party(
    _ name: String, _ number: UInt32, _ said: ByteSlice, _ known: [UInt8]?, to sink: inout ByteSink
  ) {
    guard number != 0 || said.isPresent else { return }
    key(name, to: &sink)
    if said.isPresent {
      string(said, to: &sink)
    } else if let known {
      known.withUnsafeBufferPointer { JSONText.append($0.pointer, count: $0.count, to: &sink) }
    } else {
      sink.append("\"c")
      sink.append(decimal: UInt64(number))
      sink.append(UInt8(ascii: "\""))
    }
  }

  /// The well-known values that a CloudEvent carries in `data`.
  private func hoisted(_ recorded: Recorded?, to sink: inout ByteSink) {
    let isOpen = row.sealed & EventRow.sealedOtherCustomerBit == 0
    party(
      "other_customer", row.otherCustomer, isOpen ? row.otherCustomerName : .absent, recorded?.otherCustomer,
      to: &sink)
    if row.amount.isPresent {
      key("amount", to: &sink)
      row.amount.write(to: &sink)
    }
    member(.currency, "currency", to: &sink)
    if row.score.isPresent {
      key("score", to: &sink)
      row.score.write(to: &sink)
    }
    if row.due != .absentInstant {
      key("due", to: &sink)
      instant(row.due, to: &sink)
    }
    member(.text, "text", to: &sink)
  }

  private func entries(to sink: inout ByteSink) {
    for entry in openEntries {
      sink.append(UInt8(ascii: ","))
      string(entry.key, to: &sink)
      sink.append(UInt8(ascii: ":"))
      CanonicalValue.append(entry, bytes: bytes, to: &sink)
    }
  }

  private func member(_ field: TextField, _ name: String, to sink: inout ByteSink) {
    guard row[field].isPresent, !row.isSealed(field) else { return }
    key(name, to: &sink)
    string(row[field], to: &sink)
  }

  private func key(_ name: String, to sink: inout ByteSink) {
    sink.append(",\"")
    sink.append(name)
    sink.append("\":")
  }

  private func string(_ slice: ByteSlice, to sink: inout ByteSink) {
    JSONText.append(bytes + Int(slice.offset), count: Int(slice.count), to: &sink)
  }

  private func instant(_ instant: Instant, to sink: inout ByteSink) {
    sink.append(UInt8(ascii: "\""))
    RFC3339.write(instant, to: &sink)
    sink.append(UInt8(ascii: "\""))
  }

  /// Makes an object of the members written since `start`: the first one's comma is the brace's place.
  private func close(from start: Int, to sink: inout ByteSink) {
    if sink.count == start {
      sink.append("{}")
    } else {
      sink.overwrite(at: start, fixed: UInt8(ascii: "{"))
      sink.append(UInt8(ascii: "}"))
    }
  }

  // MARK: what is open and what is sealed

  private var allEntries: UnsafeBufferPointer<DataEntry> {
    UnsafeBufferPointer(start: data + Int(row.dataStart), count: Int(row.dataCount))
  }

  private var openEntries: [DataEntry] { allEntries.filter { $0.type != .sealed } }

  private var sealedNames: [String] {
    var names = TextField.allCases.filter { row.isSealed($0) }.map(\.name)
    for entry in allEntries where entry.type == .sealed {
      let key = UnsafeBufferPointer(start: bytes + Int(entry.key.offset), count: Int(entry.key.count))
      names.append("data." + String(decoding: key, as: UTF8.self))
    }
    return names
  }
}
