import KeptFormat

/// A line, or a touchpoint made from one, that was not taken: where, which field, why. Never what it says.
public struct Reject: Sendable, Equatable, Error {
  /// As the user named it; "-" for standard input.
  public var file: String
  /// The line of the (unpacked) file on which the record starts, from 1.
  public var line: UInt64
  /// Where that line starts, in bytes of the unpacked file.
  public var offset: UInt64
  /// Where in the record the fault is, from 0, and how many bytes the record has.
  public var column: Int
  public var byteCount: Int
  /// `time`, `data.order_id`, a column of a CSV file …; empty where the whole line is meant.
  public var field: String
  public var reason: RejectReason

  public init(
    file: String, line: UInt64, offset: UInt64, column: Int = 0, byteCount: Int = 0, field: String = "",
    reason: RejectReason
  ) {
    self.file = file
    self.line = line
    self.offset = offset
    self.column = column
    self.byteCount = byteCount
    self.field = field
    self.reason = reason
  }
}

extension Reject: CustomStringConvertible {
  public var description: String {
    "\(file): line \(line), byte \(offset + UInt64(column)): \(field.isEmpty ? "" : field + ": ")\(reason.sentence)"
  }

  /// One line of the ledger's reject folder.
  public func appendJSON(to sink: inout ByteSink) {
    let members: [JSONMember] = [
      JSONMember("file", .string(file)), JSONMember("line", .number(ExactDecimal(Int64(clamping: line)))),
      JSONMember("offset", .number(ExactDecimal(Int64(clamping: offset)))),
      JSONMember("column", .number(ExactDecimal(Int64(column)))), JSONMember("field", .string(field)),
      JSONMember("reason", .string(reason.rawValue)), JSONMember("sentence", .string(reason.sentence)),
    ]
    JSONValue.object(members).appendCanonical(to: &sink)
  }
}

/// A fault inside the chunk being parsed, before it is told apart from the file: plain data, cheap to throw.
struct RowFault: Error {
  var reason: RejectReason
  /// Offset in the chunk.
  var offset: Int
  var key: EnvelopeKey = .unknown
  /// A key of `data`, or one that is no field, in the arena.
  var name: ByteSlice = .absent
  var isData = false

  init(_ reason: RejectReason, _ key: EnvelopeKey = .unknown, at offset: Int) {
    self.reason = reason
    self.key = key
    self.offset = offset
  }

  init(_ reason: RejectReason, name: ByteSlice, isData: Bool, at offset: Int) {
    self.reason = reason
    self.offset = offset
    self.name = name
    self.isData = isData
  }
}
