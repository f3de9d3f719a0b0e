import KeptFormat
import KeptLog

/// `kept prove`: proofs that somebody else can check, and the check itself.
enum ProveCommand {
  static let description = CommandDescription(
    name: "prove",
    summary: "proofs that an event is in the ledger, or that it only grew; and their check",
    positionals: ["LEDGER"],
    takesMorePositionals: true,
    options: [
      OptionDescription("at", "P|TIME|FILE", "the tree to prove it in: of P events, or of a checkpoint in a file (now)"),
      OptionDescription("hash-only", nil, "the proof does not carry the event's line: whoever checks must know it"),
      OptionDescription("from", "P|TIME|FILE", "proves that the ledger still begins with that one"),
      OptionDescription("to", "P|TIME|FILE", "the newer of the two (now)"),
      OptionDescription("tiles", "DIR", "writes all lines and hashes as static files, C2SP tlog-tiles"),
      OptionDescription("check", "PROOF", "checks a proof; needs no ledger: kept prove --check PROOF CHECKPOINT [LINE]"),
    ],
    notes: """
      kept prove LEDGER POSITION       C2SP tlog-proof: the event's line, the hashes up to the root, the checkpoint
      kept prove LEDGER --from OLD     the request of C2SP tlog-witness: the hashes between two checkpoints, the newer one
      kept prove --check PROOF OLD [NEW]           checks the second
      kept prove --check PROOF CHECKPOINT [LINE]   checks the first; LINE is the canonical line, its leaf hash in
                                       hexadecimal, or - for standard input; without it the proof's own line is printed
      Trust the checkpoint that you kept, not the one in the proof: they must be the same. Status 1: the proof proves
      nothing, and why. Forms and worked examples: Sources/KeptFormat/Proofs.md.
      """,
    examples: [
      "kept prove shop 17",
      "kept checkpoint shop > now && kept prove shop 17 > 17.tlog-proof && kept prove --check 17.tlog-proof now",
      "kept checkpoint shop --known-at 100 > old && kept prove shop --from old > grown && kept prove --check grown old",
      "kept prove shop --tiles tiles",
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let modes = ["check", "from", "tiles"].filter { arguments.has($0) }
    guard modes.count <= 1 else { throw arguments.error("--\(modes[0]) and --\(modes[1]) are two different things to do") }
    let allowed = ["check": [], "from": ["to"], "tiles": ["at"], "": ["at", "hash-only"]][modes.first ?? ""]!
    for option in ["at", "to", "hash-only"] where arguments.has(option) && !allowed.contains(option) {
      throw arguments.error("--\(option) says nothing here")
    }
    switch modes.first {
    case "check": return try ProofChecking(arguments, context).run()
    case "from": return try proveGrowth(arguments, context)
    case "tiles": return try writeTiles(arguments, context)
    default: return try proveEvent(arguments, context)
    }
  }

  private static func proveEvent(_ arguments: Arguments, _ context: Context) throws -> Status {
    guard arguments.positionals.count == 2 else {
      throw arguments.error("one POSITION was expected: kept prove LEDGER POSITION")
    }
    guard let position = UInt64(arguments.positionals[1]) else {
      throw arguments.error("\(arguments.positionals[1]): a position was expected, such as 17")
    }
    let ledger = try LedgerReader(arguments.positionals[0])
    guard let tree = try PinnedTree(arguments, "at", ledger, context) else { return .no }
    guard position < tree.checkpoint.count else {
      throw arguments.error("position \(position): the tree has only \(tree.checkpoint.count) events")
    }
    let proof = try ledger.inclusionProof(
      of: position, in: tree.checkpoint, text: tree.text, withLine: !arguments.has("hash-only"))
    context.console.write(proof.text.utf8)
    return context.warn(of: ledger.damage)
  }

  private static func proveGrowth(_ arguments: Arguments, _ context: Context) throws -> Status {
    try refuseMore(arguments)
    let ledger = try LedgerReader(arguments.positionals[0])
    guard let old = try PinnedTree(arguments, "from", ledger, context),
      let new = try PinnedTree(arguments, "to", ledger, context)
    else { return .no }
    guard old.checkpoint.count <= new.checkpoint.count else {
      throw arguments.error("--from has \(old.checkpoint.count) events, more than the \(new.checkpoint.count) of --to")
    }
    let proof = try ledger.consistencyProof(from: old.checkpoint.count, to: new.checkpoint, text: new.text)
    context.console.write(proof.text.utf8)
    return context.warn(of: ledger.damage)
  }

  private static func writeTiles(_ arguments: Arguments, _ context: Context) throws -> Status {
    try refuseMore(arguments)
    let folder = arguments.value("tiles")!
    let ledger = try LedgerReader(arguments.positionals[0])
    guard let tree = try PinnedTree(arguments, "at", ledger, context) else { return .no }
    try refuseForeign(folder, ledger)
    var export = TileExport(folder)
    context.progress.begin("exporting", total: Int(tree.checkpoint.count))
    let progress = context.progress
    try export.write(ledger, tree.checkpoint, text: tree.text) { progress.update(done: $0, events: $0) }
    progress.finish()
    context.console.say("\(folder): \(grouped(tree.checkpoint.count)) events in \(grouped(export.fileCount)) files")
    return context.warn(of: ledger.damage)
  }

  /// Files of something else must not be mixed with tiles.
  private static func refuseForeign(_ folder: String, _ ledger: LedgerReader) throws {
    guard let names = try PosixDisk().names(inFolder: folder), !names.isEmpty else { return }
    let path = folder + "/" + TileExport.checkpoint
    guard names.contains(TileExport.checkpoint), let bytes = try? PosixDisk().contents(path),
      let checkpoint = try? Checkpoint(parsing: bytes), checkpoint.origin == Ledger.origin(ledger.settings)
    else { throw FileError(folder, "there is something already that is no export of this ledger") }
  }

  private static func refuseMore(_ arguments: Arguments) throws {
    guard arguments.positionals.count > 1 else { return }
    throw arguments.error("\"\(arguments.positionals[1])\" is one argument too many")
  }
}

/// A tree that an option names, and its checkpoint as it will stand in a proof.
private struct PinnedTree {
  let checkpoint: Checkpoint
  let text: String

