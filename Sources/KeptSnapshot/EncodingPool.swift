import Dispatch

/// Encodes the chunks of several files on several workers, each file's appended in order as they become ready.
///
/// Shared between its workers, hence `@unchecked`: everything that changes is read and written under `monitor`, but for
/// the assembly that a worker marked as appending, which is that worker's alone until the mark is gone.
final class EncodingPool: @unchecked Sendable {
  private let files: [FileAssembly]
  private let layout: ParquetLayout
  private let workers: Int
  private let monitor = Monitor()
  private let chunks: [(file: Int, number: Int)]
  private var nextChunk = 0
  /// Encoded and not yet appended; bounded, so that a slow disk does not fill the memory.
  private var waitingCount = 0
  private var freeMemory: [PageMemory] = []
  private var failure: (chunk: Int, error: any Error)?
  private var written: [WrittenFile?]

  init(_ files: [FileAssembly], layout: ParquetLayout, workers: Int) {
    self.files = files
    self.layout = layout
    self.workers = workers
    chunks = files.indices.flatMap { file in (0..<files[file].chunkCount).map { (file, $0) } }
    written = Array(repeating: nil, count: files.count)
  }

  func run() throws -> [WrittenFile] {
    for index in files.indices {
      try files[index].begin()
      if files[index].chunkCount == 0 { written[index] = try files[index].finish() }
    }
    DispatchQueue.concurrentPerform(iterations: min(workers, max(1, chunks.count))) { _ in work() }
    if let failure { throw failure.error }
    return written.map { file in
      guard let file else { preconditionFailure("a file was not finished") }
      return file
    }
  }

  private func work() {
    let encoder = ChunkEncoder(layout: layout)
    while let index = takeChunk() {
      let (fileIndex, number) = chunks[index]
      do {
        let pages = takeMemory()
        let chunk = try files[fileIndex].encode(number, with: encoder, to: pages)
        try deliver(chunk, pages, number, fileIndex)
      } catch {
        fail(index, error)
      }
    }
  }

  /// The next chunk to encode; waits while too many are ahead of the writing.
  private func takeChunk() -> Int? {
    monitor.lock()
    defer { monitor.unlock() }
    // The chunk that everyone waits for is in some worker's hands, so waiting ends.
    while waitingCount > 4 * workers + 8 && failure == nil { monitor.wait() }
    guard failure == nil, nextChunk < chunks.count else { return nil }
    nextChunk += 1
    return nextChunk - 1
  }

  /// Memory that a file is done with, or new.
  private func takeMemory() -> PageMemory {
    monitor.lock()
    defer { monitor.unlock() }
    return freeMemory.popLast() ?? PageMemory()
  }

  /// Hands a chunk to its file, and appends all that are ready unless another worker is at it.
  private func deliver(_ chunk: EncodedChunk, _ pages: PageMemory, _ number: Int, _ fileIndex: Int) throws {
    let file = files[fileIndex]
    monitor.lock()
    defer { monitor.unlock() }
    file.ready[number] = (chunk, pages)
    waitingCount += 1
    guard !file.isAppending else { return }
    file.isAppending = true
    while failure == nil, let next = file.ready.removeValue(forKey: file.appendedCount) {
      try unlocked { try file.append(next.chunk, next.pages.buffer.bytes) }
      freeMemory.append(next.pages)
      file.appendedCount += 1
      waitingCount -= 1
      monitor.broadcast()
    }
    if failure == nil && file.appendedCount == file.chunkCount {
      written[fileIndex] = try unlocked { try file.finish() }
    }
    file.isAppending = false
  }

  /// Runs `body` without the lock that the caller holds.
  private func unlocked<Result>(_ body: () throws -> Result) throws -> Result {
    monitor.unlock()
    defer { monitor.lock() }
    return try body()
  }

  private func fail(_ chunk: Int, _ error: any Error) {
    monitor.lock()
    defer { monitor.unlock() }
    if failure == nil || chunk < failure!.chunk { failure = (chunk, error) }
    monitor.broadcast()
  }
}
