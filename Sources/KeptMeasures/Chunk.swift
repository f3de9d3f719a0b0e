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

  @inline(__always) var rows: UnsafePointer<TouchRow> { touches.rows.baseAddress! + start }

  @inline(__always) func isActive(_ row: Int, _ mask: UInt8) -> Bool { activity[row] & mask != 0 }
}
