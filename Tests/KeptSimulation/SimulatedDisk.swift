import Foundation
import KeptLog

/// A disk in memory that keeps apart what was written and what was synced, so that a power cut can be asked for at any
/// moment, and that fails or lies where it is told to. What happens follows from the seed.
///
/// Every operation that changes something has a number, from 1 on. A name is sure after a power cut once its folder was
/// synced, bytes once their file was. Reads see what was written.
package final class SimulatedDisk: Disk, @unchecked Sendable {
  // The state, and every inode in it, is only touched under the lock.
  /// What happens at one operation.
  package enum Fault: Sendable, Equatable {
    /// It fails with this `errno`; a write has written half. A sync that fails has lost what it was to write.
    case error(Int32)
    /// The process is gone after it, or before it, in the midst of a write; what it did before is as it was.
    case death(after: Bool)
    /// A write is said to have been done, and was done somewhere else in the file.
    case misdirected
    /// One bit of what is written is another.
    case flippedBit
  }

  fileprivate enum Node {
    case file(SimulatedInode)
    case folder
    case link(String)
  }

  fileprivate enum Change {
    case set(String, Node?)
    /// With all that is in it.
    case move(String, to: String)

    func undoing(_ lostMoves: [(from: String, to: String)]) -> Change {
      func place(_ path: String) -> String {
        for move in lostMoves where path.hasPrefix(move.to + "/") { return move.from + path.dropFirst(move.to.count) }
        return path
      }
      switch self {
      case .set(let path, let node): return .set(place(path), node)
      case .move(let from, let to): return .move(place(from), to: place(to))
      }
    }

    func apply(to nodes: inout [String: Node]) {
      switch self {
      case .set(let path, let node): nodes[path] = node
      case .move(let from, let to):
        for (path, node) in nodes where path == from || path.hasPrefix(from + "/") {
          nodes[path] = nil
          nodes[to + path.dropFirst(from.count)] = node
        }
      }
    }
  }

  fileprivate struct State {
    var nodes: [String: Node] = [:]
    var synced: [String: Node] = [:]
    /// By folder: how its names changed since its last sync.
    var pending: [String: [Change]] = [:]
    var locks: Set<String> = []
    var operations: [String] = []
    var isDead = false
    var chance: Chance
    var faults: [Int: Fault]
  }

  private var state: State
  private let lock = NSLock()

  fileprivate func locked<R>(_ body: (inout State) -> R) -> R {
    lock.lock()
    defer { lock.unlock() }
    return body(&state)
  }

  /// - Parameter faults: by number of the operation.
  package init(seed: UInt64, faults: [Int: Fault] = [:]) {
    state = State(chance: Chance(seed), faults: faults)
  }

  private init(_ state: State) { self.state = state }

  /// What was done so far: operation and the last parts of the path.
  package var operations: [String] { locked { $0.operations } }

  // MARK: what may become of it

  /// The same disk as the next process finds it: everything written is there, locks are not.
  package func afterDeath(seed: UInt64 = 1, faults: [Int: Fault] = [:]) -> SimulatedDisk {
    next(seed, faults) { _ in }
  }

  /// The disk after the power was cut: what was not synced is there in part, or not.
  package func afterPowerCut(seed: UInt64, faults: [Int: Fault] = [:]) -> SimulatedDisk {
    next(seed, faults) { state in
      // A folder that was renamed in vain is where it was, with what happened in it since.
      var lostMoves: [(from: String, to: String)] = []
      for folder in state.pending.keys.sorted() {
        let mood = state.chance.below(4)
        for change in state.pending[folder]! {
          if mood == 0 || mood < 3 && state.chance.flip() {
            change.undoing(lostMoves).apply(to: &state.synced)
          } else if case .move(let from, let to) = change {
            lostMoves.append((from, to))
          }
        }
      }
      // What is in a folder whose own name was lost is lost with it.
      for path in state.synced.keys.sorted() {
        var parent = parentFolder(of: path)
        while parent != "/", parent != "." {
          guard case .folder = state.synced[parent] else {
            state.synced[path] = nil
            break
          }
          parent = parentFolder(of: parent)
        }
      }
      state.nodes = state.synced
      state.pending = [:]
      for path in state.nodes.keys.sorted() {
        if case .file(let inode) = state.nodes[path] { inode.cut(&state.chance) }
      }
    }
  }

  private func next(_ seed: UInt64, _ faults: [Int: Fault], _ change: (inout State) -> Void) -> SimulatedDisk {
    locked { old in
      var copies: [ObjectIdentifier: SimulatedInode] = [:]
      func copy(_ node: Node?) -> Node? {
        guard case .file(let inode) = node else { return node }
        let known = copies[ObjectIdentifier(inode)] ?? inode.copy()
        copies[ObjectIdentifier(inode)] = known
        return .file(known)
      }
      var state = State(chance: Chance(seed), faults: faults)
      state.nodes = old.nodes.mapValues { copy($0)! }
      state.synced = old.synced.mapValues { copy($0)! }
      state.pending = old.pending.mapValues { changes in
        changes.map { change in
          if case .set(let path, let node) = change { .set(path, copy(node)) } else { change }
        }
      }
      change(&state)
      return SimulatedDisk(state)
    }
  }

  /// Every file's bytes, by path.
  package func files() -> [String: [UInt8]] {
    locked { state in
      state.nodes.compactMapValues { node in
        if case .file(let inode) = node { inode.written } else { nil }
      }
    }
  }

  /// Puts bytes into a file as if they had always been there.
  package func plant(_ path: String, _ bytes: [UInt8]) {
    locked { state in
      let inode = SimulatedInode()
      (inode.written, inode.synced) = (bytes, bytes)
      state.nodes[path] = .file(inode)
      state.synced[path] = .file(inode)
    }
  }

  // MARK: operations

  /// Counts an operation that changes something; says what befalls it.
  ///
  /// - Returns: a lie that the operation must tell, if any.
  fileprivate static func step(_ state: inout State, _ operation: String, _ path: String) throws(DiskError) -> Fault? {
    let gone = DiskError(path: path, operation: operation, code: 5)
    if state.isDead { throw gone }
    state.operations.append(operation + " " + path.split(separator: "/").suffix(2).joined(separator: "/"))
    guard let fault = state.faults[state.operations.count] else { return nil }
    switch fault {
    case .error(let code): throw DiskError(path: path, operation: operation, code: code)
    case .death(after: false):
      state.isDead = true
      throw gone
    case .death(after: true), .misdirected, .flippedBit: return fault
    }
  }

  /// Runs an operation under the lock; a process that dies after it hears nothing of its success.
  fileprivate func operate<R>(
    _ operation: String, _ path: String, _ body: (inout State, Fault?) throws(DiskError) -> R
  ) throws(DiskError) -> R {
    let result: Result<R, DiskError> = locked { state in
      do throws(DiskError) {
        let fault = try Self.step(&state, operation, path)
        let value = try body(&state, fault)
        if case .death(after: true) = fault {
          state.isDead = true
          throw DiskError(path: path, operation: operation, code: 5)
        }
        return .success(value)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private func look<R>(_ path: String, _ body: (State) throws(DiskError) -> R) throws(DiskError) -> R {
    let result: Result<R, DiskError> = locked { state in
      do throws(DiskError) {
        if state.isDead { throw DiskError(path: path, operation: "look up", code: 5) }
        return .success(try body(state))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Resolves a link in the last part but one: `snapshots/latest/x`.
  private func resolved(_ path: String, _ state: State) -> String {
    let parent = parentFolder(of: path)
    guard case .link(let target) = state.nodes[parent] else { return path }
    return parentFolder(of: parent) + "/" + target + path.dropFirst(parent.count)
  }

  package func open(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile {
    switch mode {
    case .read, .update:
      let inode = try look(path) { state throws(DiskError) in
        guard case .file(let inode) = state.nodes[resolved(path, state)] else {
          throw DiskError(path: path, operation: "open", code: 2)
        }
        return Shared(inode)
      }
      return OpenFile(path: path, inode: inode, disk: self)
    case .replace:
      let inode = try operate("create", path) { state, _ throws(DiskError) in
        if case .file(let inode) = state.nodes[path] {
          inode.truncate(to: 0)
          return Shared(inode)
        }
        guard state.nodes[path] == nil, Self.isFolder(parentFolder(of: path), state) else {
          throw DiskError(path: path, operation: "open", code: 2)
        }
        let inode = SimulatedInode()
        Self.change(&state, .set(path, .file(inode)))
        return Shared(inode)
      }
      return OpenFile(path: path, inode: inode, disk: self)
    }
  }

  private static func isFolder(_ path: String, _ state: State) -> Bool {
    if path == "/" || path == "." { return true }
    if case .folder = state.nodes[path] { return true }
    return false
  }

  private static func change(_ state: inout State, _ change: Change) {
    change.apply(to: &state.nodes)
    switch change {
    case .set(let path, _), .move(_, to: let path): state.pending[parentFolder(of: path), default: []].append(change)
    }
  }

  package func makeFolder(_ path: String, permissions: UInt32) throws(DiskError) {
    try operate("make folder", path) { state, _ throws(DiskError) in
      guard state.nodes[path] == nil else { throw DiskError(path: path, operation: "make folder", code: 17) }
      guard Self.isFolder(parentFolder(of: path), state) else {
        throw DiskError(path: path, operation: "make folder", code: 2)
      }
      Self.change(&state, .set(path, .folder))
    }
  }

  package func names(inFolder path: String) throws(DiskError) -> [String]? {
    try look(path) { state in
      guard Self.isFolder(path, state) else { return nil }
      return state.nodes.keys.filter { parentFolder(of: $0) == path }.map { String($0.dropFirst(path.utf8.count + 1)) }.sorted()
    }
  }

  package func exists(_ path: String) throws(DiskError) -> Bool {
    try look(path) { state in state.nodes[resolved(path, state)] != nil }
  }

  package func rename(_ from: String, to: String) throws(DiskError) {
    try operate("rename", to) { state, _ throws(DiskError) in
      guard let node = state.nodes[from] else { throw DiskError(path: from, operation: "rename", code: 2) }
      if case .folder = node, Self.isFolder(to, state) {
        throw DiskError(path: from, operation: "rename", code: 39)
      }
      Self.change(&state, .move(from, to: to))
      // What is not yet sure of names inside goes with the folder.
      for folder in state.pending.keys where folder == from || folder.hasPrefix(from + "/") {
        func moved(_ path: String) -> String { to + path.dropFirst(from.count) }
        state.pending[moved(folder), default: []] += state.pending.removeValue(forKey: folder)!.map { change in
          switch change {
          case .set(let path, let node): .set(moved(path), node)
          case .move(let old, to: let new): .move(moved(old), to: moved(new))
          }
        }
      }
    }
  }

  package func remove(_ path: String) throws(DiskError) {
    try operate("remove", path) { state, _ throws(DiskError) in
      guard state.nodes[path] != nil else { throw DiskError(path: path, operation: "remove", code: 2) }
      Self.change(&state, .set(path, nil))
    }
  }

  package func removeFolder(_ path: String) throws(DiskError) {
    try operate("remove folder", path) { state, _ throws(DiskError) in
      guard !state.nodes.keys.contains(where: { parentFolder(of: $0) == path }) else {
        throw DiskError(path: path, operation: "remove folder", code: 39)
      }
      Self.change(&state, .set(path, nil))
    }
  }

  package func makeLink(_ path: String, to target: String) throws(DiskError) {
    try operate("make link", path) { state, _ throws(DiskError) in
      guard state.nodes[path] == nil else { throw DiskError(path: path, operation: "make link", code: 17) }
      Self.change(&state, .set(path, .link(target)))
    }
  }

  package func linkTarget(_ path: String) throws(DiskError) -> String? {
    try look(path) { state in
      if case .link(let target) = state.nodes[path] { target } else { nil }
    }
  }

  package func syncFolder(_ path: String) throws(DiskError) {
    try operate("sync folder", path) { state, _ in
      for change in state.pending.removeValue(forKey: path) ?? [] { change.apply(to: &state.synced) }
    }
  }

  package func lock(_ path: String, holder: String) throws(DiskError) -> DiskLockOutcome {
    let isFree = try look(path) { state in !state.locks.contains(path) }
    guard isFree else { return .heldByOther("another") }
    if try !exists(path) { _ = try open(path, .replace(permissions: 0o600)) }
    locked { _ = $0.locks.insert(path) }
    return .held(SimulatedLock(path, self))
  }

  package func fillWithRandom(_ bytes: UnsafeMutableRawBufferPointer) throws(DiskError) {
    let random = locked { state in (0..<bytes.count).map { _ in UInt8(truncatingIfNeeded: state.chance.next()) } }
    bytes.copyBytes(from: random)
  }
}

/// Hands an inode out of the lock; it is only touched under the disk's.
private struct Shared: @unchecked Sendable {
  let inode: SimulatedInode
  init(_ inode: SimulatedInode) { self.inode = inode }
}

private final class SimulatedLock: DiskLock {
  private let path: String
  private let disk: SimulatedDisk

  init(_ path: String, _ disk: SimulatedDisk) {
    self.path = path
    self.disk = disk
  }

  deinit { release() }

  func release() { disk.locked { _ = $0.locks.remove(path) } }
}

private final class OpenFile: DiskFile {
  let path: String
  private let inode: Shared
  private let disk: SimulatedDisk

  init(path: String, inode: Shared, disk: SimulatedDisk) {
    self.path = path
    self.inode = inode
    self.disk = disk
  }

  private func look<R>(_ body: (SimulatedInode) -> R) throws(DiskError) -> R {
    let result: R? = disk.locked { $0.isDead ? nil : body(inode.inode) }
    guard let result else { throw DiskError(path: path, operation: "read", code: 5) }
    return result
  }

  func byteCount() throws(DiskError) -> Int { try look { $0.written.count } }

  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(DiskError) -> Int {
    nonisolated(unsafe) let buffer = buffer
    return try look { inode in
      let count = max(0, min(buffer.count, inode.written.count - offset))
      if count > 0 { buffer.copyBytes(from: inode.written[offset..<offset + count]) }
      return count
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
    var all = Array(bytes)
    let wasAlive = disk.locked { !$0.isDead }
    var isDone = false
    do throws(DiskError) {
      try disk.operate("write", path) { state, fault in
        isDone = true
        var place = offset
        if fault == .misdirected { place = max(0, offset + (state.chance.flip() ? 512 : -512)) }
        if fault == .flippedBit, !all.isEmpty { all[state.chance.below(all.count)] ^= 1 << UInt8(state.chance.below(8)) }
        inode.inode.write(all, at: place)
      }
    } catch {
      // What failed, or was cut by a death, has written some of it; later ones were never made.
      if wasAlive, !isDone { disk.locked { _ in inode.inode.write(Array(all.prefix(all.count / 2)), at: offset) } }
      throw error
    }
  }

  func sync() throws(DiskError) {
    do throws(DiskError) {
      try disk.operate("sync", path) { _, _ in inode.inode.sync() }
    } catch {
      disk.locked { if !$0.isDead { inode.inode.loseSync() } }
      throw error
    }
  }

  func truncate(to byteCount: Int) throws(DiskError) {
    try disk.operate("truncate", path) { _, _ in inode.inode.truncate(to: byteCount) }
  }

  func close() {}
}
