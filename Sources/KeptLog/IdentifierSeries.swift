import KeptFormat

/// Ids of one source that count upwards, and the numbers that are not there: a feed that lost something on the way.
package struct IdentifierSeries: Sendable, Equatable {
  package var source: String
  /// What stands before the number: "" or "order-".
  package var prefix: String
  package var count: Int
  package var first: UInt64
  package var last: UInt64
  /// Numbers between first and last that no event has.
  package var missingCount: UInt64
  /// The first few runs of them.
  package var missing: [ClosedRange<UInt64>]

  /// How many runs are listed.
  package static let runCountMax = 3
}

/// Finds them: ids that end in digits are taken for a series of their beginning, where at least half of the numbers
/// between the lowest and the highest are there. Random numbers and dates are none.
struct IdentifierSeriesFinder {
  /// A source with more beginnings than these does not count in its ids.
  private static let prefixCountMax = 64
  private static let digitCountMax = 18

  private var series: [[UInt8]: [Numbers]] = [:]
  private var withoutSeries: Set<[UInt8]> = []

  /// The numbers behind one beginning: a bit for each, in pages of 65,536.
  private struct Numbers {
    static let pageWordCount = 1_024
    var prefix: [UInt8]
    var count = 0
    var pages: [UInt64: [UInt64]] = [:]

    /// Most pages nearly empty: no series, and no reason to keep more of them.
    var isScattered: Bool { pages.count > 16 && pages.count * 4_096 > count }

    mutating func insert(_ number: UInt64) {
      let word = Int(number >> 6 & 1_023)
      let bit: UInt64 = 1 << (number & 63)
      let isNew = pages[number >> 16].map { $0[word] & bit == 0 } ?? true
      guard isNew else { return }
      pages[number >> 16, default: [UInt64](repeating: 0, count: Self.pageWordCount)][word] |= bit
      count += 1
    }
  }

  mutating func add(_ source: [UInt8], _ ids: some Sequence<UnsafeRawBufferPointer>) {
    guard !withoutSeries.contains(source) else { return }
    // The list leaves the dictionary while it grows, so that it is not copied.
    var all = series.removeValue(forKey: source) ?? []
    var place = 0
    for id in ids {
      guard let (prefixCount, number) = Self.split(id) else { continue }
      let prefix = id[..<prefixCount]
      if place >= all.count || !all[place].prefix.elementsEqual(prefix) {
        place = all.firstIndex { $0.prefix.elementsEqual(prefix) } ?? all.count
        if place == all.count { all.append(Numbers(prefix: Array(prefix))) }
      }
      all[place].insert(number)
      if all.count > Self.prefixCountMax || all[place].isScattered {
        withoutSeries.insert(source)
        return
      }
    }
    series[source] = all
  }

  /// How long the beginning is, and the number behind it; nil where the id ends otherwise or in too many digits.
  private static func split(_ id: UnsafeRawBufferPointer) -> (prefixCount: Int, number: UInt64)? {
    var start = id.count
    while start > 0, id[start - 1] >= 48, id[start - 1] <= 57 { start -= 1 }
    guard start < id.count, id.count - start <= digitCountMax else { return nil }
    var number: UInt64 = 0
    for digit in id[start...] { number = number * 10 + UInt64(digit - 48) }
    return (start, number)
  }

  func finish() -> [IdentifierSeries] {
    var found: [IdentifierSeries] = []
    for (source, all) in series {
      for numbers in all {
        if let one = Self.series(String(decoding: source, as: UTF8.self), numbers) { found.append(one) }
      }
    }
    return found.sorted { ($0.source, $0.prefix) < ($1.source, $1.prefix) }
  }

  private static func series(_ source: String, _ numbers: Numbers) -> IdentifierSeries? {
    var first: UInt64?
    var last: UInt64 = 0
    var runs: [ClosedRange<UInt64>] = []
    for page in numbers.pages.keys.sorted() {
      for (index, word) in numbers.pages[page]!.enumerated() where word != 0 {
        var rest = word
        while rest != 0 {
          let number = page << 16 | UInt64(index) << 6 | UInt64(rest.trailingZeroBitCount)
          rest &= rest - 1
          if first != nil, number > last + 1, runs.count < IdentifierSeries.runCountMax {
            runs.append(last + 1...number - 1)
          }
          first = first ?? number
          last = number
        }
      }
    }
    guard let first, numbers.count > 1 else { return nil }
    let width = last - first + 1
    guard UInt64(numbers.count) * 2 >= width else { return nil }
    return IdentifierSeries(
      source: source, prefix: String(decoding: numbers.prefix, as: UTF8.self), count: numbers.count, first: first,
      last: last, missingCount: width - UInt64(numbers.count), missing: runs)
  }
}

extension LedgerReader {
  /// The series of every source, by source and beginning; none where ids are sealed.
  package func identifierSeries() throws -> [IdentifierSeries] {
    guard !settings.sealed.contains(TextField.id.name) else { return [] }
    var finder = IdentifierSeriesFinder()
    let columns = BlockColumns()
    let own = Array(ImportRecord.source.utf8)
    for block in blocks {
      do {
        columns.begin(block.header, source: source(for: block))
        let ids = try columns.identifiers(.id)
        let sources = try columns.codes(.source)
        for code in 0..<sources.dictionary.count {
          let name = Array(sources.dictionary[code])
          guard name != own else { continue }
          finder.add(
            name,
            ids.rows.indices.lazy.filter { sources.codes[Int(ids.rows[$0])] == UInt32(code + 1) }.map { ids.strings[$0] })
        }
      } catch {
        throw self.error(error, in: block)
      }
    }
    for (_, batch) in try tailBatches() {
      batch.bytes.withUnsafeBytes { bytes in
        func text(_ slice: ByteSlice) -> UnsafeRawBufferPointer {
          UnsafeRawBufferPointer(rebasing: bytes[Int(slice.offset)..<Int(slice.offset) + Int(slice.count)])
        }
        var places: [[UInt8]: [Int]] = [:]
        for (index, row) in batch.rows.enumerated() { places[Array(text(row[.source])), default: []].append(index) }
        for (name, rows) in places where name != own {
          finder.add(name, rows.lazy.map { text(batch.rows[$0][.id]) })
        }
      }
    }
    return finder.finish()
  }
}
