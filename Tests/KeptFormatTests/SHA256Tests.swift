import Testing

@testable import KeptFormat

@Suite struct SHA256Tests {
  /// NIST, "SHA-256 example values", and the empty message.
  static let vectors: [(message: [UInt8], hex: String)] = [
    ([], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (Array("abc".utf8), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8),
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      [UInt8](repeating: 97, count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ]

  @Test(arguments: vectors.indices) func `the published messages have the published digests`(index: Int) {
    let (message, hex) = Self.vectors[index]
    #expect(SHA256.hash(message).hex == hex)
    #expect(portableHash(message).hex == hex)
  }

  @Test func `a message hashed in pieces has the digest of the whole`() {
    var generator = SeededGenerator(seed: 1)
    let message = generator.bytes(1000)
    let whole = SHA256.hash(message)
    for cut in 0...300 {
      var hash = SHA256()
      hash.update(Array(message[..<cut]))
      hash.update(Array(message[cut..<(cut + 1000) / 2]))
      hash.update(Array(message[((cut + 1000) / 2)...]))
      #expect(hash.finish() == whole)
    }
  }

  @Test func `the instruction and the Swift path agree on random lengths`() {
    var generator = SeededGenerator(seed: .random(in: 0...UInt64.max))
    for _ in 0..<300 {
      let message = generator.bytes(Int.random(in: 0...700, using: &generator))
      #expect(SHA256.hash(message) == portableHash(message), "\(generator)")
    }
  }

  /// The CPU's way with many messages, and the way without it.
  private func hashTogether(_ messages: [[UInt8]]) -> (together: [Digest], oneByOne: [Digest]) {
    var batch = SHA256Messages()
    batch.append { $0.append(9 as UInt8) }
    batch.removeAll()
    for message in messages { batch.append { $0.append(message) } }
    var together = [Digest](repeating: Digest(), count: messages.count)
    var oneByOne = together
    together.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { batch.hash(into: base) } }
    oneByOne.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { batch.hashOneByOne(into: base) } }
    return (together, oneByOne)
  }

  @Test func `the published messages have the published digests among others`() {
    for index in Self.vectors.indices {
      var messages = (0..<40).map { [UInt8](repeating: UInt8($0), count: $0) }
      messages.insert(Self.vectors[index].message, at: 17)
      let (together, oneByOne) = hashTogether(messages)
      #expect(together[17].hex == Self.vectors[index].hex)
      #expect(together == oneByOne)
    }
  }

  @Test func `messages hashed together have the digests they have alone, whatever their number and lengths`() {
    var generator = SeededGenerator(seed: .random(in: 0...UInt64.max))
    for count in Array(0...40) + [255, 256, 600] {
      let messages = (0..<count).map { _ in generator.bytes(Int.random(in: 0...700, using: &generator)) }
      let (together, oneByOne) = hashTogether(messages)
      #expect(together == messages.map { SHA256.hash($0) }, "\(count) messages, \(generator)")
      #expect(oneByOne == messages.map { portableHash($0) }, "\(count) messages, \(generator)")
    }
    // Every length around the end of a block, side by side.
    let lengths = (0...200).map { generator.bytes($0) }
    #expect(hashTogether(lengths).together == lengths.map { portableHash($0) }, "\(generator)")
  }

  @Test func `a leaf is the hash of 0x00 and the line, of every length`() {
    var generator = SeededGenerator(seed: 2)
    for count in 0...200 {
      let line = generator.bytes(count)
      let leaf = line.withUnsafeBytes { SHA256.leafHash($0) }
      #expect(leaf == SHA256.hash([0] + line))
    }
  }

  @Test func `a node is the hash of 0x01 and both children`() {
    let left = SHA256.hash(Array("left".utf8))
    let right = SHA256.hash(Array("right".utf8))
    let bytes = left.withUnsafeBytes { [UInt8]($0) } + right.withUnsafeBytes { [UInt8]($0) }
    #expect(SHA256.nodeHash(left, right) == SHA256.hash([1] + bytes))
  }

  private func portableHash(_ message: [UInt8]) -> Digest {
    var padded = message + [0x80]
    while padded.count % 64 != 56 { padded.append(0) }
    for shift in stride(from: 56, through: 0, by: -8) {
      padded.append(UInt8(truncatingIfNeeded: (message.count * 8) >> shift))
    }
    var state = SHA256.initialState
    withUnsafeMutableBytes(of: &state) { bytes in
      SHA256.compressPortably(bytes.baseAddress!.assumingMemoryBound(to: UInt32.self), padded, padded.count / 64)
    }
    return SHA256.digest(of: state)
  }
}
