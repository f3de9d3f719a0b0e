import KeptFormat
import KeptReplay

/// A field that the folds read by name; where it stands depends on the kind (`FieldSlots`).
enum TouchField: Int, CaseIterable, Sendable {
  case source, customer, account, party, agent, department, currency, subject
  /// `data.<noun>_id`, noun being the kind's own.
  case ownID
  case caseID, projectID, promiseID, invoiceID, returnID, orderID
  case due, dueAt, by, askedBy, promise
  case amount, score, instrument, scaleMin, scaleMax, level, heardFrom
  case change, endedBy, effectiveAt
  case automated, fromAgent, fromDepartment, askKind
  case since, foundVia, offering, mrrBefore, mrrAfter, endsAt, effort
  case position, byBot, role, introduced

  func detail(ofKind kind: String) -> DetailField {
    switch self {
    case .source: .text(.source)
    case .customer: .customer
    case .account: .text(.account)
    case .party: .text(.party)
    case .agent: .text(.agent)
    case .department: .text(.department)
    case .currency: .text(.currency)
    case .subject: .text(.subject)
    case .ownID: .dataText("\(kind.prefix { $0 != "." })_id")
    case .caseID: .dataText("case_id")
    case .projectID: .dataText("project_id")
    case .promiseID: .dataText("promise_id")
    case .invoiceID: .dataText("invoice_id")
    case .returnID: .dataText("return_id")
    case .orderID: .dataText("order_id")
    case .due: .due
    case .dueAt: .dataText("due_at")
    case .by: .dataText("by")
    case .askedBy: .dataText("asked_by")
    case .promise: .dataText("promise")
    case .amount: .amount
    case .score: .score
    case .instrument: .dataText("instrument")
    case .scaleMin: .dataNumber("scale_min")
    case .scaleMax: .dataNumber("scale_max")
    case .level: .dataText("level")
    case .heardFrom: .dataText("heard_from")
    case .change: .dataText("change")
    case .endedBy: .dataText("ended_by")
    case .effectiveAt: .dataText("effective_at")
    case .automated: .dataNumber("automated")
    case .fromAgent: .dataText("from_agent")
    case .fromDepartment: .dataText("from_dept")
    case .askKind: .dataText("ask_kind")
    case .since: .dataText("since")
    case .foundVia: .dataText("found_via")
    case .offering: .dataText("offering")
    case .mrrBefore: .dataNumber("mrr_before")
    case .mrrAfter: .dataNumber("mrr_after")
    case .endsAt: .dataText("ends_at")
    case .effort: .dataText("effort")
    case .position: .position
    case .byBot: .dataNumber("by_bot")
    case .role: .dataText("role")
    case .introduced: .dataNumber("introduced")
    }
  }
}

extension Need {
  init(_ kinds: [String], _ fields: [TouchField]) {
    // `ownID` differs by kind, so a need of several nouns is spelled out kind by kind (see `needs(_:_:)`).
    self.init(kinds: kinds, fields: fields.map { $0.detail(ofKind: kinds.first ?? "") })
  }

  /// A need for each kind, so that `ownID` means each kind's own.
  static func each(_ kinds: some Sequence<String>, _ fields: [TouchField]) -> [Need] {
    kinds.map { Need([$0], fields) }
  }
}

/// Where every `TouchField` stands in the details of every kind, for reading without a dictionary.
final class FieldSlots: Sendable {
  /// Every kind has a row with room for so many fields: reading one takes a shift, whatever their number.
  @inline(__always) fileprivate static var room: Int { 64 }

  private nonisolated(unsafe) let table: UnsafeMutablePointer<Int8>

  /// What a `Touch` reads through; valid as long as this object.
  var pointer: UnsafePointer<Int8> { UnsafePointer(table) }

  init(kinds: [String], plan: DetailPlan) {
    precondition(TouchField.allCases.count <= Self.room, "more than \(Self.room) fields")
    table = .allocate(capacity: max(1, kinds.count * Self.room))
    for (code, kind) in kinds.enumerated() {
      for field in TouchField.allCases {
        let slot = plan.slot(kind, field.detail(ofKind: kind))
        precondition(slot < 128, "a touch of \(kind) carries more than 127 fields")
        table[code * Self.room + field.rawValue] = Int8(slot)
      }
    }
  }

  deinit { table.deallocate() }

  @inline(__always)
  func slot(_ kind: Int, _ field: TouchField) -> Int {
    Int(table[kind * Self.room + field.rawValue])
  }
}

/// One touch with its details, as the folds read it.
struct Touch {
  let touches: Touches
  let row: Int
  let kind: Int
  /// `FieldSlots.pointer`: a touch is made for one look, and counting references would cost more than the look.
  let slots: UnsafePointer<Int8>

  static let absent = Int64.min

  @inline(__always) var time: Instant { touches.rows[row].time }

  @inline(__always)
  private func slot(_ field: TouchField) -> Int { Int(slots[kind * FieldSlots.room + field.rawValue]) }

  func number(_ field: TouchField) -> Int64 {
    let slot = slot(field)
    return slot < 0 ? Self.absent : touches.number(row, slot)
  }

  func text(_ field: TouchField) -> UnsafeRawBufferPointer? {
    let slot = slot(field)
    return slot < 0 ? nil : touches.text(row, slot)
  }

  func code(_ field: TouchField) -> UInt32 {
    let slot = slot(field)
    return slot < 0 ? 0 : touches.code(row, slot)
  }

  /// Whether a text field says exactly `word`.
  func says(_ field: TouchField, _ word: StaticString) -> Bool {
    guard let text = text(field), text.count == word.utf8CodeUnitCount else { return false }
    return UnsafeRawBufferPointer(start: word.utf8Start, count: text.count).elementsEqual(text)
  }

  /// A text field that holds an RFC 3339 instant; anything else counts as absent.
  func instant(_ field: TouchField) -> Instant { text(field).map(Self.instant) ?? Self.absent }

  static func instant(_ text: UnsafeRawBufferPointer) -> Instant {
    if text.count == 0 { return absent }
    return (try? RFC3339.parse(text.baseAddress!.assumingMemoryBound(to: UInt8.self), count: text.count)) ?? absent
  }

  /// The id of the thing the touch is about: the kind's own `<noun>_id`, else the subject.
  var ownID: UnsafeRawBufferPointer? { text(.ownID) ?? text(.subject) }

  /// The due instant: the field, else `data.due_at`.
  var due: Instant {
    let due = number(.due)
    return due == Self.absent ? instant(.dueAt) : due
  }
}
