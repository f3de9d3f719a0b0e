/// What a blob's bytes went through. Raw values are written to disk.
enum BlobCodec {
  static let stored: UInt8 = 0
  static let lz4: UInt8 = 1
}

/// Writes runs of bytes, compressed where that pays.
final class BlobEncoder {
  private let compressed = Scratch<UInt8>()

  /// Below this nothing is tried: an LZ4 block's own bytes eat what little there is.
  private static let triedByteCountMin = 48
  private static let sampleByteCount = 4_096

  func encode(_ bytes: UnsafePointer<UInt8>, count: Int, to sink: inout ByteSink) {
    if count >= Self.triedByteCountMin && count <= LZ4Block.inputByteCountMax {
      // Packed bits seldom compress; a sample says so at a fraction of the cost.
      let isPromising = count <= 2 * Self.sampleByteCount || compress(bytes + (count / 2), count: Self.sampleByteCount) != nil
      if isPromising, let size = compress(bytes, count: count) {
        sink.append(BlobCodec.lz4)
        sink.append(varint: count)
        sink.append(varint: size)
        sink.append(compressed.pointer, count: size)
        return
      }
    }
    sink.append(BlobCodec.stored)
    sink.append(varint: count)
    sink.append(bytes, count: count)
  }

  /// The compressed size, or nil where less than a sixteenth is saved.
  private func compress(_ bytes: UnsafePointer<UInt8>, count: Int) -> Int? {
    let limit = count - count / 16
    let size = LZ4Block.compress(
      UnsafeRawBufferPointer(start: bytes, count: count),
      into: UnsafeMutableRawBufferPointer(start: compressed.room(limit), count: limit))
    return size
  }
}

/// Reads blobs: stored ones in place, compressed ones into memory that the next compressed blob overwrites.
final class BlobDecoder {
  private let inflated = Scratch<UInt8>()

  func decode(_ reader: inout ByteReader) throws(FormatError) -> UnsafeRawBufferPointer {
    let start = reader.offset
    let codec = try reader.byte()
    switch codec {
    case BlobCodec.stored:
      let byteCount = try reader.count(atMost: reader.remaining, "a blob's length")
      return try reader.bytes(byteCount)
    case BlobCodec.lz4:
      let rawLimit = min(reader.remaining, Int(Int32.max) / LogFormat.inflationMax) * LogFormat.inflationMax
      let byteCount = try reader.count(atMost: rawLimit, "a blob's length")
      let storedByteCount = try reader.count(atMost: reader.remaining, "a blob's stored length")
      guard byteCount <= storedByteCount * LogFormat.inflationMax else {
        throw FormatError(.invalid("\(storedByteCount) bytes said to expand to \(byteCount)"), offset: start)
      }
      let stored = try reader.bytes(storedByteCount)
      let out = UnsafeMutableRawBufferPointer(start: inflated.room(byteCount), count: byteCount)
      guard LZ4Block.decompress(stored, into: out) else {
        throw FormatError(.invalid("bytes that are not LZ4"), offset: start)
      }
      return UnsafeRawBufferPointer(out)
    default:
      throw FormatError(.unknown("codec", UInt64(codec)), offset: start)
    }
  }
}
