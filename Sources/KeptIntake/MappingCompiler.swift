import KeptFormat

/// Turns a mapping file into rules that name columns and texts by index, and finds what is wrong with it.
final class MappingCompiler {
  private let file: String
  private let zoneBytes: (String) -> [UInt8]?
  private(set) var columns: [String] = []
  private(set) var constants: [[UInt8]] = []
  var defaultZone: Zone?
  var defaultTimeFormat: TimeStyle.Format?
  var defaultNumbers = NumberStyle()
  /// Columns that the field at hand reads, for its label.
  private var used: [String] = []

  init(file: String, zone: @escaping (String) -> [UInt8]?) {
    self.file = file
    zoneBytes = zone
  }

  // MARK: events and fields

  func events(_ root: Node) throws(MappingError) -> [EventRule] {
    guard let list = root["events"] else {
      throw root.error("no \"events\"", "Add an array \"events\" with one object for each touchpoint of a row.")
    }
    let every = root["every"]
    try every?.allow(Self.fieldNames)
    let nodes = try list.elements()
    guard !nodes.isEmpty else { throw list.error("empty", "Describe at least one touchpoint.") }
    var rules: [EventRule] = []
    for node in nodes {
      try node.allow(["when", "about"] + Self.fieldNames)
      rules.append(try event(node, every))
    }
    return rules
  }

  private static let fieldKeys: [EnvelopeKey] = EnvelopeKey.allCases.filter { key in
    switch key {
    case .data, .recorded, .position, .names, .sealed, .unknown: false
    default: true
    }
  }

  private static let fieldNames = fieldKeys.map(\.name) + ["data"]

  private func event(_ node: Node, _ every: Node?) throws(MappingError) -> EventRule {
    var fields: [FieldRule] = []
    for key in Self.fieldKeys {
      guard let value = node[key.name] ?? every?[key.name] else { continue }
      used = []
      let kind: ValueKind =
        switch key {
        case .time, .due: .instant(try timeStyle(value, isDue: key == .due))
        case .amount, .score: .number(try numberStyle(value))
        default: .text
        }
      let rule = try self.value(value, kind)
      fields.append(FieldRule(target: .envelope(key), value: rule, kind: kind, label: label(key.name)))
    }
    let given = Set(
      fields.compactMap { field in
        if case .envelope(let key) = field.target { key.name } else { nil }
      })
    for name in ["source", "id", "kind", "time"] where !given.contains(name) {
      throw node.error("no \"\(name)\", which every event needs", "Add it here or under \"every\".")
    }
    if !given.contains("customer"), !isFirmSide(node["kind"] ?? every?["kind"]) {
      throw node.error(
        "no \"customer\", which every event but the firm's own doings needs", "Add it here or under \"every\".")
    }
    fields += try dataRules([every?["data"], node["data"]].compactMap { $0 })
    return EventRule(when: try node["when"].map { (node) throws(MappingError) in try condition(node) }, fields: fields)
  }

  private func isFirmSide(_ kind: Node?) -> Bool {
    // A kind that depends on the row is for the row to decide.
    guard var text = kind?.scalarText, !text.contains("{") else { return kind != nil }
    return text.withUTF8 { KindRules.isFirmSide($0.pointer, $0.count) }
  }

  /// Keys of `data`: an object of values, or an array of columns to keep under their own names. Later ones win.
  private func dataRules(_ nodes: [Node]) throws(MappingError) -> [FieldRule] {
    var rules: [(key: String, rule: FieldRule)] = []
    for node in nodes {
      var members: [(key: String, node: Node)] = []
      if node.value.array != nil {
        for element in try node.elements() {
          let name = try element.text()
          let column = JSONValue.object([JSONMember("column", .string(name))])
          members.append((name, Node(value: column, path: element.path, file: file)))
        }
      } else {
        members = try node.members()
      }
      for member in members {
        let rule = try dataRule(member.key, member.node)
        rules.removeAll { $0.key == member.key }
        rules.append((member.key, rule))
      }
    }
    return rules.map(\.rule)
  }

  private func dataRule(_ key: String, _ node: Node) throws(MappingError) -> FieldRule {
    guard key.utf8.count <= Limits.keyByteCountMax else {
      throw node.error("a key longer than \(Limits.keyByteCountMax) bytes", "Choose a shorter key.")
    }
    if let field = key.envelopeKey, LineParser.hoistedKeys & field.bit != 0 {
      throw node.error("\(key) is a field of its own", "Move it out of \"data\".")
    }
    used = []
    let kind = try dataKind(node)
    let rule = try value(node, kind)
    let target = FieldRule.Target.data(key: constant(key), isPersonal: PersonalKeys.contains(key))
    return FieldRule(target: target, value: rule, kind: kind, label: label("data." + key))
  }

  private enum DataTypeName: String, CaseIterable {
    case text, number, boolean, time
  }

