import Glibc
import KeptFormat
import Synchronization

/// The memory of one pass of a replay: a fixed region that workers fill with chunks of touches and with their details.
///
/// Everything is a bump allocation, freed at once by `reset`, so a pass neither allocates per touch nor exceeds its
/// budget: an allocation that does not fit says so, and the pass is split.
final class RowStore: @unchecked Sendable {
  /// A chunk of rows: one page, aligned to its size, so that a full one is seen by looking at the write pointer.
  static let chunkByteCount = 4096
  static let rowsPerChunk = chunkByteCount / MemoryLayout<TouchRow>.stride
  static let noChunk = UInt32.max
  /// What a worker takes at a time; keeps workers from meeting at the counter.
  static let slabByteCount = 64 * chunkByteCount

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

  /// `byteCount` bytes, page-aligned, or nil when the region is full.
  func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
    let rounded = (count + Self.chunkByteCount - 1) & ~(Self.chunkByteCount - 1)
    let offset = used.add(rounded, ordering: .relaxed).oldValue
    return offset + rounded <= byteCount ? base + offset : nil
  }

  func chunk(at pointer: UnsafeMutableRawPointer) -> UInt32 {
    UInt32(truncatingIfNeeded: (pointer - base) / Self.chunkByteCount)
  }

  func rows(of chunk: UInt32) -> UnsafeMutablePointer<TouchRow> {
    (base + Int(chunk) * Self.chunkByteCount).assumingMemoryBound(to: TouchRow.self)
  }

  func link(_ chunk: UInt32, to following: UInt32) { next[Int(chunk)] = following }
  func chunk(after chunk: UInt32) -> UInt32 { next[Int(chunk)] }
}

/// The rows that one unit (a run of blocks) put into one partition: a list of chunks, all full but the last.
struct RowList {
  var first: UInt32 = RowStore.noChunk
  var rowCount: Int = 0
}

/// Writes rows into partitions, and details beside them; one per worker.
final class RowWriter {
  let store: RowStore
  /// Set when the region had no room: the pass has to be split.
  private(set) var isOverfull = false

  /// Where the next row of each partition goes; page-aligned (or nil) when a new chunk is due.
  private(set) var cursors: UnsafeMutablePointer<UnsafeMutablePointer<TouchRow>?>
  private var firstChunks: [UInt32] = []
  private var chunkCounts: [Int] = []
  private var partitionCapacity: Int
  private var slab: UnsafeMutableRawPointer?
  private var slabEnd: UnsafeMutableRawPointer?
  private var detailNext: UnsafeMutableRawPointer?
  private var detailEnd: UnsafeMutableRawPointer?

  init(store: RowStore) {
    self.store = store
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
    cursors.initialize(repeating: nil, count: partitionCount)
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

  /// A fresh chunk for `partition`, whose last one is full, or nil when there is no room.
  func nextChunk(_ partition: Int) -> UnsafeMutablePointer<TouchRow>? {
    if slab == slabEnd {
      guard let fresh = store.allocate(RowStore.slabByteCount) else {
        isOverfull = true
        return nil
      }
      slab = fresh
      slabEnd = fresh + RowStore.slabByteCount
    }
    let memory = slab!
    slab = memory + RowStore.chunkByteCount
    let chunk = store.chunk(at: memory)
    if let full = cursors[partition] {
      store.link(store.chunk(at: UnsafeMutableRawPointer(full) - RowStore.chunkByteCount), to: chunk)
    } else {
      firstChunks[partition] = chunk
    }
    chunkCounts[partition] += 1
    return memory.assumingMemoryBound(to: TouchRow.self)
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
      guard let cursor = cursors[partition] else { return RowList() }
      let inLast = Int(bitPattern: cursor) & (RowStore.chunkByteCount - 1)
      let full = inLast == 0 ? chunkCounts[partition] : chunkCounts[partition] - 1
      return RowList(
        first: firstChunks[partition],
        rowCount: full * RowStore.rowsPerChunk + inLast / MemoryLayout<TouchRow>.stride)
    }
  }
}
