/// That a ledger still begins with what an older checkpoint pinned down: the request that C2SP `tlog-witness` defines, so
/// that a witness can be sent it as it stands.
///
///     old 1
///     ilMIZzmMfetuAz7JM03p8y5bfnKEoPdY79vkJESg/wc=
///
///     kept.example/shop
///     2
///     8bJsVlO1QY8SyGCBrI+UkchwDUH/ZgsdepB+jIgXBzM=
///
/// Worked example: Proofs, "Consistency".
public struct ConsistencyProof: Hashable, Sendable {
  public static let firstWord = "old"

  /// How many events the older checkpoint has.
  public var oldCount: UInt64
  public var hashes: [Digest]
  /// The newer checkpoint.
  public var checkpoint: Checkpoint
  /// The newer checkpoint as it was given, signatures included.
  public var checkpointText: String

  /// - Parameter checkpointText: nil for an unsigned checkpoint.
  public init(oldCount: UInt64, hashes: [Digest], checkpoint: Checkpoint, checkpointText: String? = nil) {
    self.oldCount = oldCount
    self.hashes = hashes
    self.checkpoint = checkpoint
    self.checkpointText = checkpointText ?? checkpoint.text
  }

  public var text: String {
    ProofText.write(head: ["\(Self.firstWord) \(oldCount)"], hashes: hashes, checkpointText: checkpointText)
  }

  public init(parsing bytes: some Collection<UInt8>) throws(ProofFailure) {
    let notOld = ProofFailure.malformed(line: 1, expected: "\"old\" and a number of events")
    guard bytes.starts(with: (Self.firstWord + " ").utf8) else { throw notOld }
    let text = try ProofText(bytes) { _, number in number == 0 }
    guard let oldCount = ProofText.number(text.head[0], after: Self.firstWord) else { throw notOld }
    self.init(
      oldCount: oldCount, hashes: text.hashes, checkpoint: text.checkpoint, checkpointText: text.checkpointText)
  }

  /// Whether the proof's checkpoint continues `old`.
  ///
  /// - Parameter new: the newer checkpoint as the caller knows it; nil to take the one in the proof.
  public func check(from old: Checkpoint, to new: Checkpoint? = nil) throws(ProofFailure) {
    if let new { try checkpoint.check(against: new) }
    guard checkpoint.origin.utf8.elementsEqual(old.origin.utf8) else {
      throw .otherLedger(found: checkpoint.origin, expected: old.origin)
    }
    guard oldCount == old.count else { throw .otherSize(found: oldCount, expected: old.count) }
    try MerkleProofCheck.consistency(
      from: old.count, old.root, to: checkpoint.count, checkpoint.root, proof: hashes)
  }
}
