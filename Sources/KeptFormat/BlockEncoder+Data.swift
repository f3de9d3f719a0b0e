/// Sorts the entries of a block's `data` into columns, one for each key and type, and writes them.
final class DataColumnEncoder {
  private struct Column {
    var key: ByteSlice
    var type: DataType
    var entryCount = 0
    var start = 0
  }

  private let keys = StringInterner()
  private let values = StringInterner()
  /// By 8 × key code + type: 1 + the column's number in `columns`, 0 for none yet.
  private let columnOf = Scratch<UInt32>()
  private let entryColumns = Scratch<UInt32>()
  private let entryRows = Scratch<UInt32>()
  private let sortedRows = Scratch<UInt32>()
  private let sortedEntries = Scratch<UInt32>()
  private let columnRows = Scratch<UInt32>()
  private var columns: [Column] = []

  func encode(_ block: BlockEncoder) {
    let entryCount = collect(block.input)
    sort(entryCount, block.input)
    let (own, shared) = choose(block.input.bytes)
    for number in own { encode(columns[number], block) }
    if !shared.isEmpty { encodeOthers(shared, block) }
  }

  /// Numbers the columns and finds each entry's.
  private func collect(_ input: BlockRows) -> Int {
    var total = 0
    for i in 0..<input.count { total += Int(input.entries.pointer[i].count) }
    columns.removeAll(keepingCapacity: true)
    keys.begin(input.bytes)
    columnOf.count = 0
    let ofEntry = entryColumns.room(total)
    let rowOf = entryRows.room(total)
    var at = 0
    for i in 0..<input.count {
      for index in input.entries.pointer[i].indices {
        let key = input.data[index].key
        let type = input.data[index].type
        let slot = Int(keys.code(key)) * 8 + Int(type.rawValue)
        while columnOf.count <= slot { columnOf.append(0) }
        if columnOf.pointer[slot] == 0 {
          columns.append(Column(key: key, type: type))
          columnOf.pointer[slot] = UInt32(columns.count)
        }
        let number = columnOf.pointer[slot] - 1
        columns[Int(number)].entryCount += 1
        ofEntry[at] = number
        rowOf[at] = UInt32(i)
        at += 1
      }
    }
    return total
  }

  /// Brings the entries into the order of their columns, and of their rows within.
  private func sort(_ entryCount: Int, _ input: BlockRows) {
    var start = 0
    for number in columns.indices {
      columns[number].start = start
      start += columns[number].entryCount
    }
    var next = columns.map(\.start)
    let rows = sortedRows.room(entryCount)
    let entries = sortedEntries.room(entryCount)
    var at = 0
    for i in 0..<input.count {
      for index in input.entries.pointer[i].indices {
        let number = Int(entryColumns.pointer[at])
        rows[next[number]] = UInt32(i)
        entries[next[number]] = UInt32(index)
        next[number] += 1
        at += 1
      }
    }
  }

  /// The columns in the order of canonical JSON; where there are too many, the fullest stand by themselves.
  private func choose(_ bytes: UnsafePointer<UInt8>) -> (own: [Int], shared: [Int]) {
    func precedes(_ a: Int, _ b: Int) -> Bool {
      let order = KeyOrder.compare(bytes, columns[a].key, columns[b].key)
      return order != 0 ? order < 0 : columns[a].type.rawValue < columns[b].type.rawValue
    }
    let all = columns.indices.sorted(by: precedes)
    guard all.count > LogFormat.dataColumnCountMax else { return (all, []) }
    let fullest = all.sorted {
      columns[$0].entryCount != columns[$1].entryCount
        ? columns[$0].entryCount > columns[$1].entryCount : precedes($0, $1)
    }
    let own = Set(fullest.prefix(LogFormat.dataColumnCountMax))
    return (all.filter(own.contains), all.filter { !own.contains($0) })
  }

  private func encode(_ column: Column, _ block: BlockEncoder) {
    let rows = columnRows
    rows.room(column.entryCount).update(from: sortedRows.pointer + column.start, count: column.entryCount)
    let entries = sortedEntries.pointer + column.start
    let data = block.input.data
    let count = column.entryCount
    block.column(.data, type: column.type, key: block.string(column.key)) { sink in
      switch column.type {
      case .integer, .decimal:
        block.encodePresence(rows, to: &sink)
        let mantissas = block.values.room(count)
        let scales = block.moreValues.room(count)
        for i in 0..<count {
          mantissas[i] = data[Int(entries[i])].number.mantissa
          scales[i] = Int64(data[Int(entries[i])].number.scale)
        }
        block.encodeNumbers(mantissas, scales, rows: rows, to: &sink)
      case .boolean:
        let codes = block.rowCodes.filled(block.input.count, 0)
        for i in 0..<count { codes[Int(rows.pointer[i])] = data[Int(entries[i])].number.mantissa == 0 ? 1 : 2 }
        block.codes.encode(codes, count: block.input.count, parents: [block.kindParent], to: &sink)
      case .string, .json:
        encodeStrings(rows, entries, count: count, block, to: &sink)
      case .sealed:
        block.encodePresence(rows, to: &sink)
        let slices = block.slices.room(count)
        for i in 0..<count { slices[i] = data[Int(entries[i])].bytes }
        block.appendCommitments(slices, count: count, to: &sink)
      }
    }
  }

