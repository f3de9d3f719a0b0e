import KeptFormat

/// Rows of lives, of one worker, in about a byte a word: there is a row for every customer, and most of what it says is
/// nothing, nought or a few.
///
/// A word is 0 where absent, else 1 + its zigzag form (0, −1, 1, −2 … as 0, 1, 2, 3 …), as a LEB128 number.
struct PackedRows {
  let width: Int
  private var customers: [UInt32] = []
  private var bytes: [UInt8] = []

  init(width: Int) { self.width = width }

  var count: Int { customers.count }

  mutating func append(customer: UInt32, _ row: [Int64]) {
    precondition(row.count == width, "a row of \(row.count) words, expected \(width)")
    customers.append(customer)
    for word in row {
      // Zigzag of every number but the least, which stands for absent, is below 2⁶⁴ − 1.
      var rest = word == FactRows.absent ? 0 : UInt64(bitPattern: word << 1 ^ word >> 63) &+ 1
      while rest >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
      }
      bytes.append(UInt8(truncatingIfNeeded: rest))
    }
  }

  /// Adds all rows to `rows`, word by word; nothing is left behind.
  mutating func unpack(into rows: inout FactRows) {
    rows.reserveCapacity(count)
    var row: [Int64] = []
    row.reserveCapacity(width)
    var place = 0
    for customer in customers {
      row.removeAll(keepingCapacity: true)
      for _ in 0..<width {
        var (number, shift): (UInt64, UInt64) = (0, 0)
        while bytes[place] >= 0x80 {
          number |= UInt64(bytes[place] & 0x7F) << shift
          shift += 7
          place += 1
        }
        number |= UInt64(bytes[place]) << shift
        place += 1
        let zigzag = number &- 1
        row.append(number == 0 ? FactRows.absent : Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1))
      }
      rows.append(customer: customer, row)
    }
    self = PackedRows(width: width)
  }
}
