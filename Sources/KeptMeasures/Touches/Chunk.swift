import KeptFormat
import KeptReplay

/// Up to `capacity` touches of one life with what every fold wants to know of them; one per worker, reused.
struct Chunk {
  static let capacity = 1024

  let touches: Touches
  /// Rows [start, start + count) of `touches`; the arrays below start at `start`.
  let start: Int
  let count: Int
  /// The table's index of each touch's local day, and its month.
  let days: UnsafeMutablePointer<Int32>
  let months: UnsafeMutablePointer<Int32>
  /// Which activities each touch belongs to, a bit each.
  let activity: UnsafeMutablePointer<UInt8>
  /// Rows that some fold must look at more closely, relative to `start`, ascending.
  let special: UnsafeMutablePointer<UInt16>
  var specialCount: Int
  /// What each touch says of how into them we are, in points × 10⁶ of both lists together; only where a family reads it.
  let points: UnsafeMutablePointer<Int64>
  /// By touch class: the stated direction, else the kind's usual one.
  let directions: UnsafePointer<Direction>
  /// For `Touch`.
  let slots: UnsafePointer<Int8>

  /// The bit of `activity` that every touch of a life has; the ledger's own events lack it.
  static let touchMask: UInt8 = 1 << 7

  @inline(__always) var rows: UnsafePointer<TouchRow> { touches.rows.baseAddress! + start }

  @inline(__always) func isTouch(_ row: Int) -> Bool { activity[row] & Self.touchMask != 0 }

  @inline(__always) func direction(_ row: Int) -> Direction { directions[Int(rows[row].touchClass)] }

  @inline(__always)
  func touch(_ row: Int) -> Touch {
    Touch(touches: touches, row: start + row, kind: TouchClass.kind(rows[row].touchClass), slots: slots)
  }

  @inline(__always) func isActive(_ row: Int, _ mask: UInt8) -> Bool { activity[row] & mask != 0 }
}
