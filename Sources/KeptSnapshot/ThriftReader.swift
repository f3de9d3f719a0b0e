import KeptFormat

/// A value of Thrift's compact protocol; a structure's fields by number.
enum ThriftValue {
  case bool(Bool)
  case int(Int64)
  case binary([UInt8])
  case list([ThriftValue])
  case structure([Int: ThriftValue])
  /// A double or a map: Parquet's metadata has none that Kept reads.
  case skipped

  subscript(field: Int) -> ThriftValue? {
    guard case .structure(let fields) = self else { return nil }
    return fields[field]
  }

  var int: Int64? {
    guard case .int(let value) = self else { return nil }
    return value
  }

  var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  var binary: [UInt8]? {
    guard case .binary(let value) = self else { return nil }
    return value
  }

  var list: [ThriftValue]? {
    guard case .list(let value) = self else { return nil }
    return value
  }

  var string: String? { binary.flatMap { String(validating: $0, as: UTF8.self) } }
}

/// Reads one structure from bytes that may be anything.
struct ThriftReader {
  private let bytes: UnsafeRawBufferPointer
  /// Where the next byte is; after `structure()`, where the structure ended.
  private(set) var offset: Int
  /// Parquet nests less than ten deep.
  private static let depthMax = 16

  init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
    precondition(offset >= 0 && offset <= bytes.count)
    self.bytes = bytes
    self.offset = offset
  }

  mutating func structure() throws(FormatError) -> ThriftValue { try structure(depth: 0) }

  private mutating func structure(depth: Int) throws(FormatError) -> ThriftValue {
    var fields: [Int: ThriftValue] = [:]
    var field = 0
    while true {
      let header = try byte()
      if header == 0 { return .structure(fields) }
      if header >> 4 != 0 {
        field += Int(header >> 4)
      } else {
        field = Int(truncatingIfNeeded: try zigzag())
      }
      guard field > 0 && field <= Int(Int16.max) else { throw failure("metadata field number out of range") }
      let type = header & 0x0F
      switch type {
      case 1, 2: fields[field] = .bool(type == 1)
      default: fields[field] = try value(type, depth: depth)
      }
    }
  }

  private mutating func value(_ type: UInt8, depth: Int) throws(FormatError) -> ThriftValue {
    guard depth < Self.depthMax else { throw failure("metadata nested too deeply") }
    switch type {
    case 1, 2: return .bool(try byte() == 1)
    case 3: return .int(Int64(Int8(bitPattern: try byte())))
    case 4, 5, 6: return .int(try zigzag())
    case 7:
      _ = try run(8)
      return .skipped
    case 8: return .binary(Array(try run(try varint())))
    case 9, 10: return try list(depth: depth)
    case 11:
      let count = try varint()
      guard count <= UInt64(bytes.count - offset) else { throw failure("metadata map longer than the file") }
      if count > 0 {
        let types = try byte()
        for _ in 0..<count {
          _ = try value(types >> 4, depth: depth + 1)
          _ = try value(types & 0x0F, depth: depth + 1)
        }
      }
      return .skipped
    case 12: return try structure(depth: depth + 1)
    default: throw failure("metadata type \(type) unknown")
    }
  }

  private mutating func list(depth: Int) throws(FormatError) -> ThriftValue {
    let header = try byte()
    let count = header >> 4 == 15 ? try varint() : UInt64(header >> 4)
    // Every element has at least one byte, so a count beyond the bytes is a lie.
    guard count <= UInt64(bytes.count - offset) else { throw failure("metadata list longer than the file") }
    var elements: [ThriftValue] = []
    for _ in 0..<count { elements.append(try value(header & 0x0F, depth: depth + 1)) }
    return .list(elements)
  }

  private mutating func byte() throws(FormatError) -> UInt8 {
    guard offset < bytes.count else { throw failure("metadata cut short") }
    defer { offset += 1 }
    return bytes[offset]
  }

  private mutating func run(_ count: UInt64) throws(FormatError) -> UnsafeRawBufferPointer.SubSequence {
    guard count <= UInt64(bytes.count - offset) else { throw failure("metadata cut short") }
    defer { offset += Int(count) }
    return bytes[offset..<offset + Int(count)]
  }

  private mutating func varint() throws(FormatError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let next = try byte()
      guard shift < 63 || next <= 1 else { throw failure("metadata number too long") }
      value |= UInt64(next & 0x7F) << shift
      if next < 0x80 { return value }
      shift += 7
    }
  }

  private mutating func zigzag() throws(FormatError) -> Int64 {
    let value = try varint()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  private func failure(_ reason: String) -> FormatError { FormatError(.invalid(reason), offset: offset) }
}
