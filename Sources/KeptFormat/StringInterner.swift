/// Gives equal strings of a batch equal codes, 1 and up in order of first appearance; 0 is "absent".
///
/// Open addressing over memory that is kept: nothing is allocated per string. Strings of up to 16 bytes are compared in
/// registers. The hash is fixed, since blocks must be the same on every machine.
final class StringInterner {
  private struct Entry: BitwiseCopyable {
    var low: UInt64
    var high: UInt64
    var slice: ByteSlice
  }

  private let entries = Scratch<Entry>(capacity: 64)
  private let table = Scratch<UInt32>(capacity: 256)
  private let slices = Scratch<ByteSlice>()
  private let order = Scratch<UInt32>()
  private var isReordered = false
  private var mask = 255
  private var bytes = UnsafePointer<UInt8>(bitPattern: 1)!

  /// How many distinct strings there are.
  private(set) var count = 0

  /// Forgets everything; the strings to come are slices of `bytes`.
  func begin(_ bytes: UnsafePointer<UInt8>) {
    self.bytes = bytes
    count = 0
    isReordered = false
    _ = table.filled(mask + 1, 0)
  }

  /// The strings known so far and those to come are at the same offsets of `bytes`.
  func rebase(_ bytes: UnsafePointer<UInt8>) { self.bytes = bytes }

  /// The code of one string.
  func code(_ slice: ByteSlice) -> UInt32 {
    var code: UInt32 = 0
    withUnsafePointer(to: slice) { codes($0, count: 1, into: &code) }
    return code
  }

  /// The codes of `stringCount` strings; their bytes are in the batch.
  func codes(_ strings: UnsafePointer<ByteSlice>, count stringCount: Int, into out: UnsafeMutablePointer<UInt32>) {
    var slots = table.pointer
    var known = entries.pointer
    var mask = mask
    let bytes = bytes
    for i in 0..<stringCount {
      let slice = strings[i]
      if slice.isAbsent {
        out[i] = 0
        continue
      }
      let length = Int(slice.count)
      let start = UnsafeRawPointer(bytes + Int(slice.offset))
      let (low, high) = slice.offset >= 8 ? Self.ends(start, length) : Self.endsAtFront(start, length)
      var at = length <= 16 ? Self.mix(low, high, length) : Self.hash(start, length)
      while true {
        at &= mask
        let code = slots[at]
        if code == 0 {
          out[i] = insert(Entry(low: low, high: high, slice: slice), at: at)
          slots = table.pointer
          known = entries.pointer
          mask = self.mask
          break
        }
        let entry = known + Int(code - 1)
        if entry.pointee.low == low && entry.pointee.high == high && entry.pointee.slice.count == slice.count {
          if length <= 16 || isEqual(entry.pointee.slice, start, length) {
            out[i] = code
            break
          }
        }
        at &+= 1
      }
    }
  }

  @inline(never)
  private func isEqual(_ slice: ByteSlice, _ start: UnsafeRawPointer, _ length: Int) -> Bool {
    let other = UnsafeRawPointer(bytes + Int(slice.offset))
    var at = 0
    while at + 8 <= length {
      let a = start.loadUnaligned(fromByteOffset: at, as: UInt64.self)
      if a != other.loadUnaligned(fromByteOffset: at, as: UInt64.self) { return false }
      at += 8
    }
    // The last eight bytes were compared as `high`.
    return true
  }

  @inline(never)
  private func insert(_ entry: Entry, at slot: Int) -> UInt32 {
    entries.count = count
    entries.append(entry)
    count += 1
    table.pointer[slot] = UInt32(count)
    if count * 2 > mask { rehash() }
    return UInt32(count)
  }

  private func rehash() {
    mask = mask * 4 + 3
    let slots = table.filled(mask + 1, 0)
    for index in 0..<count {
      let entry = entries.pointer[index]
      let length = Int(entry.slice.count)
      let start = UnsafeRawPointer(bytes + Int(entry.slice.offset))
      var at = length <= 16 ? Self.mix(entry.low, entry.high, length) : Self.hash(start, length)
      at &= mask
      while slots[at] != 0 { at = (at + 1) & mask }
      slots[at] = UInt32(index + 1)
    }
  }

