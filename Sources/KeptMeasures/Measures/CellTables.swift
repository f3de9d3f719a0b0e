/// Numbers by pattern (or tally), month, grain and entity, for a loop that looks up several for every touch.
///
/// Each pattern has a small table a month, so that the entities of one touch are found in neighbouring memory. Open
/// addressing, at most half full.
final class CellTables {
  struct Key {
    var number: Int
    /// 12 · year + month.
    var month: Int
    var grain: MeasureGrain
    var entity: UInt32
  }

  struct Table {
    fileprivate var slots: UnsafeMutablePointer<Slot>?
    fileprivate var bits: UInt64 = 0
    fileprivate var count = 0
  }

  fileprivate struct Slot {
    /// One more than grain and entity; 0: empty.
    var key: UInt64
    var value: UInt64
  }

  private let lowMonth: Int
  private let monthCount: Int
  private var tables: UnsafeMutablePointer<Table>
  private var numberCount = 0

  /// - Parameter months: those that touches can have.
  init(months: ClosedRange<Int>) {
    lowMonth = months.lowerBound
    monthCount = months.count
    tables = .allocate(capacity: 1)
  }

  deinit {
    for place in 0..<numberCount * monthCount { tables[place].slots?.deallocate() }
    tables.deallocate()
  }

  /// The table of a pattern and month, until the next call.
  @inline(__always)
  func table(_ number: Int, _ month: Int) -> UnsafeMutablePointer<Table> {
    if number >= numberCount { grow(beyond: number) }
    return tables + (number &* monthCount &+ month &- lowMonth)
  }

  private func grow(beyond number: Int) {
    let count = max(16, number + 1, numberCount * 2)
    let new = UnsafeMutablePointer<Table>.allocate(capacity: count * monthCount)
    new.moveInitialize(from: tables, count: numberCount * monthCount)
    (new + numberCount * monthCount).initialize(repeating: Table(), count: (count - numberCount) * monthCount)
    tables.deallocate()
    tables = new
    numberCount = count
  }

  /// Every key with its value, in no order.
  func each(_ body: (_ key: Key, _ value: UInt64) -> Void) {
    for place in 0..<numberCount * monthCount {
      let table = tables[place]
      guard let slots = table.slots else { continue }
      for slot in 0..<1 << Int(table.bits) where slots[slot].key != 0 {
        let key = slots[slot].key - 1
        body(
          Key(
            number: place / monthCount, month: lowMonth + place % monthCount,
            grain: MeasureGrain(rawValue: Int(key >> 32))!, entity: UInt32(truncatingIfNeeded: key)),
          slots[slot].value)
      }
    }
  }
}

extension UnsafeMutablePointer<CellTables.Table> {
  /// Where the value of an entity stands, 0 at first; until the next call.
  @inline(__always)
  func value(_ grain: MeasureGrain, _ entity: UInt32) -> UnsafeMutablePointer<UInt64> {
    let key = (UInt64(truncatingIfNeeded: grain.rawValue) &<< 32 | UInt64(entity)) &+ 1
    if let slots = pointee.slots {
      let mask = 1 &<< Int(pointee.bits) &- 1
      var place = Self.place(key, pointee.bits)
      while true {
        let slot = slots + place
        if slot.pointee.key == key { return Self.value(slot) }
        if slot.pointee.key == 0 { break }
        place = (place &+ 1) & mask
      }
    }
    return insert(key)
  }

  @inline(never)
  private func insert(_ key: UInt64) -> UnsafeMutablePointer<UInt64> {
    pointee.count += 1
    if pointee.slots == nil || pointee.count * 2 > 1 << Int(pointee.bits) {
      let (old, oldCount) = (pointee.slots, pointee.slots == nil ? 0 : 1 << Int(pointee.bits))
      pointee.bits = old == nil ? 3 : pointee.bits + 1
      let slots = UnsafeMutablePointer<CellTables.Slot>.allocate(capacity: 1 << Int(pointee.bits))
      slots.initialize(repeating: CellTables.Slot(key: 0, value: 0), count: 1 << Int(pointee.bits))
      pointee.slots = slots
      for place in 0..<oldCount where old![place].key != 0 { slots[free(old![place].key)] = old![place] }
      old?.deallocate()
    }
    let new = pointee.slots! + free(key)
    new.pointee.key = key
    return Self.value(new)
  }

  private func free(_ key: UInt64) -> Int {
    var place = Self.place(key, pointee.bits)
    while pointee.slots![place].key != 0 { place = (place + 1) & (1 << Int(pointee.bits) - 1) }
    return place
  }

  @inline(__always)
  private static func place(_ key: UInt64, _ bits: UInt64) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) &>> (64 &- bits))
  }

  @inline(__always)
  private static func value(_ slot: UnsafeMutablePointer<CellTables.Slot>) -> UnsafeMutablePointer<UInt64> {
    UnsafeMutableRawPointer(slot).advanced(by: MemoryLayout<CellTables.Slot>.offset(of: \.value)!)
      .assumingMemoryBound(to: UInt64.self)
  }
}
