import KeptFormat

/// Holds what a finished import says of itself against the log: completeness control (law 7).
///
/// An import's accepted events stand one after another, so that positions and sums can be counted again. Only two columns
/// of the blocks that the imports lie in are decoded, each block once.
package struct ImportCheck: Sendable {
  /// What does not agree, with what is said and what is there.
  package enum Difference: Sendable, Equatable {
    /// lines ≠ accepted + duplicates + conflicts + rejected.
    case lines(stated: Int, sum: Int)
    /// As many positions as accepted events.
    case positions(stated: ClosedRange<UInt64>?, accepted: Int)
    /// Its events come before it.
    case order(last: UInt64, finished: UInt64)
    /// The sum of one currency, "" for amounts without; nil where one of the two has none of it.
    case amount(currency: String, stated: DecimalSum?, found: DecimalSum?)
  }

  package var position: UInt64
  package var recorded: Instant
  package var record: ImportRecord
  package var differences: [Difference] = []

  fileprivate init(_ position: UInt64, _ recorded: Instant, _ record: ImportRecord) {
    self.position = position
    self.recorded = recorded
    self.record = record
    let tally = record.tally
    let sum = tally.accepted + tally.duplicates + tally.conflicts + tally.rejected
    if record.lineCount != sum { differences.append(.lines(stated: record.lineCount, sum: sum)) }
    let width = tally.positions.map { $0.upperBound - $0.lowerBound + 1 } ?? 0
    if width != UInt64(max(0, tally.accepted)) {
      differences.append(.positions(stated: tally.positions, accepted: tally.accepted))
    }
    if let last = tally.positions?.upperBound, last >= position {
      differences.append(.order(last: last, finished: position))
    }
  }
}

extension LedgerReader {
  /// Every finished import with what does not agree, in order of position.
  package func checkedImports() throws -> [ImportCheck] {
    var checks = try imports().map { ImportCheck($0.position, $0.recorded, $0.record) }
    // Those whose positions make sense, by where they begin; the sums of what is there.
    let places = checks.indices.filter { checks[$0].differences.isEmpty && checks[$0].record.tally.positions != nil }
    let ranges = places.map { checks[$0].record.tally.positions! }
    var sums = [[String: DecimalSum]](repeating: [:], count: places.count)
    let columns = BlockColumns()
    // Ranges ascend and stand apart: an import's events come before its end, which comes before the next one's.
    var next = 0
    for block in blocks {
      let positions = block.positions
      while next < ranges.count, ranges[next].upperBound < positions.lowerBound { next += 1 }
      let inBlock = (next..<ranges.count).prefix { ranges[$0].lowerBound < positions.upperBound }
      guard !inBlock.isEmpty else { continue }
      do {
        columns.begin(block.header, source: source(for: block))
        let amounts = try columns.numbers(.amount)
        let currencies = try columns.codes(.currency)
        let names = [""] + currencies.dictionary.strings()
        var index = 0
        for place in inBlock {
          // By the block's codes: no text is looked at for each amount.
          var found = [DecimalSum?](repeating: nil, count: names.count)
          while index < amounts.rows.count {
            let row = Int(amounts.rows[index])
            let position = positions.lowerBound + UInt64(row)
            guard position <= ranges[place].upperBound else { break }
            if position >= ranges[place].lowerBound, let amount = amounts.value(index) {
              let code = Int(currencies.codes[row])
              if found[code] == nil { found[code] = DecimalSum() }
              found[code]?.add(amount)
            }
            index += 1
          }
          for (name, sum) in zip(names, found) {
            if let sum { sums[place][name, default: DecimalSum()].add(sum) }
          }
        }
      } catch {
        throw self.error(error, in: block)
      }
    }
    for (first, batch) in try tailBatches() {
      for (index, row) in batch.rows.enumerated() where row.amount.isPresent {
        let position = first + UInt64(index)
        while next < ranges.count, ranges[next].upperBound < position { next += 1 }
        guard next < ranges.count, ranges[next].contains(position) else { continue }
        sums[next][batch.string(row[.currency]) ?? "", default: DecimalSum()].add(row.amount)
      }
    }
    for (place, found) in zip(places, sums) {
      let stated = checks[place].record.tally.amounts
      for currency in Set(stated.keys).union(found.keys).sorted() where stated[currency] != found[currency] {
        checks[place].differences.append(
          .amount(currency: currency, stated: stated[currency], found: found[currency]))
      }
    }
    return checks
  }
}
