/// Numbers by 64-bit key, for loops that look one up for every touch.
///
/// Open addressing over one array of keys and values, at most half full.
final class CellTable {
  struct Slot {
    /// 0: empty.
    var key: UInt64
    var value: UInt64
  }

  private(set) var count = 0
  private var slots: UnsafeMutablePointer<Slot>
  private var shift: UInt64

  init() {
    shift = 64 - 10
    slots = .allocate(capacity: 1 << 10)
    slots.initialize(repeating: Slot(key: 0, value: 0), count: 1 << 10)
  }

  deinit { slots.deallocate() }

  private var capacity: Int { 1 << Int(64 - shift) }

  /// Where the value of a key stands, 0 at first; until the next call.
  ///
  /// - Precondition: the key is not 0.
  @inline(__always)
  func value(_ key: UInt64) -> UnsafeMutablePointer<UInt64> {
    var place = Int((key &* 0x9E37_79B9_7F4A_7C15) &>> shift)
    while true {
      let slot = slots + place
      if slot.pointee.key == key { return Self.value(slot) }
      if slot.pointee.key == 0 { break }
      place = (place &+ 1) & (capacity - 1)
    }
    return insert(key, place)
  }

  @inline(never)
  private func insert(_ key: UInt64, _ place: Int) -> UnsafeMutablePointer<UInt64> {
    count += 1
    if count * 2 <= capacity {
      slots[place].key = key
      return Self.value(slots + place)
    }
    let (old, oldCapacity) = (slots, capacity)
    shift -= 2
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: Slot(key: 0, value: 0), count: capacity)
    for place in 0..<oldCapacity where old[place].key != 0 { slots[free(old[place].key)] = old[place] }
    old.deallocate()
    let new = free(key)
    slots[new].key = key
    return Self.value(slots + new)
  }

  private func free(_ key: UInt64) -> Int {
    var place = Int((key &* 0x9E37_79B9_7F4A_7C15) &>> shift)
    while slots[place].key != 0 { place = (place + 1) & (capacity - 1) }
    return place
  }

  private static func value(_ slot: UnsafeMutablePointer<Slot>) -> UnsafeMutablePointer<UInt64> {
    UnsafeMutableRawPointer(slot).advanced(by: MemoryLayout<Slot>.offset(of: \.value)!)
      .assumingMemoryBound(to: UInt64.self)
  }

  /// Every key with its value, in no order.
  func each(_ body: (_ key: UInt64, _ value: UInt64) -> Void) {
    for place in 0..<capacity where slots[place].key != 0 { body(slots[place].key, slots[place].value) }
  }
}
