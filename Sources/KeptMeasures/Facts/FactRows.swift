import KeptFormat
import KeptSnapshot

/// The rows of a family, of one worker: a word a column, lives one after another.
struct FactRows {
  static let absent = Int64.min

  let width: Int
  private(set) var customers: [UInt32] = []
  private(set) var words: [Int64] = []
  private(set) var bytes: [UInt8] = []
  /// By row: where it belongs, as a place in `places`; traits, which are of a whole life, have none.
  private(set) var placeOf: [UInt32] = []
  /// The places that rows have, each once.
  private(set) var places: [FactPlace] = []
  /// What the codes of regions, offerings and sources in `places` say; set once all lives are folded.
  var placeNames: [String] = []
  private var placeNumbers = PlaceNumbers()
  /// Where the words of the code's own stand in `bytes`.
  private var ownWords: [UnsafePointer<UInt8>: Int64] = [:]

  init(width: Int) { self.width = width }

  /// Bytes of an id or a word, as a row holds them.
  mutating func text(_ text: UnsafeRawBufferPointer) -> Int64 {
    // An id has at most 512 bytes, a canonical line 65,535.
    let word = Int64(bytes.count) << 16 | Int64(text.count)
    bytes.append(contentsOf: text)
    return word
  }

  /// A word of the code's own, like a state.
  mutating func text(_ word: StaticString) -> Int64 {
    if let known = ownWords[word.utf8Start] { return known }
    let new = text(UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    ownWords[word.utf8Start] = new
    return new
  }

  /// A word that is put together.
  mutating func text(word: String) -> Int64 {
    var word = word
    return word.withUTF8 { text(UnsafeRawBufferPointer($0)) }
  }

  mutating func append(customer: UInt32, _ row: [Int64]) {
    precondition(row.count == width, "a row of \(row.count) words, expected \(width)")
    customers.append(customer)
    words.append(contentsOf: row)
  }

  mutating func reserveCapacity(_ count: Int) {
    customers.reserveCapacity(count)
    words.reserveCapacity(count * width)
  }

  func word(_ row: Int, _ column: Int) -> Int64 { words[row * width + column] }

  /// Says something else in a row that is already there.
  mutating func set(_ row: Int, _ column: Int, _ word: Int64) { words[row * width + column] = word }

  mutating func removeAll() {
    if customers.isEmpty { return }
    customers.removeAll(keepingCapacity: true)
    words.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
    ownWords.removeAll(keepingCapacity: true)
    placeOf.removeAll(keepingCapacity: true)
  }

  /// A row of a thing: where it belongs stands beside its words.
  mutating func append(customer: UInt32, place: FactPlace, _ row: [Int64]) {
    append(customer: customer, row)
    placeOf.append(placeNumbers.number(of: place, &places))
  }

  func text<Result>(of word: Int64, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let start = Int(word >> 16)
    return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<start + Int(word & 0xFFFF)])) }
  }
}

/// Numbers places in the order in which they are met: open addressing, at most half full.
private struct PlaceNumbers {
  /// One more than the number; 0: free.
  private var slots: [UInt32] = Array(repeating: 0, count: 64)

  mutating func number(of place: FactPlace, _ places: inout [FactPlace]) -> UInt32 {
    var slot = first(place)
    while slots[slot] != 0 {
      if places[Int(slots[slot]) - 1] == place { return slots[slot] - 1 }
      slot = (slot + 1) & (slots.count - 1)
    }
    places.append(place)
    slots[slot] = UInt32(places.count)
    if places.count * 2 > slots.count { grow(places) }
    return UInt32(places.count - 1)
  }

  private func first(_ place: FactPlace) -> Int {
    let words = unsafeBitCast(place, to: SIMD4<UInt64>.self)
    var hash: UInt64 = 0
    for lane in 0..<4 {
      let product = (hash ^ words[lane] ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
      hash = product.high ^ product.low
    }
    return Int(truncatingIfNeeded: hash) & (slots.count - 1)
  }

  private mutating func grow(_ places: [FactPlace]) {
    slots = Array(repeating: 0, count: slots.count * 4)
    for (number, place) in places.enumerated() {
      var slot = first(place)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(number + 1)
    }
  }
}

/// Makes the table of a family from the rows of all workers: customers by name, a customer's things as they began.
struct FactTable {
  private let all: [FactRows]
  private let names: EntityNames
  private let strings: StringDictionary
  private let words: [String]
  /// The number of the first row of each worker, if all were counted through.
  private var firstRows: [Int] = []
  /// By row of the table: its number, counted through all workers.
  private var order: [Int] = []
  /// Whether every word is taken as absent.
  private var saysNothing = false

  static func make(
    _ family: FactFamily, _ all: [FactRows], names: EntityNames, strings: StringDictionary, words: [String]
  ) -> Table {
    let table = FactTable(
      all, names: names, strings: strings, words: words, order: LifeOrder(all.map(\.customers), names))
    return Table(
      schema: family.schema,
      columns: (family.columns + FactColumn.places).enumerated().map { place, column in table.column(column.value, place) })
  }

