/// About how wide words are in the page's sans-serif, whose letters a program without fonts cannot measure: a little more
/// than they are in Helvetica.
enum TextWidth {
  /// The height of a label where labels are largest, on a phone; see `Style`.
  static let label = 16.0

  static func of(_ words: String, height: Double = label) -> Double {
    words.unicodeScalars.reduce(0) { $0 + ems($1) } * height
  }

  /// The words, or as much of their beginning as fits, with "…".
  static func fitted(_ words: String, into width: Double, height: Double = label) -> String {
    guard of(words, height: height) > width else { return words }
    var shown = words
    while !shown.isEmpty, of(shown + "…", height: height) > width { shown.removeLast() }
    return shown + "…"
  }

  private static func ems(_ scalar: Unicode.Scalar) -> Double {
    switch scalar {
    case "i", "j", "l", "I", "'", ".", ",", ":", ";", "|", "!": 0.28
    case " ", "f", "t", "r", "(", ")", "-", "/": 0.36
    case "m", "M", "w", "W", "@", "%", "—": 0.92
    case "a"..."z", "0"..."9", "_": 0.57
    case "A"..."Z": 0.72
    default: scalar.value < 0x1100 ? 0.66 : 1
    }
  }
}
