import KeptFormat
import KeptSnapshot

/// The rows of a family, of one worker: a word a column, lives one after another.
struct FactRows {
  static let absent = Int64.min

  let width: Int
  private(set) var customers: [UInt32] = []
  private(set) var words: [Int64] = []
  private(set) var bytes: [UInt8] = []

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
    text(UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
  }

  mutating func append(customer: UInt32, _ row: [Int64]) {
    precondition(row.count == width, "a row of \(row.count) words, expected \(width)")
    customers.append(customer)
    words.append(contentsOf: row)
  }

  func text<Result>(of word: Int64, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let start = Int(word >> 16)
    return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<start + Int(word & 0xFFFF)])) }
  }
}

/// Makes the table of a family from the rows of all workers: customers by name, a customer's things as they began.
enum FactTable {
  static func make(
    _ family: FactFamily, _ all: [FactRows], names: EntityNames, strings: StringDictionary
  ) -> Table {
    let order = LifeOrder(all.map(\.customers), names)
    let columns = family.columns.enumerated().map { place, column in
      make(column, place, all, order, names, strings)
    }
    return Table(schema: family.schema, columns: columns)
  }

  private static func make(
    _ column: FactColumn, _ place: Int, _ all: [FactRows], _ order: LifeOrder, _ names: EntityNames,
    _ strings: StringDictionary
  ) -> ColumnData {
    let rowCount = all.reduce(0) { $0 + $1.customers.count }
    func each(_ body: (FactRows, UInt32, Int64) -> Void) {
      for life in order.places {
        let rows = all[life.fold]
        let customer = rows.customers[life.row]
        var row = life.row
        while row < rows.customers.count, rows.customers[row] == customer {
          body(rows, customer, rows.words[row * rows.width + place])
          row += 1
        }
      }
    }
    func fixed<Value: FixedWidthValue>(_ value: (Int64) -> Value) -> ColumnData {
      var builder = ColumnBuilder<Value>(rowCount: rowCount)
      each { _, _, word in builder.append(word == FactRows.absent ? nil : value(word)) }
      return builder.finish()
    }
    switch column.value {
    case .customer:
      var builder = StringColumnBuilder(dictionary: names.dictionary, rowCount: rowCount)
      each { _, customer, _ in customer == 0 ? builder.appendNull() : builder.append(code: names.code(customer)) }
      return builder.finish()
    case .id:
      var dictionary = StringDictionary()
      var codes: [UInt32] = []
      codes.reserveCapacity(rowCount)
      each { rows, _, word in
        codes.append(
          word == FactRows.absent ? StringColumn.nullCode : rows.text(of: word) { dictionary.append($0) })
      }
      return ColumnData(.string(StringColumn(dictionary: dictionary, codes: codes)))
    case .word:
      var builder = StringColumnBuilder(rowCount: rowCount)
      each { rows, _, word in
        if word == FactRows.absent { return builder.appendNull() }
        rows.text(of: word) { builder.append(String(decoding: $0, as: UTF8.self)) }
      }
      return builder.finish()
    case .code:
      var builder = StringColumnBuilder(dictionary: strings, rowCount: rowCount)
      each { _, _, word in
        word == FactRows.absent || word == 0 ? builder.appendNull() : builder.append(code: UInt32(word))
      }
      return builder.finish()
    case .instant, .amount: return fixed { $0 }
    case .hours, .seconds, .days, .number:
      let scale = column.value.scale
      return fixed { Double($0) / scale }
    case .count: return fixed { Int32(clamping: $0) }
    case .flag: return fixed { $0 != 0 }
    }
  }
}
