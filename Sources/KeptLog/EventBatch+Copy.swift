import KeptFormat

extension EventBatch {
  /// Appends a copy of one row of another batch, with the bytes it points to and no others.
  func append(row: EventRow, of other: EventBatch) {
    var copy = row
    other.bytes.withUnsafeBufferPointer { arena in
      func moved(_ slice: ByteSlice) -> ByteSlice {
        guard slice.isPresent else { return slice }
        let fresh = ByteSlice(bytes.count, Int(slice.count))
        bytes.append(contentsOf: arena[Int(slice.offset)..<Int(slice.offset) + Int(slice.count)])
        return fresh
      }
      for field in 0..<TextField.count { copy.fields[field] = moved(row.fields[field]) }
      copy.customerName = moved(row.customerName)
      copy.otherCustomerName = moved(row.otherCustomerName)
      copy.dataStart = UInt32(data.count)
      for index in Int(row.dataStart)..<Int(row.dataStart) + Int(row.dataCount) {
        var entry = other.data[index]
        entry.key = moved(entry.key)
        entry.bytes = moved(entry.bytes)
        data.append(entry)
      }
    }
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
