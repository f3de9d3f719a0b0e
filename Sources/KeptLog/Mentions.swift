import Dispatch
import KeptFormat
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where the log still says an external id openly, which no erasure can change.
package struct Mentions: Sendable {
  /// How many events, by field as a canonical line spells it.
  package private(set) var counts: [String: Int] = [:]

  package var isEmpty: Bool { counts.isEmpty }

  /// Searches every plain text of every event: the id as a whole, not as a part of a longer word or number.
  ///
  /// - Parameter progress: told how many blocks are done, from any thread.
  package init(
    of id: String, in reader: LedgerReader, progress: (@Sendable (_ done: Int) -> Void)? = nil
  ) throws {
    let needle = Needle(id)
    let done = Atomic(0)
    let results = Mutex<(counts: [String: Int], failure: (any Error)?)>(([:], nil))
    DispatchQueue.concurrentPerform(iterations: reader.blocks.count) { index in
      do {
        let found = needle.counts(in: try reader.events(ofBlock: index))
        results.withLock { $0.counts.merge(found, uniquingKeysWith: +) }
        progress?(done.add(1, ordering: .relaxed).newValue)
      } catch {
        results.withLock { $0.failure = $0.failure ?? error }
      }
    }
    if let failure = results.withLock({ $0.failure }) { throw failure }
    counts = results.withLock { $0.counts }
    for (_, batch) in try reader.tailBatches() { counts.merge(needle.counts(in: batch), uniquingKeysWith: +) }
  }
}

/// An id as it may stand in a text, or in JSON inside one.
private struct Needle: Sendable {
  private let spellings: [[UInt8]]

  init(_ id: String) {
    var quoted = ByteSink()
    JSONValue.string(id).appendCanonical(to: &quoted)
    let escaped = Array(quoted.bytes().dropFirst().dropLast())
    spellings = escaped == Array(id.utf8) ? [escaped] : [Array(id.utf8), escaped]
  }

  func counts(in events: EventBatch) -> [String: Int] {
    var counts: [String: Int] = [:]
    events.bytes.withUnsafeBytes { arena in
      // Most blocks hold it nowhere: one pass over their bytes says so.
      guard spellings.contains(where: { isInside(arena, $0, asWord: false) }) else { return }
      func look(_ slice: ByteSlice, _ field: @autoclosure () -> String) {
        guard slice.isPresent, slice.count > 0 else { return }
        let text = UnsafeRawBufferPointer(rebasing: arena[Int(slice.offset)..<Int(slice.offset) + Int(slice.count)])
        if spellings.contains(where: { isInside(text, $0, asWord: true) }) { counts[field(), default: 0] += 1 }
      }
      for row in events.rows {
        for field in TextField.allCases where !row.isSealed(field) { look(row[field], field.name) }
        if row.sealed & EventRow.sealedCustomerBit == 0 { look(row.customerName, "names.customer") }
        if row.sealed & EventRow.sealedOtherCustomerBit == 0 { look(row.otherCustomerName, "names.other_customer") }
        for entry in events.data[Int(row.dataStart)..<Int(row.dataStart) + Int(row.dataCount)]
        where entry.type == .string || entry.type == .json {
          look(entry.bytes, LedgerSettings.dataPrefix + (events.string(entry.key) ?? ""))
        }
      }
    }
    return counts
  }

  private func isInside(_ text: UnsafeRawBufferPointer, _ word: [UInt8], asWord: Bool) -> Bool {
    guard let base = text.baseAddress, let first = word.first else { return false }
    var start = 0
    while start + word.count <= text.count,
      let found = memchr(base + start, Int32(first), text.count - word.count + 1 - start)
    {
      let place = UnsafeRawPointer(found) - base
      let end = place + word.count
      start = place + 1
      guard memcmp(base + place, word, word.count) == 0 else { continue }
      guard asWord else { return true }
      if !(place > 0 && isWordByte(text[place - 1])) && !(end < text.count && isWordByte(text[end])) { return true }
    }
    return false
  }

  /// Letters, digits and the bytes of every other letter than ASCII's.
  private func isWordByte(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte >= 0x80
  }
}
