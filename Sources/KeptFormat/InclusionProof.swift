/// That one event is in a ledger at its position: C2SP `tlog-proof`, which anyone can check who has the checkpoint.
///
///     c2sp.org/tlog-proof@v1
///     extra eyJhbW91bnQiOjEyLjUs…              the canonical line in base64; may be left out
///     index 0
///     ilMIZzmMfetuAz7JM03p8y5bfnKEoPdY79vkJESg/wc=
///
///     kept.example/shop
///     2
///     8bJsVlO1QY8SyGCBrI+UkchwDUH/ZgsdepB+jIgXBzM=
///
/// Worked example: Proofs, "Inclusion".
public struct InclusionProof: Hashable, Sendable {
  public static let firstLine = "c2sp.org/tlog-proof@v1"

  /// The event's position.
  public var index: UInt64
  /// The canonical line, where the proof carries it. The proof itself vouches for it, nothing else does.
  public var line: [UInt8]?
  /// From the leaf's sibling upwards.
  public var hashes: [Digest]
  public var checkpoint: Checkpoint
  /// The checkpoint as it was given, signatures included.
  public var checkpointText: String

  /// - Parameter checkpointText: nil for an unsigned checkpoint.
  public init(
    index: UInt64, line: [UInt8]?, hashes: [Digest], checkpoint: Checkpoint, checkpointText: String? = nil
  ) {
    self.index = index
    self.line = line
    self.hashes = hashes
    self.checkpoint = checkpoint
    self.checkpointText = checkpointText ?? checkpoint.text
  }

  public var text: String {
    let extra = line.map { line in line.withUnsafeBytes { "extra " + Base64.encode($0) } }
    let head = [Self.firstLine] + (extra.map { [$0] } ?? []) + ["index \(index)"]
    return ProofText.write(head: head, hashes: hashes, checkpointText: checkpointText)
  }

  public init(parsing bytes: some Collection<UInt8>) throws(ProofFailure) {
    guard bytes.starts(with: (Self.firstLine + "\n").utf8) else { throw .malformed(line: 1, expected: Self.firstLine) }
    var indexLine: Int?
    let text = try ProofText(bytes) { line, number in
      if indexLine != nil { return false }
      if number > 0, line.utf8.starts(with: "index ".utf8) { indexLine = number }
      return number < 3
    }
    guard let indexLine, let index = ProofText.number(text.head[indexLine], after: "index") else {
      throw .malformed(line: (indexLine ?? 1) + 1, expected: "\"index\" and a position")
    }
    var line: [UInt8]?
    if indexLine == 2 {
      guard text.head[1].utf8.starts(with: "extra ".utf8), let bytes = Base64.decode(String(text.head[1].dropFirst(6)))
      else { throw .malformed(line: 2, expected: "\"extra\" and a line in base64, or \"index\" and a position") }
      line = bytes
    }
    self.init(
      index: index, line: line, hashes: text.hashes, checkpoint: text.checkpoint, checkpointText: text.checkpointText)
  }

  /// What a proof is about: the line itself, or its hash for whoever may not see it.
  public enum Leaf: Equatable, Sendable {
    case line([UInt8])
    case hash(Digest)

    var digest: Digest {
      switch self {
      case .line(let bytes): bytes.withUnsafeBytes { SHA256.leafHash($0) }
      case .hash(let digest): digest
      }
    }
  }

  /// Whether the event is in the ledger that `trusted` pins down.
  ///
  /// - Parameter leaf: the event as the caller knows it; nil to take the line that the proof carries.
  public func check(against trusted: Checkpoint, leaf: Leaf? = nil) throws(ProofFailure) {
    try checkpoint.check(against: trusted)
    let carried = line.map { Leaf.line($0).digest }
    guard let digest = leaf?.digest ?? carried else { throw .noLine }
    if let carried, carried != digest { throw .otherLine }
    try MerkleProofCheck.inclusion(of: digest, at: index, in: trusted.count, root: trusted.root, proof: hashes)
  }
}
