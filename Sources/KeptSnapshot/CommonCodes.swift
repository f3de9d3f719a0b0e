/// Numbers strings: equal ones alike, whatever dictionary they stand in.
package struct CommonCodes {
  /// By a hash of the bytes, or the next free number after it.
  private var codeOfHash: [UInt64: UInt32] = [:]
  /// By code.
  package private(set) var strings = StringDictionary()

  package init() {}

  /// A code for each row; `StringColumn.nullCode` for NULL.
  package mutating func codes(of column: StringColumn) -> [UInt32] {
    let dictionary = column.dictionary
    var known = [UInt32](repeating: StringColumn.nullCode, count: dictionary.count)
    return column.codes.map { code in
      if code == StringColumn.nullCode { return code }
      if known[Int(code)] == StringColumn.nullCode { known[Int(code)] = self.code(of: dictionary[code]) }
      return known[Int(code)]
    }
  }

  private mutating func code(of bytes: ArraySlice<UInt8>) -> UInt32 {
    var hash = RowHashes.hash(bytes)
    while let code = codeOfHash[hash] {
      if strings[code].elementsEqual(bytes) { return code }
      hash &+= 1
    }
    let code = strings.append(bytes)
    codeOfHash[hash] = code
    return code
  }
}
