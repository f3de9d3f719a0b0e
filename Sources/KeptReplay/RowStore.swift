import Glibc
import KeptFormat
import Synchronization

/// The memory of one pass of a replay: a fixed region that workers fill with chunks of touches and with their details.
///
/// Everything is a bump allocation, freed at once by `reset`, so a pass neither allocates per touch nor exceeds its
/// budget: an allocation that does not fit says so, and the pass is split.
final class RowStore: @unchecked Sendable {
  /// A chunk of rows, aligned to its size, so that a full one is seen by looking at the write pointer. Small, since every
  /// unit leaves one begun in every partition.
  static let chunkByteCount = 1024
  static let wordsPerChunk = chunkByteCount / 8
  static let noChunk = UInt32.max
  /// What a worker takes at a time; keeps workers from meeting at the counter.
  static let slabByteCount = 1 << 18

  let base: UnsafeMutableRawPointer
  let byteCount: Int
  /// `next[c]` is the chunk after chunk `c` of the same unit and partition.
  private let next: UnsafeMutablePointer<UInt32>
  private let used = Atomic<Int>(0)

  /// - Parameter byteCount: rounded up to whole slabs; pages are taken from the system as they are touched.
  init?(byteCount wanted: Int) {
    byteCount = (max(wanted, 4 * Self.slabByteCount) + Self.slabByteCount - 1) / Self.slabByteCount * Self.slabByteCount
    guard
      let memory = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
      memory != MAP_FAILED
    else { return nil }
    base = memory
    // Rows are written page after page: faulting them in by 2 MiB instead of 4 KiB saves most of the faults.
    madvise(memory, byteCount, MADV_HUGEPAGE)
    next = .allocate(capacity: byteCount / Self.chunkByteCount)
  }

  deinit {
    munmap(base, byteCount)
    next.deallocate()
  }

  /// Forgets everything; called between passes, when no worker runs.
  func reset() { used.store(0, ordering: .relaxed) }

  /// `byteCount` bytes, aligned to a chunk, or nil when the region is full.
  func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
    let rounded = (count + Self.chunkByteCount - 1) & ~(Self.chunkByteCount - 1)
    let offset = used.add(rounded, ordering: .relaxed).oldValue
    return offset + rounded <= byteCount ? base + offset : nil
  }

  func chunk(at pointer: UnsafeMutableRawPointer) -> UInt32 {
    UInt32(truncatingIfNeeded: (pointer - base) / Self.chunkByteCount)
  }

  func words(of chunk: UInt32) -> UnsafeMutablePointer<UInt64> {
    (base + Int(chunk) * Self.chunkByteCount).assumingMemoryBound(to: UInt64.self)
  }

  func link(_ chunk: UInt32, to following: UInt32) { next[Int(chunk)] = following }
  func chunk(after chunk: UInt32) -> UInt32 { next[Int(chunk)] }
}

/// The rows that one unit (a run of blocks) put into one partition: a list of chunks, all full but the last.
struct RowList {
  var first: UInt32 = RowStore.noChunk
  /// Of all chunks together, their bases and paddings included: at least as many as there are rows.
  var wordCount: Int = 0
}

/// Writes rows into partitions, and details beside them; one per worker.
final class RowWriter {
  /// Where the next row of a partition goes; at a chunk's border (or nil) when a new chunk is due.
  struct Cursor {
    var next: UnsafeMutablePointer<UInt64>?
    /// Of the chunk.
    var base: Instant = 0

    @inline(__always)
    var needsChunk: Bool { UInt(bitPattern: next) & UInt(RowStore.chunkByteCount - 1) == 0 }

    /// Words left in the chunk.
    var room: Int {
      needsChunk ? 0 : RowStore.wordsPerChunk - (Int(bitPattern: next) & (RowStore.chunkByteCount - 1)) / 8
    }
  }

  let store: RowStore
  let layout: RowLayout
  /// Set when the region had no room: the pass has to be split.
  private(set) var isOverfull = false

  private(set) var cursors: UnsafeMutablePointer<Cursor>
  private var firstChunks: [UInt32] = []
  private var chunkCounts: [Int] = []
  private var partitionCapacity: Int
  private var slab: UnsafeMutableRawPointer?
  private var slabEnd: UnsafeMutableRawPointer?
  private var detailNext: UnsafeMutableRawPointer?
  private var detailEnd: UnsafeMutableRawPointer?

