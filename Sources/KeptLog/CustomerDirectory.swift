import CInstructions
import KeptFormat

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Numbers by external customer id, for the writer: names and an open-addressed table of their fingerprints.
struct CustomerDirectory: ~Copyable {
  private(set) var names: CustomerNames
  /// High half: a fingerprint's low 32 bits; low half: the number; 0 is empty.
  private var slots: UnsafeMutablePointer<UInt64>
  private var capacity: Int
  private let fingerprint: SipHash

  init(_ names: CustomerNames, fingerprint: SipHash) {
    self.names = names
    self.fingerprint = fingerprint
    capacity = 1 << 12
    while capacity < names.count * 2 { capacity *= 2 }
    slots = Self.allocate(capacity)
    fill()
  }

  deinit { slots.deallocate() }

  var count: Int { names.count }

  private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<UInt64> {
    let slots = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity)
    slots.initialize(repeating: 0, count: capacity)
    return slots
  }

  private mutating func fill() {
    names.bytes.withUnsafeBytes { bytes in
      for number in stride(from: 1, through: names.count, by: 1) {
        if names.unknown.contains(UInt32(number)) { continue }
        let name = Int(names.ends[number - 1])..<Int(names.ends[number])
        place(fingerprint.hash(UnsafeRawBufferPointer(rebasing: bytes[name])), UInt32(number))
      }
    }
  }

  @inline(__always)
  private func place(_ hash: UInt64, _ number: UInt32) {
    var slot = Int(truncatingIfNeeded: hash >> 32) & (capacity - 1)
    while slots[slot] != 0 { slot = (slot + 1) & (capacity - 1) }
    slots[slot] = hash << 32 | UInt64(number)
  }

  func hash(_ name: UnsafeRawBufferPointer) -> UInt64 { fingerprint.hash(name) }

  /// The number of `name`, whose `hash` is given; 0 where it has none. The newest number wins.
  @inline(__always)
  func number(_ name: UnsafeRawBufferPointer, hash: UInt64) -> UInt32 {
    var slot = Int(truncatingIfNeeded: hash >> 32) & (capacity - 1)
    var found: UInt32 = 0
    while slots[slot] != 0 {
      let entry = slots[slot]
      if entry >> 32 == hash & 0xFFFF_FFFF {
        let number = UInt32(truncatingIfNeeded: entry)
        if number > found, isName(number, name) { found = number }
      }
      slot = (slot + 1) & (capacity - 1)
    }
    return found
  }

  @inline(__always)
  private func isName(_ number: UInt32, _ name: UnsafeRawBufferPointer) -> Bool {
    let start = Int(names.ends[Int(number) - 1])
    let end = Int(names.ends[Int(number)])
    guard end - start == name.count else { return false }
    return names.bytes.withUnsafeBytes { bytes in
      guard let known = bytes.baseAddress, let name = name.baseAddress else { return true }
      return isEqual(known + start, name, end - start)
    }
  }

  /// The customers of an event, and which of them it introduces.
  struct Numbers {
    var customer: UInt32 = 0
    var other: UInt32 = 0
    var introducesCustomer = false
    var introducesOther = false
  }

  /// Numbers the customers of some rows, in order; new ones get a key.
  ///
  /// - Parameter hashes: of the customers' ids, by row.
  mutating func number(
    _ range: Range<Int>, of rows: UnsafeBufferPointer<EventRow>, _ bytes: UnsafeRawBufferPointer, _ hashes: [UInt64],
    keys: KeyTable, source: inout KeySource, into numbers: inout [Numbers]
  ) throws {
    for index in range {
      askAhead(hashes, index, range.upperBound)
      var found = Numbers()
      let row = rows.baseAddress! + index
      if row.pointee.customerName.isPresent {
        let name = row.pointee.customerName.text(in: bytes)
        found.customer = number(name, hash: hashes[index])
        if found.customer == 0 {
          found.customer = try introduce(name, hashes[index], keys, &source)
          found.introducesCustomer = true
        }
      }
      if row.pointee.otherCustomerName.isPresent {
        let name = row.pointee.otherCustomerName.text(in: bytes)
        let hash = hash(name)
        found.other = number(name, hash: hash)
        if found.other == 0 {
          found.other = try introduce(name, hash, keys, &source)
          found.introducesOther = true
        }
      }
      numbers.append(found)
    }
  }

  /// Asks for what the next rows will look at: the slot of one, where its name ends, and of a nearer one the name.
  @inline(__always)
  private func askAhead(_ hashes: [UInt64], _ index: Int, _ end: Int) {
    let (far, near) = (index + 24, index + 12)
    if far < end { kept_prefetch(slots + (Int(truncatingIfNeeded: hashes[far] >> 32) & (capacity - 1))) }
    guard near < end else { return }
    // Often the right slot, and if not, only the wrong thing was asked for.
    let number = Int(slots[Int(truncatingIfNeeded: hashes[near] >> 32) & (capacity - 1)] & 0xFFFF_FFFF)
    guard number > 0 else { return }
    let start = Int(names.ends[number - 1])
    names.bytes.withUnsafeBufferPointer { kept_prefetch($0.pointer + start) }
  }

  private mutating func introduce(
    _ name: UnsafeRawBufferPointer, _ hash: UInt64, _ keys: KeyTable, _ source: inout KeySource
  ) throws -> UInt32 {
    keys.append(try source.next())
    return add(name, hash: hash)
  }

  /// Whether the numbers and the names' offsets suffice even if every customer of a batch is new.
  func hasRoom(for batch: EventBatch) -> Bool {
    names.count + 2 * batch.rows.count < Int(UInt32.max) && names.bytes.count + batch.bytes.count < Int(UInt32.max)
  }

  /// Gives `name` the next number.
  ///
  /// - Precondition: there is room for it.
  mutating func add(_ name: UnsafeRawBufferPointer, hash: UInt64) -> UInt32 {
    names.append(name)
    let number = UInt32(names.count)
    if names.count * 2 > capacity {
      slots.deallocate()
      capacity *= 2
      slots = Self.allocate(capacity)
      fill()
    } else {
      place(hash, number)
    }
    return number
  }
}

extension ByteSlice {
  /// The bytes of a slice that is present, in its arena.
  @inline(__always)
  func text(in arena: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: arena.baseAddress.map { $0 + Int(offset) }, count: Int(count))
  }
}

/// memcmp for texts that are shorter than a call is worth.
@inline(__always)
private func isEqual(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Bool {
  guard count >= 8 else { return memcmp(a, b, count) == 0 }
  var at = 0
  while at &+ 8 < count {
    if word(a, at) != word(b, at) { return false }
    at &+= 8
  }
  // The last word again where it overlaps what is done.
  return word(a, count &- 8) == word(b, count &- 8)
}

@inline(__always)
private func word(_ bytes: UnsafeRawPointer, _ at: Int) -> UInt64 {
  bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)
}
