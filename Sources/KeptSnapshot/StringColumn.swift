/// Distinct byte strings (UTF-8) one after another; the code of a string is its index. Shared between columns and
/// tables for free: copies share storage.
public struct StringDictionary: Sendable {
  public private(set) var bytes: [UInt8]
  /// String `code` is `bytes[offsets[code] ..< offsets[code + 1]]`.
  public private(set) var offsets: [Int]

  public init() {
    bytes = []
    offsets = [0]
  }

  /// - Precondition: `offsets` starts at 0, never falls, and ends at `bytes.count`.
  public init(bytes: [UInt8], offsets: [Int]) {
    precondition(offsets.first == 0 && offsets.last == bytes.count, "dictionary offsets do not span the bytes")
    for index in 1..<max(1, offsets.count) { precondition(offsets[index - 1] <= offsets[index], "offsets fall") }
    self.bytes = bytes
    self.offsets = offsets
  }

  public init(_ strings: some Sequence<String>) {
    self.init()
    for string in strings { append(string.utf8) }
  }

  public var count: Int { offsets.count - 1 }

  public subscript(code: UInt32) -> ArraySlice<UInt8> { bytes[offsets[Int(code)]..<offsets[Int(code) + 1]] }

  public func string(_ code: UInt32) -> String { String(decoding: self[code], as: UTF8.self) }

  /// Adds a string without looking whether it is there already, and returns its code.
  @discardableResult
  public mutating func append(_ string: some Sequence<UInt8>) -> UInt32 {
    bytes.append(contentsOf: string)
    return finishAppend()
  }

  /// The same for bytes outside any Swift array.
  @discardableResult
  public mutating func append(_ string: UnsafeRawBufferPointer) -> UInt32 {
    bytes.append(contentsOf: string)
    return finishAppend()
  }

  public mutating func reserveCapacity(strings: Int, bytes byteCount: Int) {
    offsets.reserveCapacity(strings + 1)
    bytes.reserveCapacity(byteCount)
  }

  private mutating func finishAppend() -> UInt32 {
    precondition(offsets.count <= Int(StringColumn.nullCode), "more than 2^32 - 1 strings")
    offsets.append(bytes.count)
    return UInt32(offsets.count - 2)
  }
}

/// A column of strings as codes into a dictionary, which may hold more strings than are used, in any order.
public struct StringColumn: Sendable {
  public static let nullCode = UInt32.max

  public let dictionary: StringDictionary
  /// A code per row; `nullCode` is NULL.
  public let codes: [UInt32]

  /// - Precondition: every code is in the dictionary or `nullCode`.
  public init(dictionary: StringDictionary, codes: [UInt32]) {
    let count = dictionary.count
    var isSound = true
    for code in codes { isSound = isSound && (code == Self.nullCode || Int(code) < count) }
    precondition(isSound, "a code outside the dictionary of \(count) strings")
    self.dictionary = dictionary
    self.codes = codes
  }

  public func string(_ row: Int) -> String? {
    codes[row] == Self.nullCode ? nil : dictionary.string(codes[row])
  }

  public func bytes(_ row: Int) -> ArraySlice<UInt8>? {
    codes[row] == Self.nullCode ? nil : dictionary[codes[row]]
  }
}