  init(store: RowStore, layout: RowLayout) {
    self.store = store
    self.layout = layout
    partitionCapacity = 1
    cursors = .allocate(capacity: 1)
  }

  deinit { cursors.deallocate() }

  /// Starts a unit with empty partitions.
  func begin(partitionCount: Int) {
    if partitionCount > partitionCapacity {
      cursors.deallocate()
      cursors = .allocate(capacity: partitionCount)
      partitionCapacity = partitionCount
    }
    cursors.initialize(repeating: Cursor(), count: partitionCount)
    firstChunks = Array(repeating: RowStore.noChunk, count: partitionCount)
    chunkCounts = Array(repeating: 0, count: partitionCount)
    isOverfull = false
  }

  /// Starts a pass: what was taken from the region before is gone.
  func forgetRegion() {
    slab = nil
    slabEnd = nil
    detailNext = nil
    detailEnd = nil
    isOverfull = false
  }

  /// Gives `partition`, whose last chunk is full, a fresh one whose first row will be at `time`; false without room.
  func nextChunk(_ partition: Int, at time: Instant) -> Bool {
    if slab == slabEnd {
      guard let fresh = store.allocate(RowStore.slabByteCount) else {
        isOverfull = true
        return false
      }
      slab = fresh
      slabEnd = fresh + RowStore.slabByteCount
    }
    let memory = slab!
    slab = memory + RowStore.chunkByteCount
    let chunk = store.chunk(at: memory)
    if let full = cursors[partition].next {
      store.link(store.chunk(at: UnsafeMutableRawPointer(full) - RowStore.chunkByteCount), to: chunk)
    } else {
      firstChunks[partition] = chunk
    }
    chunkCounts[partition] += 1
    let words = memory.assumingMemoryBound(to: UInt64.self)
    let base = layout.base(time)
    words[0] = UInt64(bitPattern: base)
    cursors[partition] = Cursor(next: words + 1, base: base)
    return true
  }

  /// Writes a row of any sort, the fast way being that of `BlockScatter`; false without room.
  ///
  /// - Parameter word: `RowLayout.word`.
  func append(_ word: UInt64, at time: Instant, detail: UInt32, to partition: Int) -> Bool {
    let detailCount = detail == TouchRow.noDetail ? 0 : 1
    var isFar = UInt64(bitPattern: time &- cursors[partition].base) > layout.timeMax
    if cursors[partition].room < 1 + detailCount + (isFar ? 1 : 0) {
      // The chunk ends here.
      if var next = cursors[partition].next {
        for _ in 0..<cursors[partition].room {
          next.pointee = RowLayout.padding
          next += 1
        }
        cursors[partition].next = next
      }
      guard nextChunk(partition, at: time) else { return false }
      isFar = false
    }
    let cursor = cursors[partition]
    var next = cursor.next!
    let flags = (detailCount == 1 ? RowLayout.hasDetail : 0) | (isFar ? RowLayout.isFar : 0)
    next.pointee = word | flags | (isFar ? 0 : UInt64(bitPattern: time &- cursor.base) << layout.timeShift)
    next += 1
    if isFar {
      next.pointee = UInt64(bitPattern: time)
      next += 1
    }
    if detailCount == 1 {
      next.pointee = UInt64(detail)
      next += 1
    }
    cursors[partition].next = next
    return true
  }

  /// `byteCount` bytes for details, aligned to 8, or nil when there is no room.
  func detailBytes(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    let rounded = (byteCount + 7) & ~7
    if detailNext == nil || detailEnd! - detailNext! < rounded {
      let size = max(rounded, RowStore.slabByteCount)
      guard let fresh = store.allocate(size) else {
        isOverfull = true
        return nil
      }
      detailNext = fresh
      detailEnd = fresh + size
    }
    let memory = detailNext!
    detailNext = memory + rounded
    return memory
  }

  /// Ends the unit and tells what stands in each partition.
  func finish(partitionCount: Int) -> [RowList] {
    (0..<partitionCount).map { partition in
      guard cursors[partition].next != nil else { return RowList() }
      return RowList(
        first: firstChunks[partition],
        wordCount: chunkCounts[partition] * RowStore.wordsPerChunk - cursors[partition].room)
    }
  }
}
