import KeptFormat
import KeptLog

/// How an export calls customers: the external id where it is open and known, or `c17`.
package struct ExportLabels: Sendable {
  let names: CustomerNames
  let areSealed: Bool

  package init(names: CustomerNames, areSealed: Bool) {
    self.names = names
    self.areSealed = areSealed
  }

  func bytes(_ number: Int64) -> [UInt8] {
    if !areSealed, let name = names[UInt32(number)] { return Array(name) }
    return Array("c\(number)".utf8)
  }
}

/// The rows of a part in the order in which they are written: by time, equal times by position.
struct ExportRows: Sendable {
  private struct Place {
    var time: Int64
    var piece: UInt32
    var row: UInt32
  }

  private let pieces: [ExportPiece]
  private let order: [Place]
  private let labels: ExportLabels

  /// - Parameter pieces: in the order of their positions.
  init(_ pieces: [ExportPiece], labels: ExportLabels) {
    var order: [Place] = []
    order.reserveCapacity(pieces.reduce(0) { $0 + $1.rowCount })
    for (number, piece) in pieces.enumerated() {
      for (row, time) in piece.integers[ExportColumn.time.rawValue].enumerated() {
        order.append(Place(time: time, piece: UInt32(number), row: UInt32(row)))
      }
    }
    order.sort { ($0.time, $0.piece, $0.row) < ($1.time, $1.piece, $1.row) }
    self.order = order
    self.pieces = pieces
    self.labels = labels
  }

  var count: Int { order.count }

  /// The highest number that a customer in it has; 0 where there are none.
  var highestCustomer: UInt32 {
    let numbers = pieces.flatMap { piece in
      [ExportColumn.customerNumber, .otherCustomerNumber].map { piece.integers[$0.rawValue].max() ?? 0 }
    }
    return UInt32(max(0, numbers.max() ?? 0))
  }

  /// Some rows of a column.
  func column(_ column: ExportColumn, _ rows: Range<Int>) -> ColumnData {
    if let number = column.number { return labels(of: number, rows) }
    return column.isText ? texts(column, rows) : integers(column, rows)
  }

  private func integers(_ column: ExportColumn, _ rows: Range<Int>) -> ColumnData {
    var builder = ColumnBuilder<Int64>(rowCount: rows.count)
    for place in order[rows] {
      let values = pieces[Int(place.piece)].integers[column.rawValue]
      let value = values.isEmpty ? ExportPiece.absent : values[Int(place.row)]
      if value == ExportPiece.absent { builder.appendNull() } else { builder.append(value) }
    }
    return builder.finish()
  }

  private func labels(of column: ExportColumn, _ rows: Range<Int>) -> ColumnData {
    var builder = StringColumnBuilder(rowCount: rows.count)
    var codes: [Int64: UInt32] = [:]
    for place in order[rows] {
      let values = pieces[Int(place.piece)].integers[column.rawValue]
      let number = values.isEmpty ? ExportPiece.absent : values[Int(place.row)]
      if number == ExportPiece.absent {
        builder.appendNull()
      } else if let code = codes[number] {
        builder.append(code: code)
      } else {
        let code = builder.intern(labels.bytes(number))
        codes[number] = code
        builder.append(code: code)
      }
    }
    return builder.finish()
  }

  private func texts(_ column: ExportColumn, _ rows: Range<Int>) -> ColumnData {
    // Every event has an id of its own: looking for equal ones finds none.
    if column == .id { return identifiers(rows) }
    var builder = StringColumnBuilder(rowCount: rows.count)
    // By piece, the code here of its codes; `nullCode` where it was not needed yet.
    var codes = [[UInt32]](repeating: [], count: pieces.count)
    for place in order[rows] {
      let piece = Int(place.piece)
      guard let strings = pieces[piece].texts[column.rawValue], strings.codes[Int(place.row)] != StringColumn.nullCode
      else {
        builder.appendNull()
        continue
      }
      let theirs = strings.codes[Int(place.row)]
      if codes[piece].isEmpty {
        codes[piece] = [UInt32](repeating: StringColumn.nullCode, count: strings.dictionary.count)
      }
      if codes[piece][Int(theirs)] == StringColumn.nullCode {
        codes[piece][Int(theirs)] = builder.intern(Array(strings.dictionary[theirs]))
      }
      builder.append(code: codes[piece][Int(theirs)])
    }
    return builder.finish()
  }

  private func identifiers(_ rows: Range<Int>) -> ColumnData {
    var strings = StringDictionary()
    var codes: [UInt32] = []
    codes.reserveCapacity(rows.count)
    for place in order[rows] {
      let bytes = pieces[Int(place.piece)].texts[ExportColumn.id.rawValue]?.bytes(Int(place.row))
      codes.append(bytes.map { strings.append($0) } ?? StringColumn.nullCode)
    }
    return ColumnData(.string(StringColumn(dictionary: strings, codes: codes)))
  }
}
