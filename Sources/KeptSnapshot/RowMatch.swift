/// A hash of the key of each row: rows with one key have one hash, in whatever table they stand.
enum RowHashes {
  static func hashes(_ columns: [ColumnData], rowCount: Int) -> [UInt64] {
    var hashes = [UInt64](repeating: 0x243F_6A88_85A3_08D3, count: rowCount)
    for column in columns {
      switch column.values {
      case .int64(let values): add(column, to: &hashes) { UInt64(bitPattern: values[$0]) }
      case .int32(let values): add(column, to: &hashes) { UInt64(bitPattern: Int64(values[$0])) }
      case .double(let values): add(column, to: &hashes) { values[$0].bitPattern }
      case .boolean(let values): add(column, to: &hashes) { values[$0] ? 1 : 0 }
      case .string(let strings):
        var known = [UInt64?](repeating: nil, count: strings.dictionary.count)
        add(column, to: &hashes) { row in
          let code = strings.codes[row]
          if let hash = known[Int(code)] { return hash }
          let hash = Self.hash(strings.dictionary[code])
          known[Int(code)] = hash
          return hash
        }
      }
    }
    return hashes
  }

  @inline(__always)
  private static func add(_ column: ColumnData, to hashes: inout [UInt64], _ value: (Int) -> UInt64) {
    for row in hashes.indices {
      let word = column.isNull(row) ? 0x9E37_79B9_7F4A_7C15 : value(row)
      var hash = (hashes[row] ^ word) &* 0xFF51_AFD7_ED55_8CCD
      hash ^= hash >> 33
      hashes[row] = hash &* 0xC4CE_B9FE_1A85_EC53 ^ hash >> 29
    }
  }

  /// FNV-1a.
  static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash
  }
}

/// Which rows of two tables are the same row. Where several have one key, the first is that of the first, and so on.
package struct RowMatch {
  /// The pairs, in the order of the new table.
  package private(set) var oldRows: [Int] = []
  package private(set) var newRows: [Int] = []
  /// Rows of the old table that the new one lacks, and the other way round; ascending.
  package private(set) var gone: [Int] = []
  package private(set) var new: [Int] = []

  /// - Parameter isSame: whether the keys of an old and a new row are equal; asked where their hashes are.
  init(_ old: [UInt64], _ new: [UInt64], isSame: (Int, Int) -> Bool) {
    oldRows.reserveCapacity(min(old.count, new.count))
    newRows.reserveCapacity(min(old.count, new.count))
    // Mostly the tables begin alike, or are alike.
    var start = 0
    while start < min(old.count, new.count), old[start] == new[start], isSame(start, start) {
      oldRows.append(start)
      newRows.append(start)
      start += 1
    }
    // By hash, the first row that has no partner yet; from each row the next one of that hash.
    var first: [UInt64: Int] = [:]
    var next = [Int](repeating: -1, count: old.count - start)
    for row in (start..<old.count).reversed() {
      next[row - start] = first.updateValue(row, forKey: old[row]) ?? -1
    }
    var isMatched = [Bool](repeating: false, count: old.count - start)
    for row in start..<new.count {
      var candidate = first[new[row]] ?? -1
      while candidate >= 0, isMatched[candidate - start] || !isSame(candidate, row) { candidate = next[candidate - start] }
      guard candidate >= 0 else {
        self.new.append(row)
        continue
      }
      isMatched[candidate - start] = true
      if first[new[row]] == candidate { first[new[row]] = next[candidate - start] }
      oldRows.append(candidate)
      newRows.append(row)
    }
    gone = (start..<old.count).filter { !isMatched[$0 - start] }
  }
}
