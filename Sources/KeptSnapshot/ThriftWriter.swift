/// Writes Thrift's compact protocol, as far as Parquet's metadata needs it.
///
/// Fields must be given in ascending order within a structure.
struct ThriftWriter {
  private(set) var bytes: [UInt8] = []
  private var lastField = 0

  /// The types of the compact protocol.
  enum ElementType: UInt8 {
    case int32 = 5, binary = 8, structure = 12
  }

  mutating func bool(_ field: Int, _ value: Bool) { header(field, value ? 1 : 2) }

  mutating func int32(_ field: Int, _ value: Int64) {
    header(field, 5)
    zigzag(value)
  }

  mutating func int64(_ field: Int, _ value: Int64) {
    header(field, 6)
    zigzag(value)
  }

  mutating func binary(_ field: Int, _ value: some Collection<UInt8>) {
    header(field, 8)
    binaryElement(value)
  }

  mutating func structure(_ field: Int, _ body: (inout ThriftWriter) -> Void) {
    header(field, 12)
    structureElement(body)
  }

  mutating func list<Element>(
    _ field: Int, of type: ElementType, _ elements: [Element], _ body: (inout ThriftWriter, Element) -> Void
  ) {
    header(field, 9)
    if elements.count < 15 {
      bytes.append(UInt8(elements.count) << 4 | type.rawValue)
    } else {
      bytes.append(0xF0 | type.rawValue)
      varint(UInt64(elements.count))
    }
    for element in elements { body(&self, element) }
  }

  /// A structure as an element of a list, or the outermost one.
  mutating func structureElement(_ body: (inout ThriftWriter) -> Void) {
    let outerField = lastField
    lastField = 0
    body(&self)
    bytes.append(0)
    lastField = outerField
  }

  mutating func binaryElement(_ value: some Collection<UInt8>) {
    varint(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  mutating func int32Element(_ value: Int64) { zigzag(value) }

  private mutating func header(_ field: Int, _ type: UInt8) {
    let delta = field - lastField
    precondition(delta > 0, "Thrift field \(field) after \(lastField)")
    if delta < 16 {
      bytes.append(UInt8(delta) << 4 | type)
    } else {
      bytes.append(type)
      zigzag(Int64(field))
    }
    lastField = field
  }

  private mutating func zigzag(_ value: Int64) { varint(UInt64(bitPattern: value << 1 ^ value >> 63)) }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
