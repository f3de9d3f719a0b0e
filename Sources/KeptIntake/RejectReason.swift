import KeptFormat

/// Why a line, row or touchpoint was not taken. Raw values are what machines read; they never change.
public enum RejectReason: String, Sendable, CaseIterable {
  // The bytes.
  case notUTF8 = "not_utf8"
  case byteOrderMark = "byte_order_mark"
  case controlCharacter = "control_character"
  case syntax = "syntax"
  case cut = "cut"
  case trailing = "trailing"
  case badEscape = "bad_escape"
  case loneSurrogate = "lone_surrogate"
  case badNumber = "bad_number"
  case tooManyDigits = "too_many_digits"
  case tooDeep = "too_deep"
  case duplicateKey = "duplicate_key"
  // Sizes.
  case lineTooLong = "line_too_long"
  case tooManyKeys = "too_many_keys"
  case keyTooLong = "key_too_long"
  case valueTooLong = "value_too_long"
  case eventTooLong = "event_too_long"
  // Fields.
  case notAnObject = "not_an_object"
  case unknownField = "unknown_field"
  case wrongType = "wrong_type"
  case missing = "missing"
  case empty = "empty"
  case givenTwice = "given_twice"
  case notOneOf = "not_one_of"
  case reservedKind = "reserved_kind"
  // Times.
  case badTime = "bad_time"
  case timeWithoutZone = "time_without_zone"
  case noSuchTime = "no_such_time"
  case leapSecond = "leap_second"
  case timeOutOfRange = "time_out_of_range"
  // CSV.
  case fieldCount = "field_count"
  case unclosedQuote = "unclosed_quote"
  case strayQuote = "stray_quote"
  // CloudEvents.
  case cloudEvent = "cloud_event"
  case specVersion = "spec_version"
  case contentType = "content_type"
  // Mapping.
  case notInTable = "not_in_table"
  case notInFormat = "not_in_format"

  init(_ reason: JSONReason) {
    self =
      switch reason {
      case .syntax: .syntax
      case .endsEarly: .cut
      case .trailing: .trailing
      case .notUTF8: .notUTF8
      case .byteOrderMark: .byteOrderMark
      case .controlCharacter: .controlCharacter
      case .badEscape: .badEscape
      case .loneSurrogate: .loneSurrogate
      case .badNumber: .badNumber
      case .tooManyDigits: .tooManyDigits
      case .tooDeep: .tooDeep
      case .duplicateKey: .duplicateKey
      }
  }

  init(_ failure: RFC3339.Failure) {
    self =
      switch failure {
      case .malformed: .badTime
      case .missingOffset: .timeWithoutZone
      case .noSuchTime: .noSuchTime
      case .leapSecond: .leapSecond
      case .outOfRange: .timeOutOfRange
      }
  }

  /// What is wrong, and what would be right, as the end of a sentence.
  public var sentence: String {
    switch self {
    case .notUTF8: "not UTF-8; convert the file, for instance with iconv"
    case .byteOrderMark: "a byte order mark inside the file; files were probably joined"
    case .controlCharacter: "a control character, which JSON writes as \\u00XX"
    case .syntax: "not JSON from here on"
    case .cut: "ends in the middle; the line may have been cut"
    case .trailing: "something follows the end of the JSON object"
    case .badEscape: "a backslash that begins no escape of JSON"
    case .loneSurrogate: "half of a surrogate pair, which is no character"
    case .badNumber: "not a number"
    case .tooManyDigits: "a number beyond 18 digits; numbers are kept exactly or not at all"
    case .tooDeep: "nested deeper than \(JSONScanner.depthMax) levels"
    case .duplicateKey: "the same key twice; which one holds cannot be known"
    case .lineTooLong: "longer than \(Limits.lineByteCountMax) bytes"
    case .tooManyKeys: "more than \(Limits.keyCountMax) keys in one event"
    case .keyTooLong: "a key longer than \(Limits.keyByteCountMax) bytes"
    case .valueTooLong: "longer than \(Limits.nameByteCountMax) bytes, the limit of ids and names"
    case .eventTooLong: "more than \(CanonicalLine.byteCountMax) bytes as a canonical line; long text belongs into text"
    case .notAnObject: "not a JSON object; every line is one event"
    case .unknownField: "no field of an event; put it under data"
    case .wrongType: "a value of the wrong type"
    case .missing: "missing, and an event cannot do without it"
    case .empty: "empty, where an event needs a value"
    case .givenTwice: "given at the top level and in data; give it once"
    case .notOneOf: "not one of the values that are allowed here"
    case .reservedKind: "a kind that only the ledger itself records"
    case .badTime: "not a time such as 2024-03-31T09:05:00Z"
    case .timeWithoutZone: "a time without an offset; write Z or +01:00 at its end"
    case .noSuchTime: "a time that does not exist"
    case .leapSecond: "a leap second; give it as second 59 or as the next second 0"
    case .timeOutOfRange: "outside the years 1900 to 2199"
    case .fieldCount: "another number of cells than the header has"
    case .unclosedQuote: "a quoted cell that is not closed"
    case .strayQuote: "a quote inside a cell; quote the cell and double the quote"
    case .cloudEvent: "a CloudEvent; import it with --format cloudevents"
    case .specVersion: "not CloudEvents 1.0"
    case .contentType: "data that is not JSON"
    case .notInTable: "a value that the mapping's table does not have; give it a row there, or the table an \"else\""
    case .notInFormat: "not a time in the mapping's time_format; see Times in Mapping.md"
    }
  }
}

/// What a source may ask of a ledger; with the canonical line's own limit (`CanonicalLine.byteCountMax`).
public enum Limits {
  public static let lineByteCountMax = 1 << 20
  public static let keyCountMax = 256
  public static let keyByteCountMax = 128
  /// Ids, kinds, names: every text of the envelope but `text`.
  public static let nameByteCountMax = 512
}
