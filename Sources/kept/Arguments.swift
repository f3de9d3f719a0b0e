import KeptFormat

/// What was typed cannot be meant: told with the nearest thing that can, status 2.
struct UsageError: Error {
  let message: String
  /// The command whose help says more; nil for `kept` itself.
  let command: String?
}

/// An option of a command, as help shows it and the parser knows it.
struct OptionDescription: Sendable {
  /// Without the dashes.
  let name: String
  /// What stands for the value in help; nil for a flag.
  let value: String?
  let meaning: String
  let isRepeatable: Bool

  init(_ name: String, _ value: String? = nil, _ meaning: String, isRepeatable: Bool = false) {
    self.name = name
    self.value = value
    self.meaning = meaning
    self.isRepeatable = isRepeatable
  }
}

/// What was typed after the command's name, checked against its description, not yet given meaning.
///
/// `--name value` and `--name=value` are the same; `--` ends options; `-` alone is a positional (standard input).
struct Arguments {
  let command: String
  private(set) var positionals: [String] = []
  private var values: [String: [String]] = [:]

  init(_ words: [String], of command: CommandDescription) throws(UsageError) {
    self.command = command.name
    let options = command.options + CommandDescription.commonOptions
    var index = 0
    var optionsEnded = false
    while index < words.count {
      let word = words[index]
      index += 1
      // "-- " begins a comment of SQL.
      guard !optionsEnded, word.hasPrefix("-"), word != "-", !word.hasPrefix("-- ") else {
        positionals.append(word)
        continue
      }
      if word == "--" {
        optionsEnded = true
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let typed = String(parts[0])
      let name = typed == "-h" ? "help" : String(typed.drop { $0 == "-" })
      guard typed == "-h" || typed.hasPrefix("--"), let option = options.first(where: { $0.name == name }) else {
        let near = nearest(to: name, among: options.map(\.name)).map { ": did you mean --\($0)?" } ?? ""
        throw UsageError(message: "unknown option \(typed)\(near)", command: command.name)
      }
      var value = ""
      if let placeholder = option.value {
        if parts.count == 2 {
          value = String(parts[1])
        } else if index < words.count {
          value = words[index]
          index += 1
        } else {
          throw UsageError(message: "--\(name) needs a value: --\(name) \(placeholder)", command: command.name)
        }
      } else if parts.count == 2 {
        throw UsageError(message: "--\(name) takes no value", command: command.name)
      }
      if option.value != nil, values[name] != nil, !option.isRepeatable {
        throw UsageError(message: "--\(name) is given twice", command: command.name)
      }
      values[name, default: []].append(value)
    }
    if has("help") { return }
    if positionals.count < command.positionals.count {
      throw UsageError(message: "\(command.positionals[positionals.count]) is missing", command: command.name)
    }
    let countMax = command.positionals.count + (command.optionalPositional == nil ? 0 : 1)
    if !command.takesMorePositionals, positionals.count > countMax {
      let word = positionals[countMax]
      throw UsageError(message: "\"\(word)\" is one argument too many", command: command.name)
    }
  }

  func has(_ name: String) -> Bool { values[name] != nil }

  func value(_ name: String) -> String? { values[name]?.first }

  /// Every value of a repeatable option; commas separate too.
  func list(_ name: String) -> [String] {
    (values[name] ?? []).flatMap { $0.split(separator: ",", omittingEmptySubsequences: true).map(String.init) }
  }

  /// Every value of a repeatable option as it was typed: an id may hold a comma.
  func all(_ name: String) -> [String] { values[name] ?? [] }

  func integer(_ name: String, atLeast minimum: Int) throws(UsageError) -> Int? {
    guard let text = value(name) else { return nil }
    guard let number = Int(text), number >= minimum else {
      throw error("--\(name) \(text): a whole number from \(minimum) was expected")
    }
    return number
  }

  /// `256M`, `1.5G`, `4096`: bytes, with K, M and G as powers of 1024.
  func byteCount(_ name: String) throws(UsageError) -> Int? {
    guard let text = value(name) else { return nil }
    let units: [Character: Double] = ["K": 0x400, "M": 0x10_0000, "G": 0x4000_0000]
    var digits = text.uppercased()
    if digits.hasSuffix("IB") { digits.removeLast(2) } else if digits.hasSuffix("B") { digits.removeLast() }
    var factor = 1.0
    if let last = digits.last, let unit = units[last] {
      factor = unit
      digits.removeLast()
    }
    guard let number = Double(digits), number > 0, number * factor < 9e15 else {
      throw error("--\(name) \(text): a size such as 256M or 2G was expected")
    }
    return Int(number * factor)
  }

  /// One of the words that an option allows.
  func choice(_ name: String, of allowed: [String], default first: String? = nil) throws(UsageError) -> String? {
    guard let text = value(name) else { return first }
    guard allowed.contains(text) else {
      throw error("--\(name) \(text): expected \(oneOf(allowed))")
    }
    return text
  }

  func error(_ message: String) -> UsageError { UsageError(message: message, command: command) }
}

/// `a, b or c`.
func oneOf(_ words: [String]) -> String {
  guard let last = words.last, words.count > 1 else { return words.first ?? "" }
  return words.dropLast().joined(separator: ", ") + " or " + last
}
