import CInstructions

/// The newest identities in memory: fingerprints and the positions they may be found at.
///
/// Open addressing with the fingerprint's high bits as home, so that the slots are almost in order of fingerprint: a
/// sorted run is one walk. Equal fingerprints may occur several times; whoever asks confirms by reading the event.
struct FingerprintTable: ~Copyable {
  struct Entry {
    var fingerprint: UInt64
    var position: UInt64
  }

  private static let empty = UInt64.max
  /// Slots beyond the last home: probing never wraps, or the walk would not be in order.
  private static let overhang = 2_048

  private var slots: UnsafeMutablePointer<Entry>
  private var homes: Int
  private(set) var count = 0

  init(capacity: Int) {
    homes = max(1_024, capacity + capacity / 2)
    slots = Self.allocate(homes)
  }

  deinit { slots.deallocate() }

  private static func allocate(_ homes: Int) -> UnsafeMutablePointer<Entry> {
    let slots = UnsafeMutablePointer<Entry>.allocate(capacity: homes + overhang)
    slots.initialize(repeating: Entry(fingerprint: 0, position: empty), count: homes + overhang)
    return slots
  }

  @inline(__always)
  private func home(_ fingerprint: UInt64) -> Int {
    Int(truncatingIfNeeded: fingerprint.multipliedFullWidth(by: UInt64(homes)).high)
  }

  /// How many fingerprints ahead of the one at hand memory is asked for.
  private static let prefetchDistance = 12

  /// Marks the fingerprints that are in the table.
  borrowing func mark(_ fingerprints: UnsafeBufferPointer<UInt64>, _ marks: UnsafeMutablePointer<Bool>) {
    for index in fingerprints.indices {
      if index + Self.prefetchDistance < fingerprints.count {
        kept_prefetch(slots + home(fingerprints[index + Self.prefetchDistance]))
      }
      if find(fingerprints[index]) >= 0 { marks[index] = true }
    }
  }

  /// Inserts fingerprints under positions `position`, `position` + 1 … until one is there already under a position that
  /// is not before `first`.
  ///
  /// - Returns: how many were inserted.
  mutating func insert(
    _ fingerprints: UnsafeBufferPointer<UInt64>, at position: UInt64, notSince first: UInt64
  ) -> Int {
    reserve(fingerprints.count)
    for index in fingerprints.indices {
      if index + Self.prefetchDistance < fingerprints.count {
        kept_prefetch(slots + home(fingerprints[index + Self.prefetchDistance]))
      }
      let fingerprint = fingerprints[index]
      var slot = find(fingerprint)
      while slot >= 0 {
        if slots[slot].position >= first { return index }
        slot = find(fingerprint, after: slot)
      }
      insert(fingerprint, position + UInt64(index))
    }
    return fingerprints.count
  }

  private mutating func reserve(_ more: Int) {
    while (count + more) * 3 >= homes * 2 { grow() }
  }

  /// The first slot at or after `start` that holds `fingerprint`, or -1. `start` is -1 for the first.
  @inline(__always)
  borrowing func find(_ fingerprint: UInt64, after start: Int = -1) -> Int {
    var slot = start < 0 ? home(fingerprint) : start + 1
    while slots[slot].position != Self.empty {
      if slots[slot].fingerprint == fingerprint { return slot }
      slot += 1
    }
    return -1
  }

  @inline(__always)
  borrowing func position(inSlot slot: Int) -> UInt64 { slots[slot].position }

  @inline(__always)
  mutating func insert(_ fingerprint: UInt64, _ position: UInt64) {
    if count * 3 >= homes * 2 { grow() }
    while !place(Entry(fingerprint: fingerprint, position: position)) { grow() }
    count += 1
  }

  /// False where the entry would need the table's last slot, which stays empty to end every search.
  @inline(__always)
  private func place(_ entry: Entry) -> Bool {
    var slot = home(entry.fingerprint)
    while slots[slot].position != Self.empty { slot += 1 }
    guard slot < homes + Self.overhang - 1 else { return false }
    slots[slot] = entry
    return true
  }

  private mutating func grow() {
    let old = slots
    let oldCount = homes + Self.overhang
    homes *= 2
    slots = Self.allocate(homes)
    for slot in 0..<oldCount where old[slot].position != Self.empty {
      guard place(old[slot]) else { preconditionFailure("fingerprints are not uniform: a doubled table overflows") }
    }
    old.deallocate()
  }

  /// Takes out every entry before position `end`, sorted by fingerprint, then position.
  mutating func extract(before end: UInt64) -> [Entry] {
    var taken: [Entry] = []
    taken.reserveCapacity(count)
    var kept: [Entry] = []
    for slot in 0..<homes + Self.overhang {
      let entry = slots[slot]
      if entry.position == Self.empty { continue }
      if entry.position < end { taken.append(entry) } else { kept.append(entry) }
    }
    taken.withUnsafeMutableBufferPointer { Self.sortNearlySorted($0) }
    // As many are likely to come again before the next time: growing to that size once more would move them all often.
    slots.update(repeating: Entry(fingerprint: 0, position: Self.empty), count: homes + Self.overhang)
    count = 0
    for entry in kept { insert(entry.fingerprint, entry.position) }
    return taken
  }

  /// Insertion sort: an entry is at most a cluster away from its place.
  private static func sortNearlySorted(_ entries: UnsafeMutableBufferPointer<Entry>) {
    for index in entries.indices.dropFirst() {
      let entry = entries[index]
      var at = index
      while at > 0, isOrdered(entry, before: entries[at - 1]) {
        entries[at] = entries[at - 1]
        at -= 1
      }
      entries[at] = entry
    }
  }

  @inline(__always)
  private static func isOrdered(_ a: Entry, before b: Entry) -> Bool {
    a.fingerprint != b.fingerprint ? a.fingerprint < b.fingerprint : a.position < b.position
  }
}
