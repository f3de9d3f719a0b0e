/// The lines of a proof's text: a head, hashes, an empty line, a checkpoint. Forms: Proofs, "Inclusion", "Consistency".
struct ProofText {
  /// The lines before the hashes.
  var head: [String]
  var hashes: [Digest]
  var checkpoint: Checkpoint
  /// The checkpoint as it stands in the proof, signatures included.
  var checkpointText: String

  /// More cannot be asked for by any tree of 64-bit size.
  static let hashCountMax = 63

  /// - Parameter isHead: whether a line that follows so many others belongs to the head.
  init(_ bytes: some Collection<UInt8>, isHead: (_ line: String, _ index: Int) -> Bool) throws(ProofFailure) {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .malformed(line: 1, expected: "UTF-8") }
    // By bytes: Swift takes "\r\n" for one character, and a line must end in "\n" alone.
    let lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false).map { String(Substring($0)) }
    head = []
    hashes = []
    while head.count < lines.count, isHead(lines[head.count], head.count) { head.append(lines[head.count]) }
    var index = head.count
    while index < lines.count, !lines[index].isEmpty {
      guard let hash = Digest(base64: lines[index]) else {
        throw .malformed(line: index + 1, expected: "a hash, the base64 of 32 bytes, or an empty line")
      }
      guard hashes.count < Self.hashCountMax else {
        throw .malformed(line: index + 1, expected: "at most \(Self.hashCountMax) hashes and an empty line")
      }
      hashes.append(hash)
      index += 1
    }
    guard index + 1 < lines.count else {
      throw .malformed(line: lines.count, expected: "an empty line and a checkpoint")
    }
    checkpointText = lines[(index + 1)...].joined(separator: "\n")
    do throws(Checkpoint.Failure) {
      checkpoint = try Checkpoint(parsing: checkpointText)
    } catch {
      throw .malformedCheckpoint(error)
    }
  }

  static func write(head: [String], hashes: [Digest], checkpointText: String) -> String {
    (head + hashes.map(\.base64) + [""]).joined(separator: "\n") + "\n" + checkpointText
  }

  /// A decimal number of at most 64 bits without leading zeros, behind a word and a space.
  static func number(_ line: String, after word: String) -> UInt64? {
    guard line.utf8.starts(with: (word + " ").utf8) else { return nil }
    let digits = String(line.dropFirst(word.count + 1))
    guard let number = UInt64(digits), String(number) == digits else { return nil }
    return number
  }
}

extension Checkpoint {
  /// Whether this checkpoint, found in a proof, is the one that is trusted.
  func check(against trusted: Checkpoint) throws(ProofFailure) {
    guard origin.utf8.elementsEqual(trusted.origin.utf8) else {
      throw .otherLedger(found: origin, expected: trusted.origin)
    }
    guard count == trusted.count else { throw .otherSize(found: count, expected: trusted.count) }
    guard root == trusted.root else { throw .otherRoot(found: root, expected: trusted.root) }
  }
}