  private func dataKind(_ node: Node) throws(MappingError) -> ValueKind {
    if node.value.number != nil { return .number(NumberStyle()) }
    if node.value.boolean != nil { return .boolean }
    if node.value.string != nil { return .asIs }
    if node["product"] != nil || node["sum"] != nil { return .number(try numberStyle(node)) }
    switch try node["type"]?.choice(DataTypeName.self) {
    case .text: return .text
    case .number: return .number(try numberStyle(node))
    case .boolean: return .boolean
    case .time: return .instant(try timeStyle(node, isDue: true))
    case nil:
      guard let constant = node["constant"] else { return .asIs }
      return try dataKind(constant)
    }
  }

  private func label(_ field: String) -> String {
    switch used.count {
    case 0: field
    case 1: "\(field) (column \(used[0]))"
    default: "\(field) (columns \(used.joined(separator: ", ")))"
    }
  }

  // MARK: values

  private static let sources = ["column", "template", "constant", "first", "product", "sum"]
  private static let modifiers = ["table", "else", "missing"]

  private func value(_ node: Node, _ kind: ValueKind) throws(MappingError) -> ValueRule {
    if let text = node.value.string { return try template(text, node) }
    if let text = node.scalarText { return .constant(constant(text)) }
    let style: [String] =
      switch kind {
      case .text: []
      case .number: ["decimal", "thousands", "type"]
      case .instant: ["format", "zone", "end_of_day", "type"]
      case .boolean, .asIs: ["type"]
      }
    try node.allow(Self.sources + Self.modifiers + style)
    let given = Self.sources.filter { node[$0] != nil }
    guard given.count == 1, let name = given.first, let source = node[name] else {
      throw node.error(
        given.isEmpty ? "says no source of the value" : "says \(given.joined(separator: " and "))",
        "Give exactly one of: \(Self.sources.joined(separator: ", ")).")
    }
    var rule: ValueRule
    switch name {
    case "column": rule = .column(column(try source.text()))
    case "template": rule = try template(try source.text(), source)
    case "constant":
      guard let text = source.scalarText else {
        throw source.error("expected a string, number or boolean, found \(source.value.kindText)", "Write one.")
      }
      rule = .constant(constant(text))
    case "first": rule = .first(try values(source, kind))
    default:
      guard case .number = kind else {
        throw node.error("a \(name) is a number, and this field is none", "Use it for amount, score or a key of data.")
      }
      let parts = try values(source, kind)
      rule = name == "product" ? .product(parts) : .sum(parts)
    }
    if let markers = node["missing"] { rule = .unless(rule, missing: try markers.texts().map { Array($0.utf8) }) }
    if let table = node["table"] {
      var entries: [[UInt8]: ValueRule] = [:]
      for (key, entry) in try table.members() {
        entries[Array(key.utf8)] = entry.value == .null ? .absent : try value(entry, kind)
      }
      var otherwise: ValueRule?
      if let node = node["else"] {
        otherwise = try value(node, kind)
      } else if node.value["else"] == .null {
        otherwise = .absent
      }
      rule = .table(rule, entries, otherwise: otherwise)
    } else if node["else"] != nil {
      throw node.error("\"else\" without \"table\"", "Add a table, or use \"first\": [\"{a}\", \"{b}\"].")
    }
    return rule
  }

  /// Elements of `first`, `product` or `sum`: a string without braces is a column here, as a list of constants would be
  /// of no use.
  private func values(_ node: Node, _ kind: ValueKind) throws(MappingError) -> [ValueRule] {
    var rules: [ValueRule] = []
    for element in try node.elements() {
      if let text = element.value.string, !text.contains("{") {
        rules.append(.column(column(text)))
      } else {
        rules.append(try value(element, kind))
      }
    }
    guard !rules.isEmpty else { throw node.error("empty", "Name at least one column.") }
    return rules
  }

  /// `{column}` is replaced, `{{` and `}}` are braces.
  private func template(_ text: String, _ node: Node) throws(MappingError) -> ValueRule {
    var parts: [ValueRule] = []
    var literal = ""
    var rest = Substring(text)
    func flush() {
      if !literal.isEmpty { parts.append(.constant(constant(literal))) }
      literal = ""
    }
    while let character = rest.popFirst() {
      if character == "{" || character == "}", rest.first == character {
        literal.append(character)
        rest.removeFirst()
      } else if character == "{" {
        guard let end = rest.firstIndex(of: "}"), end > rest.startIndex else {
          throw node.error("a brace that is not closed, or empty", "Write {column}, and {{ for a brace itself.")
        }
        flush()
        parts.append(.column(column(String(rest[..<end]))))
        rest = rest[rest.index(after: end)...]
      } else if character == "}" {
        throw node.error("a closing brace without an opening one", "Write }} for a brace itself.")
      } else {
        literal.append(character)
      }
    }
    flush()
    if parts.isEmpty { return .constant(constant("")) }
    return parts.count == 1 ? parts[0] : .template(parts)
  }

  private func column(_ name: String) -> Int {
    if !used.contains(name) { used.append(name) }
    if let index = columns.firstIndex(of: name) { return index }
    columns.append(name)
    return columns.count - 1
  }

  private func constant(_ text: String) -> Int {
    let bytes = Array(text.utf8)
    if let index = constants.firstIndex(of: bytes) { return index }
    constants.append(bytes)
    return constants.count - 1
  }

  // MARK: conditions

