import CInstructions

/// CRC-32C (Castagnoli), the checksum of every stored byte: finds accidents, not edits. RFC 3720 B.4 has the vectors.
public enum CRC32C {
  /// The checksum of `bytes`, or of everything before followed by `bytes`, where `previous` is the checksum so far.
  public static func checksum(_ bytes: UnsafeRawBufferPointer, from previous: UInt32 = 0) -> UInt32 {
    guard let start = bytes.baseAddress else { return previous }
    var register = ~previous
    if kept_crc32c(&register, start.assumingMemoryBound(to: UInt8.self), bytes.count) { return ~register }
    return portableChecksum(bytes, from: previous)
  }

  public static func checksum(_ bytes: [UInt8], from previous: UInt32 = 0) -> UInt32 {
    bytes.withUnsafeBytes { checksum($0, from: previous) }
  }

  /// The same without the instruction: eight bytes a step through eight tables.
  static func portableChecksum(_ bytes: UnsafeRawBufferPointer, from previous: UInt32 = 0) -> UInt32 {
    var register = ~previous
    tables.withUnsafeBufferPointer { table in
      var at = 0
      while bytes.count - at >= 8 {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)) ^ UInt64(register)
        register = 0
        for byte in 0..<8 {
          let value = Int(truncatingIfNeeded: word >> UInt64(8 * byte) & 0xff)
          register ^= table[(7 - byte) * 256 + value]
        }
        at += 8
      }
      while at < bytes.count {
        register = register >> 8 ^ table[Int((register ^ UInt32(bytes[at])) & 0xff)]
        at += 1
      }
    }
    return ~register
  }

  /// `tables[256 * k + b]`: the register after byte `b` and then `k` zero bytes.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var register = UInt32(byte)
      for _ in 0..<8 { register = register >> 1 ^ (register & 1 == 1 ? 0x82f6_3b78 : 0) }
      tables[byte] = register
    }
    for i in 256..<8 * 256 { tables[i] = tables[i - 256] >> 8 ^ tables[Int(tables[i - 256] & 0xff)] }
    return tables
  }()
}
