import KeptFormat

/// The touches of one life, kept: they can be folded again, with some of them left out.
public struct RecordedLife: Sendable {
  /// A customer's number, or an account's.
  public private(set) var entity: UInt32
  /// By time, equal times as they stand in the log.
  public let rows: [TouchRow]
  fileprivate let words: [UInt64]
  fileprivate let bytes: [UInt8]

  /// The same life under another number, for where nobody asks whose it is.
  public func numbered(_ entity: UInt32) -> RecordedLife {
    var life = self
    life.entity = entity
    return life
  }

  /// Hands the life to a fold, but for the touches at the places `leftOut`.
  public func fold(into fold: some LifeFold, leavingOut leftOut: Set<Int> = []) {
    let left = leftOut.isEmpty ? rows : rows.indices.filter { !leftOut.contains($0) }.map { rows[$0] }
    fold.begin(entity: entity)
    left.withUnsafeBufferPointer { rows in
      words.withUnsafeBufferPointer { words in
        bytes.withUnsafeBufferPointer { bytes in
          fold.apply(Touches(rows: rows, words: words.baseAddress!, bytes: bytes.baseAddress!))
        }
      }
    }
    fold.end()
  }

  /// A detail of a touch.
  ///
  /// - Parameter slot: see `ReplayContext.slot`.
  public func number(_ place: Int, slot: Int) -> Int64 { Int64(bitPattern: words[Int(rows[place].detail) + slot]) }
}

/// A fold that keeps lives as they are.
public final class LifeRecorder: LifeFold {
  public private(set) var lives: [RecordedLife] = []
  private let context: ReplayContext
  private var entity: UInt32 = 0
  private var rows: [TouchRow] = []
  private var words: [UInt64] = []
  private var bytes: [UInt8] = []

  public init(_ context: ReplayContext) { self.context = context }

  public func begin(entity: UInt32) {
    self.entity = entity
    rows = []
    // Never empty, so that a touch without details has an address, too.
    words = [Touches.absentWord]
    bytes = [0]
  }

  public func apply(_ touches: Touches) {
    for (place, row) in touches.rows.enumerated() {
      var copy = row
      if row.detail != TouchRow.noDetail {
        copy.detail = UInt32(words.count)
        let kind = TouchClass.kind(row.touchClass)
        for slot in 0..<context.slotCounts[kind] {
          let text = context.isText(slot, ofKind: kind) ? touches.text(place, slot) : nil
          if let text {
            words.append(UInt64(text.count) << Touches.textOffsetBits | UInt64(bytes.count))
            bytes.append(contentsOf: text)
          } else {
            words.append(touches.word(place, slot))
          }
        }
      }
      rows.append(copy)
    }
  }

  public func end() { lives.append(RecordedLife(entity: entity, rows: rows, words: words, bytes: bytes)) }

  /// The life that just ended, which is then forgotten here.
  public func takeLast() -> RecordedLife { lives.removeLast() }
}

extension ReplayContext {
  /// Where the touches of a kind keep a field; nil where they do not carry it.
  public func slot(_ field: DetailField, ofKind kind: Int) -> Int? {
    fields.first { $0.field == field }.flatMap { $0.slots[kind] >= 0 ? $0.slots[kind] : nil }
  }

  fileprivate func isText(_ slot: Int, ofKind kind: Int) -> Bool {
    fields.contains { $0.slots[kind] == slot && $0.field.isBytes }
  }
}
