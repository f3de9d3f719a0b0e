/// Brings values into the order of their groups and back; within a group they keep their order.
final class GroupOrder {
  private let bounds = Scratch<UInt32>()
  private let next = Scratch<UInt32>()
  private var limit = 0

  private static let groupCountMax = 64
  /// A group has a few bytes of its own, so there must be enough values for each.
  private static let valuesPerGroupMin = 16

  static func isWorthwhile(count: Int, limit: Int) -> Bool {
    limit <= groupCountMax && limit * valuesPerGroupMin <= count
  }

  /// Where each group begins: `limit + 1` numbers, valid until the next call.
  func starts(_ groupCodes: UnsafePointer<UInt32>, count: Int, limit: Int) -> UnsafePointer<UInt32> {
    self.limit = limit
    let starts = bounds.filled(limit + 1, 0)
    for i in 0..<count { starts[Int(groupCodes[i]) + 1] += 1 }
    for group in 0..<limit { starts[group + 1] += starts[group] }
    return UnsafePointer(starts)
  }

  /// Values to groups; after `starts` of the same groups.
  func scatter<Value: BitwiseCopyable>(
    _ values: UnsafePointer<Value>, _ groupCodes: UnsafePointer<UInt32>, count: Int, to out: UnsafeMutablePointer<Value>
  ) {
    let next = cursors()
    for i in 0..<count {
      let group = Int(groupCodes[i])
      out[Int(next[group])] = values[i]
      next[group] &+= 1
    }
  }

  /// The way back.
  func gather<Value: BitwiseCopyable>(
    _ values: UnsafePointer<Value>, _ groupCodes: UnsafePointer<UInt32>, count: Int, to out: UnsafeMutablePointer<Value>
  ) {
    let next = cursors()
    for i in 0..<count {
      let group = Int(groupCodes[i])
      out[i] = values[Int(next[group])]
      next[group] &+= 1
    }
  }

  private func cursors() -> UnsafeMutablePointer<UInt32> {
    let cursors = next.room(limit)
    cursors.update(from: bounds.pointer, count: limit)
    return cursors
  }
}
