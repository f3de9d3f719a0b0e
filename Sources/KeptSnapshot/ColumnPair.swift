/// Two columns of one type. Values are equal where their bits are: −0 is not 0, and NaN is NaN.
struct ColumnPair {
  let old: ColumnData
  let new: ColumnData
  /// Of strings: a number for each row's, the same on both sides.
  private let oldCodes: [UInt32]
  private let newCodes: [UInt32]

  /// nil where the columns are of different types.
  init?(_ old: ColumnData, _ new: ColumnData) {
    switch (old.values, new.values) {
    case (.int64, .int64), (.int32, .int32), (.double, .double), (.boolean, .boolean):
      (oldCodes, newCodes) = ([], [])
    case (.string(let left), .string(let right)):
      var codes = CommonCodes()
      oldCodes = codes.codes(of: left)
      newCodes = codes.codes(of: right)
    default: return nil
    }
    self.old = old
    self.new = new
  }

  func isEqual(_ oldRow: Int, _ newRow: Int) -> Bool {
    if case .string = old.values { return oldCodes[oldRow] == newCodes[newRow] }
    let isNull = old.isNull(oldRow)
    guard isNull == new.isNull(newRow) else { return false }
    if isNull { return true }
    return switch (old.values, new.values) {
    case (.int64(let left), .int64(let right)): left[oldRow] == right[newRow]
    case (.int32(let left), .int32(let right)): left[oldRow] == right[newRow]
    case (.double(let left), .double(let right)): left[oldRow].bitPattern == right[newRow].bitPattern
    case (.boolean(let left), .boolean(let right)): left[oldRow] == right[newRow]
    default: false
    }
  }

  /// Calls `body` with the index of every pair of rows whose values differ.
  func forEachDifference(_ match: RowMatch, _ body: (Int) -> Void) {
    switch (old.values, new.values) {
    case (.int64(let left), .int64(let right)): scan(match, left, right, ==, body)
    case (.int32(let left), .int32(let right)): scan(match, left, right, ==, body)
    case (.boolean(let left), .boolean(let right)): scan(match, left, right, ==, body)
    case (.double(let left), .double(let right)):
      scan(match, left, right, { $0.bitPattern == $1.bitPattern }, body)
    default: scan(match, oldCodes, newCodes, ==, body)
    }
  }

  @inline(__always)
  private func scan<Value>(
    _ match: RowMatch, _ left: [Value], _ right: [Value], _ isEqual: (Value, Value) -> Bool, _ body: (Int) -> Void
  ) {
    let (leftValidity, rightValidity) = (old.validity, new.validity)
    let hasNulls = leftValidity != nil || rightValidity != nil
    for index in match.oldRows.indices {
      let (oldRow, newRow) = (match.oldRows[index], match.newRows[index])
      if hasNulls {
        let isThere = leftValidity?[oldRow] ?? true
        if isThere != rightValidity?[newRow] ?? true {
          body(index)
          continue
        }
        if !isThere { continue }
      }
      if !isEqual(left[oldRow], right[newRow]) { body(index) }
    }
  }
}
