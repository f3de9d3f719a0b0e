import KeptFormat

/// Makes the checksums of a changed block true again, as a forger would.
package func fixChecksums(_ block: inout [UInt8]) {
  guard block.count >= LogFormat.blockFixedByteCount else { return }
  let headerByteCount = Int(block[12]) | Int(block[13]) << 8 | Int(block[14]) << 16
  guard headerByteCount >= 132, headerByteCount <= block.count else { return }
  let directoryEnd = headerByteCount - 4
  block.withUnsafeMutableBytes { bytes in
    // The directory is walked as a reader would, as far as it makes sense.
    var reader = ByteReader(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<directoryEnd]))
    do {
      try reader.seek(to: LogFormat.blockFixedByteCount)
      for _ in 0..<(try reader.varint()) {
        _ = try reader.bytes(Int(truncatingIfNeeded: try reader.varint()))
        _ = try reader.varint()
      }
      while !reader.isAtEnd {
        _ = try reader.bytes(2)
        _ = try reader.bytes(Int(truncatingIfNeeded: try reader.varint()))
        let offset = Int(truncatingIfNeeded: try reader.varint())
        let byteCount = Int(truncatingIfNeeded: try reader.varint())
        let place = reader.offset
        _ = try reader.fixed(UInt32.self)
        guard offset >= 0, byteCount >= 0, offset <= bytes.count, byteCount <= bytes.count - offset else { continue }
        let checksum = CRC32C.checksum(
          UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[offset..<offset + byteCount]))
        bytes.storeBytes(of: checksum.littleEndian, toByteOffset: place, as: UInt32.self)
      }
    } catch {}
    let checksum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<directoryEnd]))
    bytes.storeBytes(of: checksum.littleEndian, toByteOffset: directoryEnd, as: UInt32.self)
  }
}