  /// The columns of a family whose rows are lives; NULL in every row where the ledger has none of the events that a
  /// column requires: nothing recorded is nothing said, and no nought.
  ///
  /// - Parameters:
  ///   - order: of the lives; every worker has their rows in the order in which it folded them.
  ///   - kinds: every kind of the ledger.
  static func columns(
    _ family: FactFamily, _ all: [FactRows], order: LifeOrder, names: EntityNames, strings: StringDictionary,
    kinds: Set<String>
  ) -> [ColumnData] {
    precondition(
      all.reduce(0) { $0 + $1.customers.count } == order.places.count, "\(family.name): not a row a life")
    var table = FactTable(all, names: names, strings: strings, words: [], order: order)
    return family.columns.enumerated().map { place, column in
      table.saysNothing = column.spec.requires.contains { kinds.isDisjoint(with: $0) }
      return table.column(column.value, place)
    }
  }

  private init(
    _ all: [FactRows], names: EntityNames, strings: StringDictionary, words: [String], order lives: LifeOrder
  ) {
    self.all = all
    self.names = names
    self.strings = strings
    self.words = words
    var rowCount = 0
    for rows in all {
      firstRows.append(rowCount)
      rowCount += rows.customers.count
    }
    order.reserveCapacity(rowCount)
    for life in lives.places {
      let customers = all[life.fold].customers
      var row = life.row
      while row < customers.count, customers[row] == customers[life.row] {
        order.append(firstRows[life.fold] + row)
        row += 1
      }
    }
  }

  private func column(_ value: FactColumn.Value, _ place: Int) -> ColumnData {
    switch value {
    case .customer:
      let customers = all.flatMap(\.customers)
      var builder = StringColumnBuilder(dictionary: names.dictionary, rowCount: order.count)
      for row in order {
        customers[row] == 0 ? builder.appendNull() : builder.append(code: names.code(customers[row]))
      }
      return builder.finish()
    case .id:
      var dictionary = StringDictionary()
      dictionary.reserveCapacity(strings: order.count, bytes: all.reduce(0) { $0 + $1.bytes.count })
      var codes: [UInt32] = []
      codes.reserveCapacity(order.count)
      for (row, word) in zip(order, words(place)) {
        codes.append(
          word == FactRows.absent ? StringColumn.nullCode : all[fold(row)].text(of: word) { dictionary.append($0) })
      }
      return ColumnData(.string(StringColumn(dictionary: dictionary, codes: codes)))
    case .word:
      var builder = StringColumnBuilder(rowCount: order.count)
      // States stand at one place for all rows of a worker.
      var codes: [[Int64: UInt32]] = Array(repeating: [:], count: all.count)
      for (row, word) in zip(order, words(place)) {
        if word == FactRows.absent {
          builder.appendNull()
          continue
        }
        let fold = fold(row)
        if let code = codes[fold][word] {
          builder.append(code: code)
        } else {
          let code = all[fold].text(of: word) { builder.intern(String(decoding: $0, as: UTF8.self)) }
          codes[fold][word] = code
          builder.append(code: code)
        }
      }
      return builder.finish()
    case .code:
      var builder = StringColumnBuilder(dictionary: strings, rowCount: order.count)
      for word in words(place) {
        word == FactRows.absent || word == 0 ? builder.appendNull() : builder.append(code: UInt32(word))
      }
      return builder.finish()
    case .place(let grain): return told(grain)
    case .instant, .amount: return fixed(place) { $0 }
    case .hours, .seconds, .days, .number:
      let scale = value.scale
      return fixed(place) { Double($0) / scale }
    case .ratio(let scale):
      var builder = ColumnBuilder<Double>(rowCount: order.count)
      for (num, den) in zip(words(place + 1), words(place + 2)) {
        let isKnown = num != FactRows.absent && den != FactRows.absent && den != 0
        builder.append(isKnown ? scale * Double(num) / Double(den) : nil)
      }
      return builder.finish()
    case .count: return fixed(place) { Int32(clamping: $0) }
    case .flag: return fixed(place) { $0 != 0 }
    }
  }

  /// What the rows' places say of a grain.
  private func told(_ grain: MeasureGrain) -> ColumnData {
    var builder = StringColumnBuilder(rowCount: order.count)
    let codes = all.map { rows in
      rows.places.map { rows.name(grain, of: $0, words: words).map { builder.intern($0) } ?? StringColumn.nullCode }
    }
    for row in order {
      let fold = fold(row)
      builder.append(code: codes[fold][Int(all[fold].placeOf[row - firstRows[fold]])])
    }
    return builder.finish()
  }

  /// Whose row it is.
  private func fold(_ row: Int) -> Int { firstRows.lastIndex { $0 <= row }! }

  /// The words of a column, row by row of the table.
  private func words(_ place: Int) -> [Int64] {
    if saysNothing { return Array(repeating: FactRows.absent, count: order.count) }
    var words: [Int64] = []
    words.reserveCapacity(order.count)
    for rows in all {
      rows.words.withUnsafeBufferPointer { all in
        for at in stride(from: place, to: all.count, by: rows.width) { words.append(all[at]) }
      }
    }
    return order.map { words[$0] }
  }

  private func fixed<Value: FixedWidthValue>(_ place: Int, _ value: (Int64) -> Value) -> ColumnData {
    var builder = ColumnBuilder<Value>(rowCount: order.count)
    for word in words(place) { builder.append(word == FactRows.absent ? nil : value(word)) }
    return builder.finish()
  }
}
