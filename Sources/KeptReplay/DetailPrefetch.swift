import CInstructions

/// Asks for the details of a life before it is folded: they lie where their blocks were decoded, so that nearly every
/// touch's words, and nearly every text, would be waited for one by one.
final class DetailPrefetch: Sendable {
  /// More would push out what was asked for first.
  private static let rowCountMax = 512

  /// By kind code: cache lines of words, and where its text slots stand in `textSlots`.
  private let lineCounts: [Int]
  private let textStarts: [Int]
  private let textSlots: [Int]
  private let isNeeded: Bool

  init(_ context: ReplayContext) {
    lineCounts = context.slotCounts.map { ($0 + 7) / 8 }
    var starts = [0]
    var slots: [Int] = []
    for kind in context.kinds.indices {
      for field in context.fields where field.field.isBytes && field.slots[kind] >= 0 { slots.append(field.slots[kind]) }
      starts.append(slots.count)
    }
    textStarts = starts
    textSlots = slots
    // Where few kinds have few details, the look at each row costs more than it saves.
    isNeeded = !slots.isEmpty
  }

  func ask(_ rows: UnsafeBufferPointer<TouchRow>, _ words: UnsafePointer<UInt64>, _ bytes: UnsafePointer<UInt8>) {
    guard isNeeded else { return }
    let rows = rows.prefix(Self.rowCountMax)
    for row in rows where row.detail != TouchRow.noDetail {
      let first = words + Int(row.detail)
      for line in 0..<lineCounts[TouchClass.kind(row.touchClass)] { kept_prefetch(first + 8 * line) }
    }
    for row in rows where row.detail != TouchRow.noDetail {
      let kind = TouchClass.kind(row.touchClass)
      for place in textStarts[kind]..<textStarts[kind + 1] {
        let word = words[Int(row.detail) + textSlots[place]]
        if word != Touches.absentWord { kept_prefetch(bytes + Int(word & (1 << Touches.textOffsetBits - 1))) }
      }
    }
  }
}

extension DetailField {
  /// Whether a touch keeps it as bytes of its own, see `Touches.text`.
  var isBytes: Bool {
    switch self {
    case .dataText, .text(.id), .text(.corrects), .text(.subject): true
    case .text, .dataNumber, .amount, .score, .due, .position, .recorded, .customer, .otherCustomer: false
    }
  }
}
