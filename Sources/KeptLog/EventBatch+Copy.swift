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
    let shift = UInt32(bytes.count)
    bytes.append(contentsOf: other.bytes)
    let dataShift = UInt32(data.count)
    data.reserveCapacity(data.count + other.data.count)
    for entry in other.data {
      var moved = entry
      moved.key.offset &+= shift
      moved.bytes.offset &+= moved.bytes.isPresent ? shift : 0
      data.append(moved)
    }
    rows.reserveCapacity(rows.count + range.count)
    other.rows.withUnsafeBufferPointer { source in
      for index in range {
        var row = source[index]
        for field in 0..<TextField.count { row.fields[field].offset &+= shift }
        row.customerName.offset &+= shift
        row.otherCustomerName.offset &+= shift
        row.dataStart &+= dataShift
        rows.append(row)
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
