import KeptSnapshot

// Positions and lengths are in code points, as SQL counts them.
extension FunctionCall {
  func text() -> Vector {
    switch function {
    case .lower: return mapped { $0.lowercased() }
    case .upper: return mapped { $0.uppercased() }
    case .trim: return mapped { Self.trimmed(Self.trimmed($0, atEnd: false), atEnd: true) }
    case .trimLeft: return mapped { Self.trimmed($0, atEnd: false) }
    case .trimRight: return mapped { Self.trimmed($0, atEnd: true) }
    case .length: return Vector(.integer, lengths(), isPresent: presence)
    case .concatenate: return joined(presence)
    case .concatenateAll: return joined(nil)
    case .left: return rowwise { text, row in Self.left(text, arguments[1].integers[row]) }
    case .right: return rowwise { text, row in Self.right(text, arguments[1].integers[row]) }
    case .substring:
      return rowwise { text, row in
        Self.substring(text, from: arguments[1].integers[row], count: arguments.count == 3 ? arguments[2].integers[row] : nil)
      }
    case .replace: return rowwise { text, row in Self.replaced(text, arguments[1].text(row), arguments[2].text(row)) }
    case .contains: return tested { Self.position(of: $1, in: $0) > 0 }
    case .startsWith: return tested { $0.utf8.starts(with: $1.utf8) }
    case .endsWith: return tested { $0.utf8.reversed().starts(with: $1.utf8.reversed()) }
    case .position:
      let isPresent = presence
      let places = (0..<count).map { row in
        isPresent?[row] ?? true ? Self.position(of: arguments[1].text(row), in: arguments[0].text(row)) : 0
      }
      return Vector(.integer, places, isPresent: isPresent)
    case .like(let ignoresCase, let escape): return liked(ignoresCase, escape)
    default: preconditionFailure("\(function) is no function of texts")
    }
  }

  /// A function of the text alone, computed once for each text of the dictionary that is used.
  private func mapped(_ change: (String) -> String) -> Vector {
    let column = arguments[0].strings
    var changed: [UInt32: String] = [:]
    return .strings(count: count) { row in
      if arguments[0].isNull(row) { return nil }
      let code = column.codes[row]
      if let known = changed[code] { return known }
      let text = change(column.dictionary.string(code))
      changed[code] = text
      return text
    }
  }

  private func lengths() -> [Int64] {
    let column = arguments[0].strings
    var known: [UInt32: Int64] = [:]
    return (0..<count).map { row in
      if arguments[0].isNull(row) { return 0 }
      let code = column.codes[row]
      if let length = known[code] { return length }
      let length = Int64(column.dictionary.string(code).unicodeScalars.count)
      known[code] = length
      return length
    }
  }

  private func rowwise(_ change: (String, Int) -> String) -> Vector {
    let isPresent = presence
    return .strings(count: count) { isPresent?[$0] ?? true ? change(arguments[0].text($0), $0) : nil }
  }

  private func joined(_ isPresent: [Bool]?) -> Vector {
    .strings(count: count) { row in
      isPresent?[row] ?? true ? arguments.map { $0.isNull(row) ? "" : $0.text(row) }.joined() : nil
    }
  }

  private func tested(_ test: (String, String) -> Bool) -> Vector {
    let isPresent = presence
    return Vector(
      (0..<count).map { isPresent?[$0] ?? true ? test(arguments[0].text($0), arguments[1].text($0)) : false },
      isPresent: isPresent)
  }

  // MARK: one text

  private static func trimmed(_ text: String, atEnd: Bool) -> String {
    var rest = Substring(text)
    while let character = atEnd ? rest.last : rest.first, character == " " {
      rest = atEnd ? rest.dropLast() : rest.dropFirst()
    }
    return String(rest)
  }

  /// The first so many; of a negative number all but the last so many.
  private static func left(_ text: String, _ count: Int64) -> String {
    let scalars = text.unicodeScalars
    return String(String.UnicodeScalarView(scalars.prefix(clamped(count < 0 ? Int64(scalars.count) + count : count))))
  }

  private static func right(_ text: String, _ count: Int64) -> String {
    let scalars = text.unicodeScalars
    return String(String.UnicodeScalarView(scalars.suffix(clamped(count < 0 ? Int64(scalars.count) + count : count))))
  }

