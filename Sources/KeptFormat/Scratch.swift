/// Memory for plain values that is kept from block to block: grows, never shrinks, is never cleared.
///
/// A class, so that encoder and decoder can hand the same memory to several functions; loops take the pointer once.
final class Scratch<Element: BitwiseCopyable> {
  private(set) var pointer: UnsafeMutablePointer<Element>
  private(set) var capacity: Int
  /// How many elements are meaningful; only `append` and `room(for:keeping:)` callers maintain it.
  var count = 0

  /// Readable bytes after the last element: bit unpacking loads eight bytes at a time.
  static var slackByteCount: Int { 16 }

  init(capacity: Int = 0) {
    self.capacity = capacity
    pointer = Self.allocate(capacity)
  }

  deinit { pointer.deallocate() }

  private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Element> {
    let slackCount = (slackByteCount + MemoryLayout<Element>.stride - 1) / MemoryLayout<Element>.stride
    return .allocate(capacity: capacity + slackCount)
  }

  /// Room for `newCount` elements whose contents are undefined.
  func room(_ newCount: Int) -> UnsafeMutablePointer<Element> {
    if newCount > capacity {
      pointer.deallocate()
      capacity = max(newCount, capacity * 2)
      pointer = Self.allocate(capacity)
    }
    count = newCount
    return pointer
  }

  /// Room for `newCount` elements, the first `count` of which stay.
  func grow(to newCount: Int) -> UnsafeMutablePointer<Element> {
    if newCount > capacity {
      capacity = max(newCount, capacity * 2)
      let fresh = Self.allocate(capacity)
      fresh.update(from: pointer, count: count)
      pointer.deallocate()
      pointer = fresh
    }
    count = newCount
    return pointer
  }

  /// Room for `newCount` elements, all of them `value`.
  func filled(_ newCount: Int, _ value: Element) -> UnsafeMutablePointer<Element> {
    let out = room(newCount)
    out.update(repeating: value, count: newCount)
    return out
  }

  func append(_ element: Element) {
    let at = count
    grow(to: at + 1)[at] = element
  }

  var buffer: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: pointer, count: count) }
}
