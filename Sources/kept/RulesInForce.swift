import KeptFormat
import KeptLog
import KeptMeasures
import KeptSnapshot

/// The rules that a replay measures by, and where they came from.
struct RulesInForce {
  let rulebook: Rulebook
  let origin: RulebookOrigin

  static let builtIn = RulesInForce(rulebook: .standard, origin: .builtIn(version: Version.text))

  /// What the options that choose rules say of themselves.
  static let option = OptionDescription(
    "rulebook", "FILE", "the rules to measure by (those in force, see `kept rulebook LEDGER`)")
}

extension LedgerReader {
  /// The newest rulebook that was adopted among the first events, else the built-in one.
  ///
  /// - Parameters:
  ///   - end: how many events are known.
  ///   - file: rules that were named, which are taken whatever was adopted.
  func rules(at end: UInt64, file: String?) throws -> RulesInForce {
    if let file { return RulesInForce(rulebook: try RulebookCommand.readRulebook(file), origin: .file(file)) }
    return try adoption(before: end).map(rules) ?? .builtIn
  }

  /// The rules with a digest, wherever the log or the program knows them from: those in force at a position before others.
  func rules(digest: Digest, inForceAt end: UInt64) throws -> RulesInForce? {
    let inForce = try rules(at: end, file: nil)
    if inForce.rulebook.digest == digest { return inForce }
    if let other = try adoptions(before: count).first(where: { $0.record.digest == digest }) { return try rules(other) }
    return RulesInForce.builtIn.rulebook.digest == digest ? .builtIn : nil
  }

  private func rules(_ adoption: Adoption) throws -> RulesInForce {
    let record = adoption.record
    let place = "\(folder.path): the rulebook adopted at position \(adoption.position)"
    let next =
      "use kept \(record.version), by which it was adopted, or give --rulebook FILE; this is kept \(Version.text)."
    do {
      let rulebook = try Rulebook.parse(record.rules)
      guard rulebook.digest == record.digest else {
        throw FileError(place, "it lacks what this version of the program must know", next: next)
      }
      return RulesInForce(rulebook: rulebook, origin: .adopted(position: adoption.position))
    } catch let error as RulebookError {
      throw FileError(place, "\(error)", next: next)
    }
  }
}

extension RulebookOrigin {
  /// As the end of a sentence.
  var sentence: String {
    switch self {
    case .builtIn(let version): "built into kept \(version)"
    case .adopted(let position): "adopted at position \(position)"
    case .file(let path): "from \(path)"
    }
  }
}
