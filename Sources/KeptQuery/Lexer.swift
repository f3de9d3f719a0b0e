/// A word of the text.
struct Token: Sendable {
  enum Kind: Sendable {
    /// A keyword or a name: `SELECT`, `customers`.
    case word
    /// A name between double quotes.
    case quotedName
    case string
    /// Digits, perhaps with a point and an exponent.
    case number
    case symbol
    case end
  }

  var kind: Kind
  /// Without quotes; of a word as it was typed.
  var text: String
  var place: Place

  func isWord(_ word: String) -> Bool { kind == .word && text.lowercased() == word }

  func isSymbol(_ symbol: String) -> Bool { kind == .symbol && text == symbol }
}

/// Cuts a text into words.
struct Lexer {
  private let bytes: [UInt8]
  private var at = 0
  /// A question may not be longer: it is typed by somebody.
  static let byteCountMax = 1 << 20
  private static let symbols = [
    "||", "//", "==", "<>", "!=", "<=", ">=", "::", "(", ")", ",", ".", ";", "+", "-", "*", "/", "%", "=", "<", ">",
  ].map { Array($0.utf8) }

  private init(_ text: String) { bytes = Array(text.utf8) }

  /// The words, the last of kind `end`.
  static func tokens(_ text: String) throws(QueryError) -> [Token] {
    guard text.utf8.count <= byteCountMax else {
      throw QueryError("a question of \(text.utf8.count) bytes: at most \(byteCountMax) are read", at: nil)
    }
    var lexer = Lexer(text)
    var tokens: [Token] = []
    while true {
      let token = try lexer.next()
      tokens.append(token)
      if token.kind == .end { return tokens }
    }
  }

  private func byte(_ offset: Int) -> UInt8 { offset < bytes.count ? bytes[offset] : 0 }

  private func place(from start: Int) -> Place { Place(range: start..<max(start + 1, at)) }

  private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  private mutating func next() throws(QueryError) -> Token {
    try skipSpace()
    let start = at
    guard at < bytes.count else {
      return Token(kind: .end, text: "", place: Place(range: max(0, at - 1)..<max(1, at)))
    }
    switch bytes[at] {
    case UInt8(ascii: "'"): return Token(kind: .string, text: try quoted(UInt8(ascii: "'")), place: place(from: start))
    case UInt8(ascii: "\""): return Token(kind: .quotedName, text: try quoted(UInt8(ascii: "\"")), place: place(from: start))
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    case UInt8(ascii: ".") where Self.isDigit(byte(at + 1)): return try number()
    case let byte where Self.isLetter(byte):
      while at < bytes.count, Self.isLetter(bytes[at]) || Self.isDigit(bytes[at]) { at += 1 }
      return Token(kind: .word, text: text(start..<at), place: place(from: start))
    default:
      for symbol in Self.symbols where bytes[at...].starts(with: symbol) {
        at += symbol.count
        return Token(kind: .symbol, text: text(start..<at), place: place(from: start))
      }
      at += 1
      throw QueryError("\"\(text(start..<at))\" is no word of a question", at: place(from: start))
    }
  }

  /// Blanks, `-- to the end of the line` and `/* between */`.
  private mutating func skipSpace() throws(QueryError) {
    while at < bytes.count {
      if [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) {
        at += 1
      } else if bytes[at] == UInt8(ascii: "-"), byte(at + 1) == UInt8(ascii: "-") {
        while at < bytes.count, bytes[at] != UInt8(ascii: "\n") { at += 1 }
      } else if bytes[at] == UInt8(ascii: "/"), byte(at + 1) == UInt8(ascii: "*") {
        let start = at
        at += 2
        while at < bytes.count, !(bytes[at] == UInt8(ascii: "*") && byte(at + 1) == UInt8(ascii: "/")) { at += 1 }
        guard at < bytes.count else {
          throw QueryError("a comment that never ends", at: Place(range: start..<start + 2), next: "close it with */.")
        }
        at += 2
      } else {
        return
      }
    }
  }

  /// The text between quotes, in which a quote stands twice.
  private mutating func quoted(_ quote: UInt8) throws(QueryError) -> String {
    let start = at
    var content: [UInt8] = []
    at += 1
    while at < bytes.count {
      if bytes[at] != quote {
        content.append(bytes[at])
        at += 1
      } else if byte(at + 1) == quote {
        content.append(quote)
        at += 2
      } else {
        at += 1
        return String(decoding: content, as: UTF8.self)
      }
    }
    throw QueryError("a quote that is never closed", at: Place(range: start..<start + 1))
  }

  private mutating func number() throws(QueryError) -> Token {
    let start = at
    while Self.isDigit(byte(at)) { at += 1 }
    if byte(at) == UInt8(ascii: ".") {
      at += 1
      while Self.isDigit(byte(at)) { at += 1 }
    }
    if byte(at) | 0x20 == UInt8(ascii: "e") {
      let sign = byte(at + 1) == UInt8(ascii: "+") || byte(at + 1) == UInt8(ascii: "-") ? 1 : 0
      if Self.isDigit(byte(at + 1 + sign)) {
        at += 1 + sign
        while Self.isDigit(byte(at)) { at += 1 }
      }
    }
    guard !Self.isLetter(byte(at)) else {
      while Self.isLetter(byte(at)) || Self.isDigit(byte(at)) { at += 1 }
      throw QueryError(
        "\"\(text(start..<at))\" is neither a number nor a name", at: place(from: start),
        next: "a name that begins with a digit stands between double quotes.")
    }
    return Token(kind: .number, text: text(start..<at), place: place(from: start))
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private static func isLetter(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || byte >= 0x80 || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
  }
}
