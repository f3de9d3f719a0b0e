import Glibc
import KeptReplay

/// One condition with the slots it reads. A class whose lists are plain memory, so that asking it counts no references.
final class CompiledCondition: Sendable {
  private enum Test: Sendable {
    case direction, fact
    /// A number (or a sum) between two bounds, both included.
    case between
    /// A number or boolean, a text, or an interned word; `flag` decides if the field is absent.
    case isOneOf
    case isPresent, isEmpty
  }

  private let test: Test
  /// A bit for each direction that will do.
  private let directions: UInt8
  private let fact: UInt32
  private let low: Int64
  private let high: Int64
  private let flag: Bool
  private let textSlot: Int
  private let codeSlot: Int
  private nonisolated(unsafe) let numberSlots: UnsafeBufferPointer<Int>
  private nonisolated(unsafe) let numbers: UnsafeBufferPointer<Int64>
  private nonisolated(unsafe) let codes: UnsafeBufferPointer<UInt32>
  private nonisolated(unsafe) let texts: UnsafeBufferPointer<UnsafeBufferPointer<UInt8>>

  /// Envelope fields by their names; everything else is a key of `data`.
  private static let numberFields: [String: DetailField] = ["amount": .amount, "score": .score, "due": .due]
  private static let textFields: [String: DetailField] = ["subject": .text(.subject)]
  private static let codeFields: [String: DetailField] = [
    "source": .text(.source), "channel": .text(.channel), "agent": .text(.agent), "department": .text(.department),
    "account": .text(.account), "party": .text(.party), "currency": .text(.currency),
  ]

  /// What a condition on `field` reads.
  static func details(of field: String, _ test: Condition.Test) -> [DetailField] {
    if let envelope = numberFields[field] ?? textFields[field] ?? codeFields[field] { return [envelope] }
    switch test {
    case .over, .from, .under, .to: return [.dataNumber(field)]
    case .isEmpty: return [.dataText(field)]
    case .isPresent: return [.dataNumber(field), .dataText(field)]
    case .isOneOf(let literals):
      var fields: [DetailField] = []
      for literal in literals {
        switch literal {
        case .text: fields.append(.dataText(field))
        case .number: fields.append(.dataNumber(field))
        }
      }
      return fields
    case .direction, .fact: return []
    }
  }

  init(
    _ condition: Condition, kind: String, plan: DetailPlan, code: (String) -> UInt32, standardInstrument: String
  ) {
    let field = condition.fields.first ?? ""
    numberSlots = Self.keep(condition.fields.map { plan.slot(kind, Self.numberFields[$0] ?? .dataNumber($0)) })
    textSlot = plan.slot(kind, Self.textFields[field] ?? .dataText(field))
    codeSlot = Self.codeFields[field].map { plan.slot(kind, $0) } ?? -1
    var bounds = (low: Int64.min, high: Int64.max)
    var (directions, fact, flag) = (UInt8(0), UInt32(0), false)
    var (numbers, texts, codes): ([Int64], [[UInt8]], [UInt32]) = ([], [], [])
    switch condition.test {
    case .direction(let set):
      test = .direction
      for way in set { directions |= 1 << way.rawValue }
    case .fact(let asked):
      test = .fact
      fact = asked.bit
    case .over(let bound):
      test = .between
      bounds.low = bound + 1
    case .from(let bound):
      test = .between
      bounds.low = bound
    case .under(let bound):
      test = .between
      bounds.high = bound - 1
    case .to(let bound):
      test = .between
      bounds.high = bound
    case .isPresent(let wanted):
      test = .isPresent
      flag = wanted
    case .isEmpty(let wanted):
      test = .isEmpty
      flag = wanted
    case .isOneOf(let literals):
      test = .isOneOf
      for literal in literals {
        switch literal {
        case .number(let micros): numbers.append(micros)
        case .text(let text):
          texts.append(Array(text.utf8))
          if Self.codeFields[field] != nil { codes.append(code(text)) }
        }
      }
      // A rating that does not say its instrument is one of the standard instrument.
      flag = field == "instrument" && literals.contains(.text(standardInstrument))
    }
    (low, high) = bounds
    (self.directions, self.fact, self.flag) = (directions, fact, flag)
    self.numbers = Self.keep(numbers)
    self.codes = Self.keep(codes)
    self.texts = Self.keep(texts.map(Self.keep))
  }

  deinit {
    numberSlots.deallocate()
    numbers.deallocate()
    codes.deallocate()
    texts.forEach { $0.deallocate() }
    texts.deallocate()
  }

  private static func keep<Element>(_ list: [Element]) -> UnsafeBufferPointer<Element> {
    let kept = UnsafeMutableBufferPointer<Element>.allocate(capacity: list.count)
    _ = kept.initialize(from: list)
    return UnsafeBufferPointer(kept)
  }

  func holds(_ touch: Touch, _ direction: Direction, _ facts: UInt32) -> Bool {
    switch test {
    case .direction: return directions & 1 << direction.rawValue != 0
    case .fact: return facts & fact != 0
    case .between:
      var sum: Int64 = 0
      for slot in numberSlots {
        let value = slot < 0 ? Touch.absent : touch.touches.number(touch.row, slot)
        if value == Touch.absent { return false }
        let (total, overflow) = sum.addingReportingOverflow(value)
        if overflow { return false }
        sum = total
      }
      return sum >= low && sum <= high
    case .isPresent: return isPresent(touch) == flag
    case .isEmpty:
      guard textSlot >= 0, let text = touch.touches.text(touch.row, textSlot) else { return false }
      // As text a list or an object is canonical JSON: two bytes when nothing is in it.
      let isEmpty = text.count == 0 || text.count == 2 && (text[0] == 0x5B || text[0] == 0x7B)
      return isEmpty == flag
    case .isOneOf:
      if codeSlot >= 0 {
        let code = touch.touches.code(touch.row, codeSlot)
        return code == 0 ? flag : codes.contains(code)
      }
      if !numbers.isEmpty, numberSlots[0] >= 0 {
        let value = touch.touches.number(touch.row, numberSlots[0])
        if value != Touch.absent { return numbers.contains(value) }
      }
      guard textSlot >= 0, let text = touch.touches.text(touch.row, textSlot) else { return flag }
      for word in texts where word.count == text.count {
        if word.isEmpty || memcmp(word.baseAddress!, text.baseAddress!, word.count) == 0 { return true }
      }
      return false
    }
  }

  private func isPresent(_ touch: Touch) -> Bool {
    if codeSlot >= 0 { return touch.touches.code(touch.row, codeSlot) != 0 }
    if textSlot >= 0, touch.touches.text(touch.row, textSlot) != nil { return true }
    return numberSlots[0] >= 0 && touch.touches.number(touch.row, numberSlots[0]) != Touch.absent
  }
}