  private func encodeStrings(
    _ rows: Scratch<UInt32>, _ entries: UnsafePointer<UInt32>, count: Int, _ block: BlockEncoder,
    to sink: inout ByteSink
  ) {
    let interner = values
    interner.begin(block.input.bytes)
    let codes = block.rowCodes.filled(block.input.count, 0)
    let slices = block.slices.room(count)
    for i in 0..<count {
      slices[i] = block.input.data[Int(entries[i])].bytes
      codes[Int(rows.pointer[i])] = interner.code(slices[i])
    }
    if interner.count * 2 <= count {
      sink.append(DataStringForm.dictionary)
      block.encodeDictionary(interner, to: &sink)
      block.codes.encode(codes, count: block.input.count, parents: [block.kindParent], to: &sink)
    } else {
      sink.append(DataStringForm.each)
      block.encodePresence(rows, to: &sink)
      block.strings.encode(block.input.bytes, slices, count: count, to: &sink)
    }
  }

  /// The column of the keys beyond the limit: how many a row has, then their keys, types and values one after another.
  private func encodeOthers(_ shared: [Int], _ block: BlockEncoder) {
    let isShared = columnOf.filled(columns.count, 0)
    for (order, number) in shared.enumerated() { isShared[number] = UInt32(order + 1) }
    block.column(.otherData) { sink in
      let counts = block.rowCodes.filled(block.input.count, 0)
      let total = shared.reduce(0) { $0 + columns[$1].entryCount }
      let chosen = sortedEntries.room(total)
      let names = block.groupCodes.room(total)
      var at = 0
      var taken = 0
      for i in 0..<block.input.count {
        for index in block.input.entries.pointer[i].indices {
          let name = isShared[Int(entryColumns.pointer[at])]
          at += 1
          if name == 0 { continue }
          counts[i] += 1
          chosen[taken] = UInt32(index)
          names[taken] = name
          taken += 1
        }
      }
      block.codes.encode(UnsafePointer(counts), count: block.input.count, to: &sink)
      sink.append(varint: shared.count)
      let keySlices = block.slices.room(shared.count)
      for (order, number) in shared.enumerated() {
        keySlices[order] = columns[number].key
        sink.append(columns[number].type.rawValue)
      }
      block.strings.encode(block.input.bytes, keySlices, count: shared.count, to: &sink)
      block.codes.encode(names, count: total, to: &sink)
      encodeValues(chosen, count: total, block, to: &sink)
    }
  }

  private func encodeValues(
    _ entries: UnsafePointer<UInt32>, count: Int, _ block: BlockEncoder, to sink: inout ByteSink
  ) {
    let mantissas = block.values.room(count)
    let scales = block.moreValues.room(count)
    let slices = block.slices.room(count)
    var numberCount = 0
    var sliceCount = 0
    for i in 0..<count {
      let entry = block.input.data[Int(entries[i])]
      switch entry.type {
      case .integer, .decimal, .boolean:
        mantissas[numberCount] = entry.number.mantissa
        scales[numberCount] = Int64(entry.number.scale)
        numberCount += 1
      case .string, .json, .sealed:
        slices[sliceCount] = entry.bytes
        sliceCount += 1
      }
    }
    block.ints.encode(scales, count: numberCount, to: &sink)
    block.ints.encode(mantissas, count: numberCount, to: &sink)
    block.strings.encode(block.input.bytes, slices, count: sliceCount, to: &sink)
  }
}

enum DataStringForm {
  static let each: UInt8 = 0
  static let dictionary: UInt8 = 1
}

/// The order of keys in canonical JSON: by UTF-16 code units, which is that of UTF-8 but for characters beyond U+FFFF.
enum KeyOrder {
  static func compare(_ bytes: UnsafePointer<UInt8>, _ a: ByteSlice, _ b: ByteSlice) -> Int {
    let first = bytes + Int(a.offset)
    let second = bytes + Int(b.offset)
    for i in 0..<Int(min(a.count, b.count)) where first[i] != second[i] {
      // A lead byte of 0xf0 and up becomes a surrogate, which comes before U+E000 … U+FFFF.
      let isSurrogate = (first[i] >= 0xf0, second[i] >= 0xf0)
      if isSurrogate.0 != isSurrogate.1 && min(first[i], second[i]) >= 0xee { return isSurrogate.0 ? -1 : 1 }
      return Int(first[i]) - Int(second[i])
    }
    return Int(a.count) - Int(b.count)
  }
}
