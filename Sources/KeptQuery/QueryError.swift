/// Why a question has no answer: what, and at which words of its text.
public struct QueryError: Error, Sendable, Equatable {
  /// The end of a sentence.
  public let message: String
  /// The words it is about, as offsets into the UTF-8 of the text; nil: the question as a whole.
  public let place: Range<Int>?
  /// What can be done; empty where that is plain.
  public let next: String
  /// The question is a good one, but not for this small language.
  public let isForDuckDB: Bool

  init(_ message: String, at place: Place?, next: String = "", isForDuckDB: Bool = false) {
    self.message = message
    self.place = place?.range
    self.next = next
    self.isForDuckDB = isForDuckDB
  }

  /// - Parameter what: the subject of a sentence: "a recursive WITH".
  static func beyond(_ what: String, at place: Place) -> QueryError {
    QueryError("\(what) is a question for DuckDB", at: place, isForDuckDB: true)
  }

  /// `line 2, column 8: there is no column revnue`, the line, and marks below the words.
  public func page(of text: String) -> String {
    guard let place else { return message }
    let bytes = Array(text.utf8)
    let at = min(place.lowerBound, bytes.count)
    let start = bytes[..<at].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let end = bytes[at...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    let number = bytes[..<start].count { $0 == UInt8(ascii: "\n") } + 1
    let before = String(decoding: bytes[start..<at], as: UTF8.self)
    let marked = String(decoding: bytes[at..<max(at, min(place.upperBound, end))], as: UTF8.self)
    let line = String(decoding: bytes[start..<end], as: UTF8.self)
    // A tab stays a tab, so that the marks stand below their words.
    let indent = String(before.map { $0 == "\t" ? "\t" : " " })
    return """
      line \(number), column \(before.count + 1): \(message)
        \(line)
        \(indent)\(String(repeating: "^", count: max(1, marked.count)))
      """
  }
}

/// Where something stands in the text. Any two are equal, so that expressions are equal that only stand elsewhere.
struct Place: Equatable, Sendable {
  var range: Range<Int>

  static func == (_: Place, _: Place) -> Bool { true }

  func through(_ other: Place) -> Place {
    Place(range: range.lowerBound..<max(range.upperBound, other.range.upperBound))
  }
}
