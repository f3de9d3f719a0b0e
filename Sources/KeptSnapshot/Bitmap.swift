/// A growable row of bits, 64 to a word, the first in the lowest bit; bits beyond `count` are 0.
@frozen
public struct Bitmap: Sendable, Equatable {
  @usableFromInline var storage: [UInt64]
  @usableFromInline var bitCount: Int

  public init() {
    storage = []
    bitCount = 0
  }

  public init(repeating bit: Bool, count: Int) {
    storage = [UInt64](repeating: bit ? .max : 0, count: (count + 63) / 64)
    if bit, count % 64 != 0 { storage[storage.count - 1] = (1 << UInt64(count % 64)) - 1 }
    bitCount = count
  }

  public init(_ bits: some Sequence<Bool>) {
    self.init()
    for bit in bits { append(bit) }
  }

  public var words: [UInt64] { storage }
  @inlinable public var count: Int { bitCount }
  public var setCount: Int { storage.reduce(0) { $0 + $1.nonzeroBitCount } }

  @inlinable public subscript(_ index: Int) -> Bool {
    precondition(index >= 0 && index < bitCount)
    return storage[index >> 6] >> UInt64(index & 63) & 1 == 1
  }

  @inlinable public mutating func append(_ bit: Bool) {
    if bitCount & 63 == 0 { storage.append(0) }
    if bit { storage[bitCount >> 6] |= 1 << UInt64(bitCount & 63) }
    bitCount += 1
  }
}