  private static let tests = ["equals", "in", "present", "absent", "prefix"]

  private func condition(_ node: Node) throws(MappingError) -> Condition {
    if let name = node.value.string { return .present(.column(column(name))) }
    if node.value.array != nil { return .all(try conditions(node)) }
    try node.allow(["column", "template", "not", "all", "any"] + Self.tests)
    if let inner = node["not"] { return .not(try condition(inner)) }
    if let inner = node["all"] { return .all(try conditions(inner)) }
    if let inner = node["any"] { return .any(try conditions(inner)) }
    let given = Self.tests.filter { node[$0] != nil }
    guard given.count == 1, let test = given.first, let operand = node[test] else {
      throw node.error("says no test, or several", "Give exactly one of: \(Self.tests.joined(separator: ", ")).")
    }
    let value: ValueRule
    if let name = node["column"] {
      value = .column(column(try name.text()))
    } else if let text = node["template"] {
      value = try template(try text.text(), text)
    } else {
      throw node.error("says no column", "Add \"column\": \"…\".")
    }
    switch test {
    case "present", "absent":
      let wants = try operand.truth() == (test == "present")
      return wants ? .present(value) : .not(.present(value))
    case "prefix": return .prefix(value, Array(try operand.text().utf8))
    case "equals": return .equals(value, [try scalar(operand)])
    default:
      var texts: [[UInt8]] = []
      for element in try operand.elements() { texts.append(try scalar(element)) }
      return .equals(value, texts)
    }
  }

  private func conditions(_ node: Node) throws(MappingError) -> [Condition] {
    var list: [Condition] = []
    for element in try node.elements() { list.append(try condition(element)) }
    return list
  }

  private func scalar(_ node: Node) throws(MappingError) -> [UInt8] {
    guard let text = node.scalarText else {
      throw node.error("expected a string, number or boolean, found \(node.value.kindText)", "Write one.")
    }
    return Array(text.utf8)
  }

  // MARK: styles

  func numberStyle(_ node: Node) throws(MappingError) -> NumberStyle {
    var style = defaultNumbers
    if let decimal = try node["decimal"]?.byte() { style.decimal = decimal }
    if let thousands = try node["thousands"]?.byte() { style.thousands = thousands }
    guard style.decimal != style.thousands else {
      throw node.error("the same sign for decimals and thousands", "Say which one separates decimals.")
    }
    return style
  }

  func zone(_ node: Node?) throws(MappingError) -> Zone? {
    guard let node else { return nil }
    let name = try node.text()
    if name == "UTC" { return .utc }
    guard let bytes = zoneBytes(name) else {
      throw node.error("no zone \"\(name.prefix(64))\" on this machine", "Use a name such as Europe/Paris, or UTC.")
    }
    do throws(FormatError) {
      return try Zone(tzif: bytes)
    } catch {
      throw node.error("the rules of zone \(name.prefix(64)) cannot be read", "Install the machine's tzdata again.")
    }
  }

  private func timeStyle(_ node: Node, isDue: Bool) throws(MappingError) -> TimeStyle {
    let format = try node["format"].map { (node) throws(MappingError) in try timeFormat(node) }
    let zone = try zone(node["zone"]) ?? defaultZone
    let style = TimeStyle(
      format: format ?? defaultTimeFormat ?? .rfc3339, zone: zone, isEndOfDay: try node["end_of_day"]?.truth() ?? false)
    if case .pattern = style.format, !style.format.hasOffset, zone == nil {
      throw node.error(
        "times without an offset and without a zone", "Add \"zone\": \"Europe/Paris\" here or at the top, or \"UTC\".")
    }
    if style.isEndOfDay {
      guard isDue else { throw node.error("\"end_of_day\" is for due dates", "Leave it out here.") }
      guard zone != nil else {
        throw node.error(
          "\"end_of_day\" without a zone", "Add \"zone\": \"Europe/Paris\" here or at the top, or \"UTC\".")
      }
    }
    return style
  }

  func timeFormat(_ node: Node) throws(MappingError) -> TimeStyle.Format {
    let text = try node.text()
    switch text {
    case "rfc3339": return .rfc3339
    case "unix": return .seconds
    case "unix_ms": return .milliseconds
    default: break
    }
    var pieces: [TimeStyle.Piece] = []
    var bytes = Array(text.utf8)[...]
    while let byte = bytes.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        pieces.append(.literal(byte))
        continue
      }
      guard let letter = bytes.popFirst(), "YymdHIMSfpbzj%".utf8.contains(letter) else {
        throw node.error(
          "a time format with an unknown letter",
          "Known: %Y %y %m %b %d %j %H %I %p %M %S %f %z %%, or unix, unix_ms, rfc3339.")
      }
      pieces.append(letter == UInt8(ascii: "%") ? .literal(letter) : .field(letter))
    }
    func has(_ letters: String) -> Bool { letters.utf8.contains { pieces.contains(.field($0)) } }
    guard has("Yy"), has("j") || (has("mb") && has("d")) else {
      throw node.error("a time format without year, month and day", "For instance %Y-%m-%d %H:%M:%S.")
    }
    return .pattern(pieces)
  }
}
