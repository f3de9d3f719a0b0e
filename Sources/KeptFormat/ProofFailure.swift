/// Why a proof proves nothing: one name for each way of being wrong.
public enum ProofFailure: Error, Equatable, Sendable {
  /// The text is not of its form: the line, from 1, and what should stand there.
  case malformed(line: Int, expected: String)
  /// The checkpoint inside the proof is none: its line there, from 1.
  case malformedCheckpoint(Checkpoint.Failure)
  /// The proof is about another ledger than the checkpoint it is compared with.
  case otherLedger(found: String, expected: String)
  /// The proof is for a tree of another size.
  case otherSize(found: UInt64, expected: UInt64)
  /// Same ledger, same size, another root: the two checkpoints contradict each other.
  case otherRoot(found: Digest, expected: Digest)
  /// The leaf's position is not in the tree.
  case beyondTree(index: UInt64, count: UInt64)
  /// The tree that is said to be the older one is larger.
  case sizesReversed(old: UInt64, new: UInt64)
  case tooManyHashes(found: Int, expected: Int)
  case tooFewHashes(found: Int, expected: Int)
  /// The line that was given is not the one the proof carries.
  case otherLine
  /// The proof carries no line, and none was given.
  case noLine
  /// The line and the hashes lead to another root than the checkpoint's.
  case rootDiffers(computed: Digest, stated: Digest)
  /// The hashes lead to another root of the older tree.
  case oldRootDiffers(computed: Digest, stated: Digest)

  /// A word for each, which stays the same for programs: what `Fixtures/forgeries` expects.
  public var name: String {
    switch self {
    case .malformed: "malformed"
    case .malformedCheckpoint: "malformed_checkpoint"
    case .otherLedger: "other_ledger"
    case .otherSize: "other_size"
    case .otherRoot: "other_root"
    case .beyondTree: "beyond_tree"
    case .sizesReversed: "sizes_reversed"
    case .tooManyHashes: "too_many_hashes"
    case .tooFewHashes: "too_few_hashes"
    case .otherLine: "other_line"
    case .noLine: "no_line"
    case .rootDiffers: "root_differs"
    case .oldRootDiffers: "old_root_differs"
    }
  }

  public var sentence: String {
    switch self {
    case .malformed(let line, let expected): "line \(line) of the proof: \(expected) was expected"
    case .malformedCheckpoint(let failure): "line \(failure.line) of the proof's checkpoint: \(failure.reason.expected)"
    case .otherLedger(let found, let expected): "the proof is of \(found), the checkpoint of \(expected)"
    case .otherSize(let found, let expected): "the proof is for another tree size: \(found) events, not \(expected)"
    case .otherRoot(let found, let expected):
      "the proof's checkpoint has the root \(found.base64), the one it is compared with has \(expected.base64)"
    case .beyondTree(let index, let count): "position \(index) is not among the \(count) events of the tree"
    case .sizesReversed(let old, let new): "the older tree has \(old) events, more than the \(new) of the newer one"
    case .tooManyHashes(let found, let expected):
      "the proof has \(found - expected == 1 ? "a hash" : "\(found - expected) hashes") too many: "
        + "\(found), where its sizes ask for \(expected)"
    case .tooFewHashes(let found, let expected):
      "the proof has \(expected - found == 1 ? "a hash" : "\(expected - found) hashes") too few: "
        + "\(found), where its sizes ask for \(expected)"
    case .otherLine: "the line that was given is not the one that the proof carries"
    case .noLine: "the proof carries no line, and none was given"
    case .rootDiffers(let computed, let stated):
      "root differs: the proof leads to \(computed.base64), the checkpoint says \(stated.base64)"
    case .oldRootDiffers(let computed, let stated):
      "old root differs: the proof leads to \(computed.base64), the older checkpoint says \(stated.base64)"
    }
  }
}

extension Checkpoint.Failure.Reason {
  /// What should have stood there.
  public var expected: String {
    switch self {
    case .tooShort: "three lines, each with its line end, were expected"
    case .origin: "a ledger's name was expected"
    case .size: "a number of events was expected, in decimal without leading zeros"
    case .rootHash: "a root hash was expected: the base64 of 32 bytes"
    case .signatures: "signature lines were expected after an empty line, and nothing after them"
    case .encoding: "UTF-8 was expected"
    }
  }
}
