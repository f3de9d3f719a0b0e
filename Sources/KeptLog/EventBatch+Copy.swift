import KeptFormat

extension EventBatch {
  /// Appends a copy of one row of another batch, with the bytes it points to and no others.
  func append(row: EventRow, of other: EventBatch) {
    var copy = row
    // The arena leaves the object while it grows, so that no slice pays for an exclusivity check.
    var arena: [UInt8] = []
    swap(&arena, &bytes)
    other.bytes.withUnsafeBufferPointer { source in
      func move(_ slice: inout ByteSlice) {
        guard slice.isPresent else { return }
        let range = Int(slice.offset)..<Int(slice.offset) + Int(slice.count)
        slice.offset = UInt32(arena.count)
        arena.append(contentsOf: UnsafeBufferPointer(rebasing: source[range]))
      }
      for field in 0..<TextField.count { move(&copy.fields[field]) }
      move(&copy.customerName)
      move(&copy.otherCustomerName)
      copy.dataStart = UInt32(data.count)
      for index in Int(row.dataStart)..<Int(row.dataStart) + Int(row.dataCount) {
        var entry = other.data[index]
        move(&entry.key)
        move(&entry.bytes)
        data.append(entry)
      }
    }
    swap(&arena, &bytes)
    rows.append(copy)
  }

  /// Appends rows of another batch by taking over its whole arena: faster where most of the arena belongs to them.
  func append(rows range: Range<Int>, sharingArenaOf other: EventBatch) {
    let shift = appendArena(of: other)
    append(rows: range, of: other, shiftedBy: shift)
  }

  /// How far the arena and the entries of a batch moved when they were appended to those of another.
  struct ArenaShift {
    var bytes: UInt32
    var data: UInt32
  }

  /// Appends all bytes and entries of another batch, but none of its rows.
  func appendArena(of other: EventBatch) -> ArenaShift {
    let shift = ArenaShift(bytes: UInt32(bytes.count), data: UInt32(data.count))
    bytes.append(contentsOf: other.bytes)
    for entry in other.data {
      var moved = entry
      moved.key.offset &+= shift.bytes
      moved.bytes.offset &+= moved.bytes.isPresent ? shift.bytes : 0
      data.append(moved)
    }
    return shift
  }

  /// Appends rows of a batch whose arena was appended.
  func append(rows range: Range<Int>, of other: EventBatch, shiftedBy shift: ArenaShift) {
    let first = rows.count
    other.rows.withUnsafeBufferPointer { rows.append(contentsOf: $0[range]) }
    rows.withUnsafeMutableBufferPointer { copies in
      for index in first..<copies.count {
        let row = copies.baseAddress! + index
        for field in 0..<TextField.count { row.pointee.fields[field].offset &+= shift.bytes }
        row.pointee.customerName.offset &+= shift.bytes
        row.pointee.otherCustomerName.offset &+= shift.bytes
        row.pointee.dataStart &+= shift.data
      }
    }
  }

  /// The bytes that a row points to.
  func byteCount(ofRow index: Int) -> Int {
    let row = rows[index]
    var byteCount = 0
    func add(_ slice: ByteSlice) { byteCount += slice.isPresent ? Int(slice.count) : 0 }
    for field in 0..<TextField.count { add(row.fields[field]) }
    add(row.customerName)
    add(row.otherCustomerName)
    for entry in data[Int(row.dataStart)..<Int(row.dataStart) + Int(row.dataCount)] {
      add(entry.key)
      add(entry.bytes)
    }
    return byteCount
  }

  func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    rows.removeAll(keepingCapacity: true)
    data.removeAll(keepingCapacity: true)
  }
}
