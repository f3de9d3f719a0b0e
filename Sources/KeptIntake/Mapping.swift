import KeptFormat

/// How rows of some other system's file become touchpoints. Read from `map.json`; Mapping.md describes it.
public struct Mapping: Sendable {
  /// SHA-256 of the mapping file, for the record of an import.
  public let digest: Digest
  public let file: String
  /// nil where the mapping leaves it to the file's name.
  public let format: SourceFormat?
  let delimiter: UInt8
  /// Column names of a CSV file without a header row.
  let headerlessColumns: [String]?
  /// Every column, or path in JSON, that a rule reads; rules say its index.
  let columns: [String]
  /// Texts that rules write; rules say their index.
  let constants: [[UInt8]]
  /// What a cell holds where it holds nothing.
  let missing: [[UInt8]]
  let trims: Bool
  let events: [EventRule]

  /// Reads a mapping.
  ///
  /// - Parameters:
  ///   - bytes: of the mapping file; `file`: its name, for messages.
  ///   - zone: gives the TZif bytes of a zone by its IANA name, nil where there is none.
  public init(
    bytes: [UInt8], file: String, zone: @escaping (String) -> [UInt8]?
  ) throws(MappingError) {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue.parse(bytes)
    } catch {
      throw MappingError(
        file: file, place: "line \(error.line), column \(error.column)", what: error.reason.text,
        nextStep: "Correct the JSON there.")
    }
    let compiler = MappingCompiler(file: file, zone: zone)
    let root = Node(value: value, path: "", file: file)
    try root.allow(["format", "csv", "missing", "trim", "zone", "time_format", "numbers", "every", "events", "about"])
    format = try root["format"]?.choice(SourceFormat.self)
    let csv = try root["csv"]?.object(allowing: ["delimiter", "columns"])
    delimiter = try csv?["delimiter"]?.byte() ?? UInt8(ascii: ",")
    headerlessColumns = try csv?["columns"]?.texts()
    missing = try root["missing"]?.texts().map { Array($0.utf8) } ?? []
    trims = try root["trim"]?.truth() ?? false
    compiler.defaultZone = try compiler.zone(root["zone"])
    if let node = root["time_format"] { compiler.defaultTimeFormat = try compiler.timeFormat(node) }
    if let node = root["numbers"] {
      compiler.defaultNumbers = try compiler.numberStyle(try node.object(allowing: ["decimal", "thousands"]))
    }
    events = try compiler.events(root)
    columns = compiler.columns
    constants = compiler.constants
    self.file = file
    digest = SHA256.hash(bytes)
  }
}

/// One touchpoint that a row may become.
struct EventRule: Sendable {
  let when: Condition?
  let fields: [FieldRule]
}

struct FieldRule: Sendable {
  enum Target: Sendable {
    case envelope(EnvelopeKey)
    /// A key of `data`, as an index of the mapping's constants.
    case data(key: Int, isPersonal: Bool)
  }

  let target: Target
  let value: ValueRule
  let kind: ValueKind
  /// For rejects: the field and the columns it comes from.
  let label: String
}

/// What a field's text becomes.
enum ValueKind: Sendable {
  case text
  case number(NumberStyle)
  case boolean
  case instant(TimeStyle)
  /// A value of `data` from JSON: whatever it is there. From CSV: text.
  case asIs
}

/// Where a field's text comes from. Whatever is made of an absent column is absent.
indirect enum ValueRule: Sendable {
  case column(Int)
  case constant(Int)
  case template([ValueRule])
  case first([ValueRule])
  /// Of numbers, as numbers.
  case product([ValueRule])
  case sum([ValueRule])
  case table(ValueRule, [[UInt8]: ValueRule], otherwise: ValueRule?)
  case unless(ValueRule, missing: [[UInt8]])
  case absent
}

indirect enum Condition: Sendable {
  case present(ValueRule)
  case equals(ValueRule, [[UInt8]])
  case prefix(ValueRule, [UInt8])
  case not(Condition)
  case all([Condition])
  case any([Condition])
}

/// How a file writes numbers.
struct NumberStyle: Sendable, Equatable {
  var decimal = UInt8(ascii: ".")
  var thousands: UInt8?
}

/// How a file writes times.
struct TimeStyle: Sendable {
  enum Format: Sendable, Equatable {
    case rfc3339
    case seconds, milliseconds
    /// strptime letters and literal bytes.
    case pattern([Piece])

    var hasOffset: Bool {
      switch self {
      case .seconds, .milliseconds: true
      case .rfc3339: false
      case .pattern(let pieces): pieces.contains(.field(UInt8(ascii: "z")))
      }
    }
  }

  enum Piece: Sendable, Equatable {
    case field(UInt8)
    case literal(UInt8)
  }

  var format: Format
  var zone: Zone?
  /// A date that means the last microsecond of its day.
  var isEndOfDay = false
}
