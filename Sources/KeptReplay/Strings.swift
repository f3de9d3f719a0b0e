import KeptFormat

/// Words with few distinct values (sources, channels, agents, departments, accounts …) as codes 1, 2, 3 …; 0 is "absent".
///
/// Codes depend on the order in which words were met, so nothing that is written may depend on them: sort by the word.
public struct Strings: Sendable {
  public private(set) var words: [String] = [""]
  private var codes: [String: UInt32] = [:]

  public init() {}

  /// The code of `word`, new if it was not met before.
  public mutating func intern(_ word: String) -> UInt32 {
    if let code = codes[word] { return code }
    let code = UInt32(words.count)
    words.append(word)
    codes[word] = code
    return code
  }

  /// The code of `word`, or nil where no event carries it.
  public func code(of word: String) -> UInt32? { codes[word] }

  public subscript(code: UInt32) -> String { words[Int(code)] }
}