  /// The first and the last eight bytes: with the length, all there is of a string of up to 16 bytes. Of a shorter one
  /// both are the whole.
  ///
  /// Lengths change from text to text, so no branch asks for them: the eight bytes before `start` must be readable.
  @inline(__always)
  private static func ends(_ start: UnsafeRawPointer, _ length: Int) -> (low: UInt64, high: UInt64) {
    let missing = max(0, 8 &- length)
    let shift = UInt64(truncatingIfNeeded: 8 &* missing)
    let low = UInt64(littleEndian: start.loadUnaligned(fromByteOffset: 0 &- missing, as: UInt64.self))
    let high = UInt64(littleEndian: start.loadUnaligned(fromByteOffset: length &- 8, as: UInt64.self))
    return (low >> shift, high >> shift)
  }

  /// The same for a string with nothing before it.
  @inline(never)
  private static func endsAtFront(_ start: UnsafeRawPointer, _ length: Int) -> (low: UInt64, high: UInt64) {
    if length >= 8 { return ends(start, length) }
    var word: UInt64 = 0
    for at in (0..<length).reversed() { word = word << 8 | UInt64(start.load(fromByteOffset: at, as: UInt8.self)) }
    return (word, word)
  }

  @inline(__always)
  private static func mix(_ low: UInt64, _ high: UInt64, _ length: Int) -> Int {
    let product = (low ^ 0x9e37_79b9_7f4a_7c15).multipliedFullWidth(by: high ^ 0xa076_1d64_78bd_642f &+ UInt64(length))
    return Int(truncatingIfNeeded: product.high ^ product.low)
  }

  private static func hash(_ start: UnsafeRawPointer, _ length: Int) -> Int {
    var state = UInt64(length)
    var at = 0
    while at + 8 <= length {
      let word = start.loadUnaligned(fromByteOffset: at, as: UInt64.self)
      state = UInt64(bitPattern: Int64(mix(word, state, at)))
      at += 8
    }
    let tail = start.loadUnaligned(fromByteOffset: length - 8, as: UInt64.self)
    return mix(tail, state, length)
  }

  /// The strings by code, the first with code 1; valid until the next call.
  func distinct() -> UnsafePointer<ByteSlice> {
    let out = slices.room(count)
    let known = entries.pointer
    if isReordered {
      let order = order.pointer
      for i in 0..<count { out[i] = known[Int(order[i] - 1)].slice }
    } else {
      for i in 0..<count { out[i] = known[i].slice }
    }
    return UnsafePointer(out)
  }

  /// Makes `order[i]` the code i + 1 of `distinct`; no more codes are given until `begin`.
  func reorder(_ newOrder: UnsafePointer<UInt32>) {
    order.room(count).update(from: newOrder, count: count)
    isReordered = true
  }
}

/// Gives each distinct number of a block a code and, once all are known, its rank among them.
final class NumberInterner {
  private let keys = Scratch<UInt32>()
  private let codes = Scratch<UInt32>()
  private let distinct = Scratch<UInt32>()
  private let ranks = Scratch<UInt32>()
  private let order = Scratch<UInt64>()
  private(set) var count = 0

  /// Replaces each non-zero number in `values` by 1 + its rank among the distinct ones.
  ///
  /// - Returns: the distinct numbers, ascending.
  func rank(_ values: UnsafeMutablePointer<UInt32>, count valueCount: Int) -> UnsafePointer<UInt32> {
    // Twice as many slots as there can be keys.
    var slotCount = 256
    while slotCount < valueCount * 2 { slotCount *= 2 }
    let keys = keys.filled(slotCount, 0)
    let codes = codes.room(slotCount)
    let distinct = distinct.room(valueCount)
    let shift = UInt32(32 - slotCount.trailingZeroBitCount)
    count = 0
    for i in 0..<valueCount {
      let value = values[i]
      if value == 0 { continue }
      var at = Int((value &* 0x9e37_79b1) &>> shift)
      while keys[at] != value && keys[at] != 0 { at = (at + 1) & (slotCount - 1) }
      if keys[at] == 0 {
        keys[at] = value
        codes[at] = UInt32(count)
        distinct[count] = value
        count += 1
      }
      values[i] = codes[at] + 1
    }
    // Sort (number, code) pairs, then turn codes into ranks.
    let pairs = order.room(count)
    for code in 0..<count { pairs[code] = UInt64(distinct[code]) << 32 | UInt64(code) }
    var sortable = UnsafeMutableBufferPointer(start: pairs, count: count)
    sortable.sort()
    let ranks = ranks.room(count + 1)
    ranks[0] = 0
    for rank in 0..<count {
      ranks[Int(pairs[rank] & 0xffff_ffff) + 1] = UInt32(rank + 1)
      distinct[rank] = UInt32(pairs[rank] >> 32)
    }
    for i in 0..<valueCount { values[i] = ranks[Int(values[i])] }
    return UnsafePointer(distinct)
  }
}
