import Glibc
import KeptFormat

/// The codes of words met before, found by their bytes: whoever knows the code of a `String` is asked once a word, since
/// a block may have thousands of them.
final class WordCodes {
  private struct Known {
    var hash: UInt64
    var start: Int
    var count: Int
    var code: UInt32
  }

  private var known: [Known] = []
  private var bytes: [UInt8] = []
  /// Open addressing: 1 + the place in `known`, 0 where free; at most half full.
  private var buckets = [UInt32](repeating: 0, count: 1024)

  /// The codes of a block's dictionary, in its order.
  func codes(of words: BlockStrings, _ codeOf: (String) -> UInt32) -> [UInt32] {
    (0..<words.count).map { code(of: words[$0], codeOf) }
  }

  func code(of word: UnsafeRawBufferPointer, _ codeOf: (String) -> UInt32) -> UInt32 {
    let hash = ByteHash.hash(word, seed: 0)
    var bucket = Int(truncatingIfNeeded: hash) & (buckets.count - 1)
    while buckets[bucket] != 0 {
      let found = known[Int(buckets[bucket]) - 1]
      if found.hash == hash, isEqual(found, word) { return found.code }
      bucket = (bucket + 1) & (buckets.count - 1)
    }
    let code = codeOf(String(decoding: word, as: UTF8.self))
    known.append(Known(hash: hash, start: bytes.count, count: word.count, code: code))
    bytes.append(contentsOf: word)
    buckets[bucket] = UInt32(known.count)
    if known.count * 2 > buckets.count { grow() }
    return code
  }

  private func isEqual(_ found: Known, _ word: UnsafeRawBufferPointer) -> Bool {
    guard found.count == word.count else { return false }
    guard let base = word.baseAddress, word.count > 0 else { return true }
    return bytes.withUnsafeBytes { memcmp($0.baseAddress! + found.start, base, word.count) == 0 }
  }

  private func grow() {
    buckets = [UInt32](repeating: 0, count: buckets.count * 4)
    for (place, word) in known.enumerated() {
      var bucket = Int(truncatingIfNeeded: word.hash) & (buckets.count - 1)
      while buckets[bucket] != 0 { bucket = (bucket + 1) & (buckets.count - 1) }
      buckets[bucket] = UInt32(place + 1)
    }
  }
}
