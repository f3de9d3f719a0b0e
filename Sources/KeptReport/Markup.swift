/// XML that is also HTML: elements are closed, attributes quoted, and whatever comes from outside is escaped, since there
/// is no way to write text but through `write`.
struct Markup {
  typealias Attributes = KeyValuePairs<String, String>

  private(set) var text = ""

  /// An element with what `content` writes into it.
  mutating func element(_ name: String, _ attributes: Attributes = [:], _ content: (inout Markup) -> Void) {
    open(name, attributes)
    text += ">"
    content(&self)
    text += "</\(name)>"
  }

  mutating func element(_ name: String, _ attributes: Attributes, _ words: String) {
    element(name, attributes) { $0.write(words) }
  }

  mutating func element(_ name: String, _ words: String) { element(name, [:], words) }

  /// An element that holds nothing, `<br/>`.
  mutating func empty(_ name: String, _ attributes: Attributes = [:]) {
    open(name, attributes)
    text += "/>"
  }

  mutating func write(_ words: String) { Self.escape(words, into: &text) }

  /// What is written as it stands: only what is part of the program's own text, never data.
  mutating func raw(_ words: StaticString) { text += words.description }

  private mutating func open(_ name: String, _ attributes: Attributes) {
    text += "<\(name)"
    for (key, value) in attributes {
      text += " \(key)=\""
      Self.escape(value, into: &text)
      text += "\""
    }
  }

  private static func escape(_ words: String, into text: inout String) {
    for scalar in words.unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      case "'": text += "&#39;"
      default: text.unicodeScalars.append(isShown(scalar) ? scalar : "\u{fffd}")
      }
    }
  }

  /// XML has no control characters; marks that turn the direction of writing would let one name rearrange another's.
  private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0a: true
    case 0..<0x20, 0x7f..<0xa0, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069, 0xfffe, 0xffff: false
    default: true
    }
  }
}
