import KeptFormat

/// A value of a mapping file with the way to it, so that every complaint can say where.
struct Node {
  let value: JSONValue
  let path: String
  let file: String

  /// The member `key` of an object; nil where it is not given or null.
  subscript(key: String) -> Node? {
    guard let member = value[key], member != .null else { return nil }
    return Node(value: member, path: path.isEmpty ? key : "\(path).\(key)", file: file)
  }

  func error(_ what: String, _ nextStep: String) -> MappingError {
    MappingError(file: file, place: path, what: what, nextStep: nextStep)
  }

  /// Refuses members that nothing reads: a misspelt one would be ignored in silence.
  func allow(_ keys: [String]) throws(MappingError) {
    guard let members = value.members else {
      throw error("expected an object, found \(value.kindText)", "Put braces around it.")
    }
    for member in members where !keys.contains(member.key) {
      throw error(
        "unknown member \"\(member.key.prefix(64))\"", "Known here: \(keys.joined(separator: ", ")). See Mapping.md.")
    }
  }

  func object(allowing keys: [String]) throws(MappingError) -> Node {
    try allow(keys)
    return self
  }

  func elements() throws(MappingError) -> [Node] {
    guard let values = value.array else {
      throw error("expected an array, found \(value.kindText)", "Put brackets around it.")
    }
    return values.enumerated().map { Node(value: $1, path: "\(path)[\($0)]", file: file) }
  }

  func members() throws(MappingError) -> [(key: String, node: Node)] {
    guard let members = value.members else {
      throw error("expected an object, found \(value.kindText)", "Put braces around it.")
    }
    return members.map { ($0.key, Node(value: $0.value, path: "\(path).\($0.key)", file: file)) }
  }

  func text() throws(MappingError) -> String {
    guard let text = value.string else {
      throw error("expected a string, found \(value.kindText)", "Put quotes around it.")
    }
    return text
  }

  func texts() throws(MappingError) -> [String] {
    var texts: [String] = []
    for element in try elements() { texts.append(try element.text()) }
    return texts
  }

  func truth() throws(MappingError) -> Bool {
    guard let truth = value.boolean else {
      throw error("expected true or false, found \(value.kindText)", "Write true or false without quotes.")
    }
    return truth
  }

  /// A string of one ASCII character.
  func byte() throws(MappingError) -> UInt8 {
    let bytes = Array(try text().utf8)
    guard bytes.count == 1, bytes[0] < 0x80, bytes[0] != 0x22, bytes[0] != 0x0A, bytes[0] != 0x0D else {
      throw error("expected one character", #"For instance "," or ";" or "\t"."#)
    }
    return bytes[0]
  }

  func choice<Choice: RawRepresentable & CaseIterable>(
    _ type: Choice.Type
  ) throws(MappingError) -> Choice where Choice.RawValue == String {
    let text = try text()
    guard let choice = Choice(rawValue: text) else {
      let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw error("unknown value \"\(text.prefix(64))\"", "One of: \(known).")
    }
    return choice
  }

  /// A constant as the text that a cell would hold; nil for arrays and objects.
  var scalarText: String? {
    switch value {
    case .string(let text): text
    case .number, .boolean: String(decoding: value.canonical(), as: UTF8.self)
    case .null, .array, .object: nil
    }
  }
}
