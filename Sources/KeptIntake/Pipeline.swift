import Dispatch
import KeptFormat
import Synchronization

/// Takes chunks from one reader through several parsers to one consumer, in order and few at a time.
final class Pipeline<Prepared: Sendable>: Sendable {
  enum Item: Sendable {
    case chunk(ParsedChunk, Prepared)
    case end(byteCount: UInt64, Digest)
    case failed(IntakeError)
  }

  struct Job: Sendable {
    let sequence: Int
    var chunk: RawChunk
    let parser: RecordParser
    let splitter: RecordSplitter

    /// Gives the chunk away, so that its bytes have one owner and are never copied.
    mutating func takeChunk() -> RawChunk {
      defer { chunk.bytes = [] }
      return chunk
    }
  }

  private struct State {
    var jobs: [Job] = []
    var isReadToEnd = false
    var isStopped = false
    /// What is done, by sequence number modulo the number of slots.
    var slots: [Item?]
  }

  private let state: Mutex<State>
  /// How many chunks may still be read before the consumer is done with one.
  private let room: DispatchSemaphore
  private let jobCount = DispatchSemaphore(value: 0)
  /// One for each slot: the item is there.
  private let ready: [DispatchSemaphore]
  private let consumed = Atomic<Int>(0)

  init(slotCount: Int) {
    state = Mutex(State(slots: Array(repeating: nil, count: slotCount)))
    // Raised from 0, because Dispatch traps when one is freed below the value it began with.
    room = DispatchSemaphore(value: 0)
    for _ in 0..<slotCount { room.signal() }
    ready = (0..<slotCount).map { _ in DispatchSemaphore(value: 0) }
  }

  // MARK: the reader

  func read(_ reader: ChunkReader, _ opener: RecordOpener) {
    var sequence = 0
    var opener = opener
    while true {
      room.wait()
      if state.withLock({ $0.isStopped }) { return wakeParsers() }
      let item: Item
      do throws(IntakeError) {
        if var chunk = try reader.next() {
          let parser = try opener.open(&chunk)
          let job = Job(sequence: sequence, chunk: chunk, parser: parser, splitter: reader.recordSplitter)
          state.withLock { $0.jobs.append(job) }
          jobCount.signal()
          sequence += 1
          continue
        }
        item = .end(byteCount: reader.storedByteCount, reader.digest)
      } catch {
        item = .failed(error)
      }
      finish(sequence, item)
      return wakeParsers()
    }
  }

  private func wakeParsers() {
    state.withLock { $0.isReadToEnd = true }
    jobCount.signal()
  }

  // MARK: the parsers

  /// The next chunk to parse; nil when there will be none.
  func takeJob() -> Job? {
    jobCount.wait()
    let job = state.withLock { state in
      state.jobs.isEmpty || state.isStopped ? nil : state.jobs.removeFirst()
    }
    // The last signal is handed round, so that every parser sees the end.
    if job == nil { jobCount.signal() }
    return job
  }

  func finish(_ sequence: Int, _ item: Item) {
    let slot = sequence % ready.count
    state.withLock { $0.slots[slot] = item }
    ready[slot].signal()
  }

  // MARK: the consumer

  /// Waits for the next item in file order.
  func next() -> Item {
    let slot = consumed.add(1, ordering: .relaxed).oldValue % ready.count
    ready[slot].wait()
    return state.withLock { state in
      defer { state.slots[slot] = nil }
      return state.slots[slot]!
    }
  }

  /// The consumer is done with a chunk: another may be read.
  func release() { room.signal() }

  /// Nothing more is wanted. Threads end as soon as they notice; one that waits for standard input ends with it.
  func stop() {
    state.withLock { $0.isStopped = true }
    room.signal()
    jobCount.signal()
  }
}
