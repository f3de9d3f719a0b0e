import KeptFormat

/// The promises of all lives of a worker, one row each, ordered within a life by when they were made, then by name.
struct PromiseRows {
  struct Row {
    var customer: UInt32
    /// Its place in `names`.
    var name: UInt32
    var source: UInt32
    var department: UInt32
    var maker: PromiseTracker.Maker
    var settlement: PromiseTracker.Settlement
    var madeAt: Instant
    var due: Instant
    var settledAt: Instant
    var revisions: Int32
  }

  private(set) var rows: [Row] = []
  /// The names of the rows one after another, `nameEnds[i]` being where that of row i ends.
  private(set) var names: [UInt8] = []
  private(set) var nameEnds: [Int] = []
  /// Sources that ever settled a promise: of the others, an unsettled promise says nothing.
  private(set) var settling: Set<UInt32> = []
  /// The source looked up last: most promises come from the one before.
  private var lastSettling: UInt32?
  private var order: [Int] = []

  mutating func append(_ tracker: PromiseTracker, customer: UInt32) {
    let promises = tracker.promises
    if promises.isEmpty { return }
    order.removeAll(keepingCapacity: true)
    order.append(contentsOf: promises.indices)
    // Touches come in order of time, so only what was made at one instant, or never said to be made, is out of order.
    let isInOrder = promises.indices.dropFirst().allSatisfy { promises[$0 - 1].madeAt < promises[$0].madeAt }
    if !isInOrder {
      order.sort { left, right in
        let (a, b) = (promises[left], promises[right])
        if a.madeAt != b.madeAt { return a.madeAt < b.madeAt }
        if a.name != b.name, let isBefore = tracker.isOrdered(a.name, b.name) { return isBefore }
        return left < right
      }
    }
    for index in order {
      let promise = promises[index]
      if promise.settlement == .kept || promise.settlement == .broken, promise.source != lastSettling {
        lastSettling = promise.source
        settling.insert(promise.source)
      }
      rows.append(
        Row(
          customer: customer, name: UInt32(nameEnds.count), source: promise.source, department: promise.department,
          maker: promise.maker, settlement: promise.settlement, madeAt: promise.madeAt, due: promise.due,
          settledAt: promise.settledAt, revisions: promise.revisions))
      tracker.withName(promise.name) { names.append(contentsOf: $0) }
      nameEnds.append(names.count)
    }
  }
}

extension PromiseTracker {
  func withName(_ name: Int, _ body: (UnsafeRawBufferPointer) -> Void) { keys.id(of: name, body) }

  /// Whether one name stands before another byte for byte; nil where they are the same bytes.
  func isOrdered(_ left: Int, _ right: Int) -> Bool? {
    keys.id(of: left) { a in
      keys.id(of: right) { b in a.elementsEqual(b) ? nil : a.lexicographicallyPrecedes(b) }
    }
  }
}