  private static func clamped(_ count: Int64) -> Int { Int(max(0, min(count, Int64(Int32.max)))) }

  /// The first has place 1; a negative place counts from the end; what lies before the text counts too.
  private static func substring(_ text: String, from start: Int64, count: Int64?) -> String {
    let scalars = Array(text.unicodeScalars)
    let far = Int64(Int32.max)
    var first = max(-far, min(far, start))
    first = first < 0 ? Int64(scalars.count) + first : first - 1
    var last = count.map { first + max(-far, min(far, $0)) } ?? Int64(scalars.count)
    if last < first { swap(&first, &last) }
    let range = Int(max(0, min(first, Int64(scalars.count))))..<Int(max(0, min(last, Int64(scalars.count))))
    return String(String.UnicodeScalarView(scalars[range]))
  }

  private static func replaced(_ text: String, _ old: String, _ new: String) -> String {
    guard !old.isEmpty else { return text }
    let (bytes, pattern) = (Array(text.utf8), Array(old.utf8))
    var result: [UInt8] = []
    var at = 0
    while at < bytes.count {
      if bytes[at...].starts(with: pattern) {
        result += new.utf8
        at += pattern.count
      } else {
        result.append(bytes[at])
        at += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// 1 is the first; 0: not there.
  private static func position(of part: String, in text: String) -> Int64 {
    let (scalars, pattern) = (Array(text.unicodeScalars), Array(part.unicodeScalars))
    guard pattern.count <= scalars.count else { return 0 }
    for start in 0...(scalars.count - pattern.count) where scalars[start...].starts(with: pattern) {
      return Int64(start + 1)
    }
    return 0
  }

  // MARK: LIKE

  private func liked(_ ignoresCase: Bool, _ escape: Unicode.Scalar?) -> Vector {
    let isPresent = presence
    var patterns: [UInt32: LikePattern] = [:]
    var known: [UInt64: Bool] = [:]
    let (texts, templates) = (arguments[0].strings, arguments[1].strings)
    let matches = (0..<count).map { row -> Bool in
      guard isPresent?[row] ?? true else { return false }
      let (code, template) = (texts.codes[row], templates.codes[row])
      let key = UInt64(template) << 32 | UInt64(code)
      if let match = known[key] { return match }
      let pattern =
        patterns[template] ?? LikePattern(templates.dictionary.string(template), escape: escape, ignoresCase: ignoresCase)
      patterns[template] = pattern
      let match = pattern.matches(texts.dictionary.string(code))
      known[key] = match
      return match
    }
    return Vector(matches, isPresent: isPresent)
  }
}

/// `%` is any text, `_` any one character.
struct LikePattern {
  private enum Part: Equatable {
    case any
    case one
    case scalar(Unicode.Scalar)
  }

  private var parts: [Part] = []
  private let ignoresCase: Bool

  init(_ pattern: String, escape: Unicode.Scalar?, ignoresCase: Bool) {
    self.ignoresCase = ignoresCase
    var isEscaped = false
    for scalar in (ignoresCase ? pattern.lowercased() : pattern).unicodeScalars {
      if !isEscaped, scalar == escape {
        isEscaped = true
        continue
      }
      if !isEscaped, scalar == "%" {
        if parts.last != .any { parts.append(.any) }
      } else {
        parts.append(!isEscaped && scalar == "_" ? .one : .scalar(scalar))
      }
      isEscaped = false
    }
  }

  /// After a `%` the shortest text is tried first; only the last `%` ever needs another try.
  func matches(_ text: String) -> Bool {
    let scalars = Array((ignoresCase ? text.lowercased() : text).unicodeScalars)
    var (at, part) = (0, 0)
    var retry: (at: Int, part: Int)?
    while at < scalars.count {
      if part < parts.count, parts[part] == .any {
        retry = (at, part)
        part += 1
      } else if part < parts.count, parts[part] == .one || parts[part] == .scalar(scalars[at]) {
        at += 1
        part += 1
      } else if let last = retry {
        retry = (last.at + 1, last.part)
        at = last.at + 1
        part = last.part + 1
      } else {
        return false
      }
    }
    return parts[part...].allSatisfy { $0 == .any }
  }
}
