import KeptFormat

/// What the columns of a CSV file without a mapping mean: their names are fields of an event.
struct CSVLayout: Sendable {
  enum Target: Sendable, Equatable {
    case text(EnvelopeKey)
    case customer(EnvelopeKey)
    case number(EnvelopeKey)
    case instant(EnvelopeKey)
    /// A key of `data`; the value is text, because a file of texts does not say which of them are numbers.
    case data(key: [UInt8], isPersonal: Bool)
    /// `recorded` and `position`, which are the ledger's to give.
    case ignored
  }

  var targets: [Target] = []
  var delimiter = UInt8(ascii: ",")

  /// Reads a header row's cells.
  init(names: [String], file: String) throws(IntakeError) {
    for (index, name) in names.enumerated() {
      let shown = name.isEmpty ? "\(index + 1)" : String(name.prefix(64))
      guard !names[..<index].contains(name) else {
        throw .header(file: file, column: shown, what: "the same name twice")
      }
      guard let target = Self.target(name) else {
        throw .header(file: file, column: shown, what: "no field of an event")
      }
      targets.append(target)
    }
    for name in ["source", "id", "kind", "time"] where !names.contains(name) {
      throw .header(file: file, column: name, what: "missing, and an event cannot do without it")
    }
  }

  private static func target(_ name: String) -> Target? {
    if name.hasPrefix("data.") {
      let key = String(name.dropFirst(5))
      // What would be hoisted out of `data` is the same column as the field itself.
      if let hoisted = key.envelopeKey, LineParser.hoistedKeys & hoisted.bit != 0 { return target(key) }
      guard !key.isEmpty, key.utf8.count <= Limits.keyByteCountMax else { return nil }
      return .data(key: Array(key.utf8), isPersonal: PersonalKeys.contains(key))
    }
    guard let key = name.envelopeKey else { return nil }
    if key.isText { return .text(key) }
    switch key {
    case .customer, .otherCustomer: return .customer(key)
    case .amount, .score: return .number(key)
    case .time, .due: return .instant(key)
    case .recorded, .position: return .ignored
    default: return nil
    }
  }
}

extension String {
  /// The envelope key that is spelled like this.
  var envelopeKey: EnvelopeKey? {
    var text = self
    return text.withUTF8 { bytes in
      let key = EnvelopeKey.find(bytes.pointer, count: bytes.count, readable: bytes.count)
      return key == .unknown ? nil : key
    }
  }
}
