/// The rows of a block by kind: most keys of `data` belong to a few kinds, so only their rows need a look.
final class KindRows {
  private let rows = Scratch<UInt32>()
  private let starts = Scratch<UInt32>()
  private let next = Scratch<UInt32>()
  private let joined = Scratch<UInt32>()
  /// A bit a row.
  private let marks = Scratch<UInt64>()
  private var limit = 0

  /// - Parameter kinds: by row, below `limit`.
  func sort(_ kinds: UnsafeBufferPointer<UInt32>, limit: Int) {
    self.limit = limit
    let starts = starts.filled(limit + 1, 0)
    for kind in kinds { starts[Int(kind) + 1] += 1 }
    for kind in 0..<limit { starts[kind + 1] += starts[kind] }
    let next = next.room(limit)
    next.update(from: starts, count: limit)
    let rows = rows.room(kinds.count)
    for row in 0..<kinds.count {
      let kind = Int(kinds[row])
      rows[Int(next[kind])] = UInt32(truncatingIfNeeded: row)
      next[kind] += 1
    }
  }

  /// The rows of some kinds, ascending; nil where they are so many that a look at every row costs less. Valid until the
  /// next call.
  func rows(where isWanted: (Int) -> Bool) -> UnsafeBufferPointer<UInt32>? {
    let starts = starts.pointer
    var found = 0
    var kindCount = 0
    var last = 0
    for kind in 0..<limit where starts[kind + 1] > starts[kind] && isWanted(kind) {
      found += Int(starts[kind + 1] - starts[kind])
      kindCount += 1
      last = kind
    }
    if found * 3 > rows.count { return nil }
    if kindCount == 0 { return UnsafeBufferPointer(start: nil, count: 0) }
    if kindCount == 1 { return UnsafeBufferPointer(start: rows.pointer + Int(starts[last]), count: found) }
    let wordCount = (rows.count + 63) / 64
    let marks = marks.filled(wordCount, 0)
    for kind in 0...last where starts[kind + 1] > starts[kind] && isWanted(kind) {
      for place in Int(starts[kind])..<Int(starts[kind + 1]) {
        let row = rows.pointer[place]
        marks[Int(row >> 6)] |= 1 &<< UInt64(row & 63)
      }
    }
    let out = joined.room(found)
    var at = 0
    for word in 0..<wordCount {
      var bits = marks[word]
      while bits != 0 {
        out[at] = UInt32(truncatingIfNeeded: word << 6 + bits.trailingZeroBitCount)
        at += 1
        bits &= bits &- 1
      }
    }
    return UnsafeBufferPointer(start: out, count: found)
  }
}
