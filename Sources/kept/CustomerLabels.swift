import KeptFormat
import KeptLog
import KeptSnapshot

/// How customers are called in what is printed: their external id, or `c17` where it is sealed or not known any more.
struct CustomerLabels {
  let names: CustomerNames
  let areSealed: Bool

  /// The external id, where it may be printed.
  func bytes(_ number: UInt32) -> [UInt8]? { areSealed ? nil : names[number].map(Array.init) }

  subscript(number: UInt32) -> String { bytes(number).map { String(decoding: $0, as: UTF8.self) } ?? "c\(number)" }

  /// The numbers of the customer that was typed: every number that bears this id, or `c17`.
  func numbers(of typed: String) -> [UInt32] {
    let id = Array(typed.utf8)
    var found: [UInt32] = []
    // Millions of ids, of which nearly all are of another length or differ in a byte that is looked at first.
    names.bytes.withUnsafeBufferPointer { bytes in
      names.ends.withUnsafeBufferPointer { ends in
        for number in stride(from: 1, to: ends.count, by: 1) {
          let start = Int(ends[number - 1])
          guard Int(ends[number]) - start == id.count, bytes[start..<start + id.count].elementsEqual(id),
            !names.unknown.contains(UInt32(number))
          else { continue }
          found.append(UInt32(number))
        }
      }
    }
    if found.isEmpty, typed.hasPrefix("c"), let number = UInt32(typed.dropFirst()), number > 0, number <= names.count {
      found = [number]
    }
    return found
  }

  /// What joins with the column `customer` of a snapshot's tables: its name, or NULL where it is not known any more.
  var joinable: Table {
    var rows = Rows([("customer", .string), ("name", .string)])
    for number in stride(from: 1, through: names.count, by: 1) {
      let name = names[UInt32(number)].map { String(decoding: $0, as: UTF8.self) }
      rows.append([.text(self[UInt32(number)]), .text(name)])
    }
    return rows.table
  }
}

extension EventBatch {
  /// The entries of a row's `data`, sorted by key.
  func entries(of row: EventRow) -> ArraySlice<DataEntry> {
    data[Int(row.dataStart)..<Int(row.dataStart) + Int(row.dataCount)]
  }
}
