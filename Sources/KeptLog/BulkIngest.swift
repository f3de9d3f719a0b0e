import Dispatch
import KeptFormat
import Synchronization

/// Builds blocks on other threads and writes them in order on one; moves the commit point once a segment.
///
/// `@unchecked Sendable`: `output` belongs to the output queue until `drain` returns; everything else that threads share
/// is behind the mutex.
final class BulkIngest: @unchecked Sendable {
  private struct State {
    var idleBuilders: [BlockBuilder] = []
    /// Built, but not yet in their turn to be written.
    var built: [Int: BuiltBlock] = [:]
    var written: [BlockReference] = []
    var commits: [Commit] = []
    var failure: (any Error)?
  }

  /// The commit point moved here.
  struct Commit {
    var position: UInt64
    var customerCount: UInt32
  }

  private let output: LogOutput
  private let geometry: LogGeometry
  private let makeBuilder: @Sendable () -> BlockBuilder
  private let state = Mutex(State())
  private let builders = DispatchQueue(label: "kept.blocks", attributes: .concurrent)
  private let writing = DispatchQueue(label: "kept.output")
  private let group = DispatchGroup()
  /// Blocks being built or waiting to be written: each holds its events in memory.
  private let slots: DispatchSemaphore
  private var submitted = 0
  /// Only used on the output queue.
  private var nextWritten = 0
  let firstPosition: UInt64

  init(_ output: LogOutput, geometry: LogGeometry, jobs: Int, makeBuilder: @escaping @Sendable () -> BlockBuilder) {
    self.output = output
    self.geometry = geometry
    self.makeBuilder = makeBuilder
    firstPosition = output.position
    slots = DispatchSemaphore(value: jobs)
  }

  /// The position after the last block submitted.
  var submittedEnd: UInt64 { firstPosition + UInt64(submitted * geometry.blockEventCount) }

  /// Hands over a block's events; waits while too many are under way.
  func submit(_ pieces: [Piece]) throws {
    slots.wait()
    if let failure = state.withLock({ $0.failure }) {
      slots.signal()
      throw failure
    }
    let number = submitted
    submitted += 1
    builders.async(group: group) { [self] in
      let builder = state.withLock { $0.idleBuilders.popLast() } ?? makeBuilder()
      let block = builder.build(pieces)
      state.withLock {
        $0.idleBuilders.append(builder)
        $0.built[number] = block
      }
      writing.async(group: group) { [self] in writeBuilt() }
    }
  }

  private func writeBuilt() {
    while let block = state.withLock({ $0.built.removeValue(forKey: nextWritten) }) {
      nextWritten += 1
      defer { slots.signal() }
      guard state.withLock({ $0.failure == nil }) else { continue }
      do {
        let reference = try output.write(block)
        state.withLock { $0.written.append(reference) }
        if output.position % UInt64(geometry.segmentEventCount) == 0 {
          try output.commit(records: [])
          let commit = Commit(position: output.position, customerCount: output.customerCount)
          state.withLock { $0.commits.append(commit) }
        }
      } catch {
        state.withLock { $0.failure = error }
      }
    }
  }

  /// What was written since the last call, and how far the commit point moved, if it did.
  func takeProgress() throws -> (written: [BlockReference], commit: Commit?) {
    let (written, commit, failure) = state.withLock { state in
      defer {
        state.written = []
        state.commits = []
      }
      return (state.written, state.commits.last, state.failure)
    }
    if let failure { throw failure }
    return (written, commit)
  }

  /// Waits until everything submitted is written; then the output is the caller's again.
  func drain() { group.wait() }

  /// Gives up: what is under way ends, nothing more is committed.
  func abandon() {
    state.withLock { if $0.failure == nil { $0.failure = CancellationError() } }
    drain()
  }
}
