import KeptFormat

/// How a touch stands in the memory of a pass: one word, and further ones where it has details or is far from its
/// neighbours.
///
/// From the lowest bit: has a detail, is far, class, entity, time since the chunk's base. A far touch states its time
/// in the next word; one with a detail where that starts, in the word after. The first word of a chunk is its base, and
/// what a chunk has no room for is filled with `padding`.
struct RowLayout: Sendable {
  let classBits: UInt64
  let entityBits: UInt64

  static let hasDetail: UInt64 = 1
  static let isFar: UInt64 = 2
  static let flags: UInt64 = 3
  static let flagBits: UInt64 = 2
  static let padding = UInt64.max

  init(kindCount: Int, partitionShift: UInt32) {
    let classMax = UInt64(max(kindCount, 1) * 4 - 1)
    classBits = UInt64(UInt64.bitWidth - classMax.leadingZeroBitCount)
    entityBits = UInt64(partitionShift)
  }

  var entityShift: UInt64 { Self.flagBits + classBits }
  var timeShift: UInt64 { entityShift + entityBits }
  /// Times from the base to this much later fit into a word.
  var timeMax: UInt64 { UInt64.max >> timeShift }

  /// The base of a chunk whose first row is at `time`: later rows come after it, and late ones before.
  func base(_ time: Instant) -> Instant { time &- Int64(truncatingIfNeeded: timeMax / 4) }

  /// A word without its time and flags. `touchClass` fits `classBits`, `entity` `entityBits`.
  @inline(__always)
  func word(touchClass: UInt64, entity: UInt64) -> UInt64 {
    touchClass &<< Self.flagBits | entity &<< entityShift
  }
}

/// A row read back.
struct StoredRow {
  var time: Instant
  var entity: Int
  var touchClass: UInt16
  var detail: UInt32
}

extension RowLayout {
  /// Reads the rows of one chunk, of which `wordCount` words are written.
  @inline(__always)
  func forEachRow(_ words: UnsafePointer<UInt64>, _ wordCount: Int, _ body: (StoredRow) -> Void) {
    let base = Instant(bitPattern: words[0])
    let (timeShift, entityShift) = (timeShift, entityShift)
    let entityMask: UInt64 = (1 &<< entityBits) &- 1
    let classMask: UInt64 = (1 &<< classBits) &- 1
    var place = 1
    while place < wordCount {
      let word = words[place]
      place &+= 1
      var row = StoredRow(
        time: base &+ Int64(bitPattern: word &>> timeShift),
        entity: Int(truncatingIfNeeded: word &>> entityShift & entityMask),
        touchClass: UInt16(truncatingIfNeeded: word &>> Self.flagBits & classMask), detail: TouchRow.noDetail)
      if word & Self.flags != 0 {
        if word == Self.padding { return }
        if word & Self.isFar != 0 {
          row.time = Instant(bitPattern: words[place])
          place &+= 1
        }
        if word & Self.hasDetail != 0 {
          row.detail = UInt32(truncatingIfNeeded: words[place])
          place &+= 1
        }
      }
      body(row)
    }
  }
}
