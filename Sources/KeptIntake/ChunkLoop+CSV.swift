import KeptFormat

extension ChunkLoop {
  /// Calls `body` for each record of a CSV chunk that has as many cells as `cells` wants.
  @inline(__always)
  mutating func eachRecord(
    _ cells: inout CSVCells,
    _ body: (inout ChunkLoop, borrowing CSVCells, _ start: Int, _ end: Int) -> Void
  ) {
    let chunk = builder.chunk
    let end = builder.chunkByteCount
    var start = 0
    while start < end {
      let next: Int
      switch splitter.end(of: start, chunk, to: end, isAtEnd: true) {
      case .whole(let recordEnd):
        next = recordEnd
        if !isBlank(start, recordEnd) {
          do throws(RowFault) {
            try cells.split(from: start, to: recordEnd, &builder)
            body(&self, cells, start, recordEnd)
          } catch {
            reject(error, start, recordEnd - start)
          }
        }
      case .broken(let lineEnd):
        next = lineEnd
        reject(broken(start), start, lineEnd - start)
      case .open:
        preconditionFailure("at the end of a chunk every record has an end")
      }
      line &+= UInt64(countLineFeeds(chunk, from: start, to: next))
      start = next
    }
  }

  mutating func parseCSV(_ layout: CSVLayout) {
    var cells = CSVCells(
      columnCount: layout.targets.count, delimiter: layout.delimiter, chunk: builder.chunk,
      byteCount: builder.chunkByteCount)
    // The keys of `data`, once in this chunk's arena.
    let keys = layout.targets.map { target -> ByteSlice in
      guard case .data(let key, _) = target else { return .absent }
      builder.scratch.append(key)
      return builder.scratchSlice(key.count)
    }
    eachRecord(&cells) { loop, cells, start, end in
      do throws(RowFault) {
        loop.builder.begin(line: loop.line)
        for column in 0..<layout.targets.count {
          let cell = cells[column]
          guard cell.isPresent else { continue }
          try loop.builder.set(layout.targets[column], cell, dataKey: keys[column], at: start)
        }
        try loop.builder.finish(at: start, byteCount: end &- start)
      } catch {
        loop.builder.abandon()
        loop.reject(error, start, end - start)
      }
    }
  }
}

extension RowBuilder {
  @inline(__always)
  fileprivate mutating func set(
    _ target: CSVLayout.Target, _ cell: ByteSlice, dataKey: ByteSlice, at start: Int
  ) throws(RowFault) {
    let offset = Int(cell.offset) < chunkByteCount ? Int(cell.offset) : start
    switch target {
    case .text(let key): try setText(key, cell, at: offset)
    case .customer(let key): try setCustomer(key, cell, at: offset)
    case .instant(let key): try setInstant(key, text: cell, at: offset)
    case .number(let key): try setNumber(key, try jsonNumber(cell, key, at: offset), at: offset)
    case .data(_, let isPersonal):
      keyCount &+= 1
      try add(DataEntry(key: dataKey, type: .string, bytes: cell, isPersonal: isPersonal), at: offset)
    case .ignored: return
    }
  }

  /// A cell that is one JSON number and nothing else.
  private func jsonNumber(_ cell: ByteSlice, _ key: EnvelopeKey, at offset: Int) throws(RowFault) -> ExactDecimal {
    do throws(ExactDecimal.Failure) {
      return try withBytes(cell) { (bytes) throws(ExactDecimal.Failure) in
        try ExactDecimal(parsing: UnsafeRawBufferPointer(bytes))
      }
    } catch {
      throw RowFault(error == .malformed ? .badNumber : .tooManyDigits, key, at: offset)
    }
  }
}