  /// The whole ledger where the option is not given; nil where a checkpoint in a file says something else than the ledger,
  /// which is told.
  init?(_ arguments: Arguments, _ option: String, _ ledger: LedgerReader, _ context: Context) throws {
    guard let typed = arguments.value(option) else {
      checkpoint = ledger.checkpoint()
      text = checkpoint.text
      return
    }
    if let count = try Self.count(typed, ledger) {
      guard count <= ledger.count else {
        throw arguments.error("--\(option) \(typed): the ledger holds only \(ledger.count) events")
      }
      checkpoint = Checkpoint(origin: Ledger.origin(ledger.settings), count: count, root: try ledger.tree(count: count).root)
      text = checkpoint.text
      return
    }
    checkpoint = try arguments.readCheckpoint(typed, ledger)
    text = String(decoding: try PosixDisk().contents(typed), as: UTF8.self)
    guard checkpoint.count <= ledger.count else {
      context.console.complain(
        "kept: \(typed): the checkpoint has \(grouped(checkpoint.count)) events, the ledger only "
          + "\(grouped(ledger.count)): it was cut, or is an older copy")
      return nil
    }
    let root = try ledger.tree(count: checkpoint.count).root
    guard root == checkpoint.root else {
      context.console.complain(
        "kept: \(typed): the ledger's first \(grouped(checkpoint.count)) events have the root "
          + "\(root.base64), the checkpoint says \(checkpoint.root.base64)\n"
          + "Next: `kept verify LEDGER --deep` says which blocks were edited.")
      return nil
    }
  }

  /// A number of events, or how many there were at a time; nil for a file.
  private static func count(_ typed: String, _ ledger: LedgerReader) throws -> UInt64? {
    if let count = UInt64(typed) { return count }
    guard let instant = try? RFC3339.parse(typed) else { return nil }
    return try ledger.count(recordedAtOrBefore: instant)
  }
}

/// `kept prove --check`: files and hashes, no ledger.
private struct ProofChecking {
  private let arguments: Arguments
  private let console: Console
  private let proof: [UInt8]
  private let checkpoint: Checkpoint

  init(_ arguments: Arguments, _ context: Context) throws {
    guard arguments.positionals.count <= 2 else {
      throw arguments.error("\"\(arguments.positionals[2])\" is one argument too many")
    }
    self.arguments = arguments
    console = context.console
    proof = try PosixDisk().contents(arguments.value("check")!)
    checkpoint = try Self.checkpoint(arguments.positionals[0])
  }

  func run() throws -> Status {
    do {
      if proof.starts(with: ConsistencyProof.firstWord.utf8) { return try checkGrowth() }
      return try checkEvent()
    } catch let failure as ProofFailure {
      console.print("NOT PROVEN (\(failure.name)): \(failure.sentence)")
      return .no
    }
  }

  private func checkGrowth() throws -> Status {
    let proof = try ConsistencyProof(parsing: proof)
    let newer = arguments.positionals.count == 2 ? try Self.checkpoint(arguments.positionals[1]) : nil
    try proof.check(from: checkpoint, to: newer)
    let old = "the \(grouped(checkpoint.count)) events of \(arguments.positionals[0])"
    if newer != nil {
      console.print("proven: the \(grouped(proof.checkpoint.count)) events of \(arguments.positionals[1]) begin with \(old)")
    } else {
      console.print(
        "proven: the tree with root \(proof.checkpoint.root.base64) begins with \(old); how many it has says only the "
          + "proof: give the newer checkpoint too")
    }
    return .sound
  }

  private func checkEvent() throws -> Status {
    let proof = try InclusionProof(parsing: proof)
    let leaf = arguments.positionals.count == 2 ? try readLeaf(arguments.positionals[1]) : nil
    try proof.check(against: checkpoint, leaf: leaf)
    console.print(
      "proven: position \(proof.index) of the \(grouped(checkpoint.count)) events of \(arguments.positionals[0])")
    if leaf == nil, let line = proof.line { console.print(String(decoding: line, as: UTF8.self)) }
    return .sound
  }

  /// The line itself, its hash, or standard input.
  private func readLeaf(_ typed: String) throws -> InclusionProof.Leaf {
    if let hash = Digest(hex: typed) { return .hash(hash) }
    guard typed == "-" else { return .line(Array(typed.utf8)) }
    var bytes: [UInt8] = []
    while let line = readLine(strippingNewline: false) { bytes += Array(line.utf8) }
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    return .line(bytes)
  }

  private static func checkpoint(_ path: String) throws -> Checkpoint {
    do {
      return try Checkpoint(parsing: try PosixDisk().contents(path))
    } catch let failure as Checkpoint.Failure {
      throw FileError(
        path, "line \(failure.line): not a checkpoint: \(failure.reason.expected)",
        next: "`kept checkpoint LEDGER` prints one: three lines.")
    }
  }

}
