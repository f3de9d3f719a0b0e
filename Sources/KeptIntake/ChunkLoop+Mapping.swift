import KeptFormat

extension ChunkLoop {
  /// Rows of CSV; `places` says where each column that the mapping reads stands in a record of `columnCount` cells.
  mutating func parseMappedCSV(_ mapping: Mapping, places: [Int], columnCount: Int) {
    var cells = CSVCells(
      columnCount: columnCount, delimiter: mapping.delimiter, chunk: builder.chunk, byteCount: builder.chunkByteCount)
    var row = MappedRow(mapping, &builder)
    eachRecord(&cells) { loop, cells, start, end in
      for column in 0..<places.count { row.set(column, cells[places[column]], .string, loop.builder) }
      loop.makeEvents(&row, start, end)
    }
  }

  /// Rows that are JSON objects, one a line; a column is a way into the object, as in `order.items.0.price`.
  mutating func parseMappedJSON(_ mapping: Mapping) {
    let ways = mapping.columns.map { $0.split(separator: ".", omittingEmptySubsequences: false).map(String.init) }
    var row = MappedRow(mapping, &builder)
    let end = builder.chunkByteCount
    var start = 0
    while start < end {
      let lineFeed = RecordSplitter.lineFeed(builder.chunk, from: start, to: end) ?? end
      if !isBlank(start, lineFeed) {
        do throws(RowFault) {
          let value = try jsonRow(start, lineFeed)
          for (column, way) in ways.enumerated() {
            let found = Self.find(mapping.columns[column], way, in: value)
            let (cell, type) = builder.cell(found)
            row.set(column, cell, type, builder)
          }
          makeEvents(&row, start, lineFeed)
        } catch {
          reject(error, start, lineFeed - start)
        }
      }
      start = lineFeed + 1
      line &+= 1
    }
  }

  private func jsonRow(_ start: Int, _ end: Int) throws(RowFault) -> JSONValue {
    guard end - start <= Limits.lineByteCountMax else { throw RowFault(.lineTooLong, at: start) }
    do throws(JSONFault) {
      var scanner = JSONScanner(builder.chunk, from: start, to: end)
      scanner.skipSpace()
      let value = try scanner.value(depth: 1)
      scanner.skipSpace()
      guard scanner.position == end else { throw JSONFault(.trailing, at: scanner.position) }
      if value.members != nil { return value }
    } catch {
      throw RowFault(RejectReason(error.reason), at: error.offset)
    }
    throw RowFault(.notAnObject, at: start)
  }

  /// A key that is spelled like the whole way comes first, because keys may have points in them.
  private static func find(_ column: String, _ way: [String], in row: JSONValue) -> JSONValue? {
    if let value = row[column] { return value }
    var value = row
    for step in way {
      if let array = value.array {
        guard let index = Int(step), array.indices.contains(index) else { return nil }
        value = array[index]
      } else if let member = value[step] {
        value = member
      } else {
        return nil
      }
    }
    return value
  }

  /// Makes the touchpoints of one row. Each stands for itself: a bad one is rejected, the others land.
  private mutating func makeEvents(_ row: inout MappedRow, _ start: Int, _ end: Int) {
    var isMatched = false
    for rule in row.mapping.events {
      row.label = "when"
      do throws(RowFault) {
        builder.begin(line: line)
        if let condition = rule.when, try !row.holds(condition, &builder) { continue }
        isMatched = true
        try row.fill(rule, at: start, &builder)
        try builder.finish(at: start, byteCount: end - start)
      } catch {
        isMatched = true
        builder.abandon()
        var error = error
        error.offset = start
        // A fault of the whole event: name the columns of the field it is about.
        let label = row.label.isEmpty ? rule.label(of: error.key) : row.label
        reject(error, start, end - start, field: label)
      }
    }
    if !isMatched { unmatchedCount += 1 }
  }
}

extension EventRule {
  fileprivate func label(of key: EnvelopeKey) -> String? {
    fields.first { field in
      if case .envelope(key) = field.target { true } else { false }
    }?.label
  }
}

extension RowBuilder {
  /// A JSON value as a cell: texts as they are, all else as its canonical JSON; null is absent.
  fileprivate mutating func cell(_ value: JSONValue?) -> (ByteSlice, DataType) {
    guard let value, value != .null else { return (.absent, .string) }
    let before = scratch.count
    let type: DataType
    switch value {
    case .string(let text):
      scratch.append(text)
      type = .string
    case .number:
      value.appendCanonical(to: &scratch)
      type = .decimal
    case .boolean:
      value.appendCanonical(to: &scratch)
      type = .boolean
    case .null, .array, .object:
      value.appendCanonical(to: &scratch)
      type = .json
    }
    return (scratchSlice(scratch.count - before), type)
  }
}
