import CInstructions
import KeptFormat

/// Turns the rows of one partition into lives, each ordered by (time, position); one per worker, its buffers reused.
///
/// Rows arrive in position order, so a stable counting sort by entity leaves every life in position order, and only
/// lives that hold a late event need sorting by time.
final class LifeSorter {
  private var rows: UnsafeMutablePointer<TouchRow> = .allocate(capacity: 1)
  private var scratch: UnsafeMutablePointer<TouchRow> = .allocate(capacity: 1)
  private var rowCapacity = 1
  private var scratchCapacity = 1
  private var starts: [Int] = []

  deinit {
    rows.deallocate()
    scratch.deallocate()
  }

  /// Folds every life of a partition, entities ascending.
  ///
  /// - Parameter lists: the partition's rows, unit after unit.
  /// - Parameter entityCount: local numbers are below it.
  func forEachLife(
    in lists: [RowList], of store: RowStore, _ layout: RowLayout, entityCount: Int,
    _ body: (Int, UnsafeBufferPointer<TouchRow>) -> Void
  ) {
    var total = 0
    for list in lists { total += list.wordCount }
    guard total > 0 else { return }
    reserve(total)
    starts = Array(repeating: 0, count: entityCount + 1)
    starts.withUnsafeMutableBufferPointer { starts in
      Self.forEachRow(of: lists, in: store, layout) { row in starts[row.entity + 1] += 1 }
      for entity in 0..<entityCount { starts[entity + 1] += starts[entity] }
      let rows = rows
      let details = UnsafePointer(store.base.assumingMemoryBound(to: UInt64.self))
      Self.forEachRow(of: lists, in: store, layout) { row in
        // Details lie as far apart as their events in the log: they are asked for while the rows are sorted.
        if row.detail != TouchRow.noDetail { kept_prefetch(details + Int(row.detail)) }
        let place = starts[row.entity]
        rows[place] = TouchRow(
          time: row.time, entity: UInt16(truncatingIfNeeded: row.entity), touchClass: row.touchClass,
          detail: row.detail)
        starts[row.entity] = place + 1
      }
    }
    // After the scatter `starts[e]` is where life e ends.
    var start = 0
    for entity in 0..<entityCount {
      let end = starts[entity]
      if end > start {
        sortByTime(rows + start, end - start)
        body(entity, UnsafeBufferPointer(start: rows + start, count: end - start))
      }
      start = end
    }
  }

  /// How many rows each local number has; for splitting what does not fit.
  func countEntities(
    in lists: [RowList], of store: RowStore, _ layout: RowLayout, entityCount: Int, _ body: (Int, Int) -> Void
  ) {
    var counts = Array(repeating: 0, count: entityCount)
    Self.forEachRow(of: lists, in: store, layout) { row in counts[row.entity] += 1 }
    for (entity, count) in counts.enumerated() where count > 0 { body(entity, count) }
  }

  @inline(__always)
  private static func forEachRow(
    of lists: [RowList], in store: RowStore, _ layout: RowLayout, _ body: (StoredRow) -> Void
  ) {
    for list in lists {
      var chunk = list.first
      var left = list.wordCount
      while left > 0 {
        let words = UnsafePointer(store.words(of: chunk))
        let count = min(left, RowStore.wordsPerChunk)
        left -= count
        if left > 0 {
          chunk = store.chunk(after: chunk)
          // A chunk is too short for the processor to see the next one coming.
          let next = UnsafeRawPointer(store.words(of: chunk))
          for line in 0..<RowStore.chunkByteCount / 64 { kept_prefetch(next + line * 64) }
        }
        layout.forEachRow(words, count, body)
      }
    }
  }

  private func reserve(_ count: Int) {
    guard count > rowCapacity else { return }
    rows.deallocate()
    rowCapacity = count + count / 4
    rows = .allocate(capacity: rowCapacity)
  }

  /// Sorts by time, equal times in the order they stand in. O(n) where already sorted, O(n log n) at worst.
  private func sortByTime(_ life: UnsafeMutablePointer<TouchRow>, _ count: Int) {
    var budget = 8 * count
    var sorted = 1
    while sorted < count {
      let row = life[sorted]
      var place = sorted
      while place > 0, life[place - 1].time > row.time {
        life[place] = life[place - 1]
        place -= 1
      }
      life[place] = row
      budget -= sorted - place
      sorted += 1
      if budget < 0 { break }
    }
    if sorted < count { mergeSort(life, count) }
  }

  /// A bottom-up stable merge sort, for lives that did not arrive in order.
  private func mergeSort(_ life: UnsafeMutablePointer<TouchRow>, _ count: Int) {
    if scratchCapacity < count {
      scratch.deallocate()
      scratch = .allocate(capacity: count)
      scratchCapacity = count
    }
    var source = life
    var target = scratch
    var width = 1
    while width < count {
      var low = 0
      while low < count {
        let middle = min(low + width, count)
        let high = min(low + 2 * width, count)
        var left = low
        var right = middle
        for place in low..<high {
          if left < middle, right >= high || source[left].time <= source[right].time {
            target[place] = source[left]
            left += 1
          } else {
            target[place] = source[right]
            right += 1
          }
        }
        low = high
      }
      swap(&source, &target)
      width *= 2
    }
    if source != life { life.update(from: source, count: count) }
  }
}
