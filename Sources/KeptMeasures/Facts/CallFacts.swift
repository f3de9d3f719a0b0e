import KeptFormat
import KeptReplay

/// Calls: how long they waited and were held, and whether a human was reached. Metrics S3.1, S3.3.
final class CallFacts: FactFold {
  private enum Column: Int, CaseIterable {
    case customer, called_at, case_id, wait_s, hold_s, waited_s, talk_s, apologies
    case abandoned, human_reached, waited_long
  }

  static let family = FactFamily(
    name: "calls", meaning: "a call handled",
    columns: Column.allCases.map(column),
    needs: { _ in
      [
        FactNeed(
          ["call.handled"],
          [
            .dataText("case_id"), .dataNumber("wait_s"), .dataNumber("hold_s"), .dataNumber("talk_s"),
            .dataNumber("apologies"), .dataNumber("abandoned"), .dataNumber("human_reached"),
          ] + PlaceReader.fields)
      ]
    },
    makeFold: { CallFacts($0) })

  private static func column(_ column: Column) -> FactColumn {
    let name = "\(column)"
    func seconds(_ meaning: String, _ formula: String = "", _ good: Bool? = false) -> FactColumn {
      FactColumn(name, .seconds, meaning, formula: formula, seed: "S3.1", direction: "WE", highIsGood: good)
    }
    switch column {
    case .customer: return FactColumn(name, .customer, "external id")
    case .called_at: return FactColumn(name, .instant, isNullable: false, "when it was handled")
    case .case_id: return FactColumn(name, .word, "the case it was about")
    case .wait_s: return seconds("how long they waited for somebody")
    case .hold_s: return seconds("how long they were held once somebody was there")
    case .waited_s: return seconds("waiting and holding together", "wait_s + hold_s, one of them at least")
    case .talk_s: return seconds("how long was talked", "", nil)
    case .apologies:
      return FactColumn(
        name, .count, "apologies for keeping them on the line", seed: "S3.1", direction: "WE", highIsGood: false)
    case .abandoned:
      return FactColumn(
        name, .flag, "whether they hung up waiting; their wait is then only the least it was", seed: "S3.1",
        direction: "WE", highIsGood: false)
    case .human_reached:
      return FactColumn(name, .flag, "whether a person was reached", seed: "S3.3", direction: "WE", highIsGood: true)
    case .waited_long:
      return FactColumn(
        name, .flag, "waited longer than the norm", formula: "waited_s > norms.waited_soon", seed: "S1.25",
        direction: "WE", highIsGood: false)
    }
  }

  private let cases: FactField
  private let waits: FactField
  private let holds: FactField
  private let talks: FactField
  private let apologies: FactField
  private let abandoned: FactField
  private let humans: FactField
  private let limit: Int64
  private var calls: [(row: [Int64], place: FactPlace)] = []

  private init(_ base: FactBase) {
    cases = base.reader(.dataText("case_id"))
    waits = base.reader(.dataNumber("wait_s"))
    holds = base.reader(.dataNumber("hold_s"))
    talks = base.reader(.dataNumber("talk_s"))
    apologies = base.reader(.dataNumber("apologies"))
    abandoned = base.reader(.dataNumber("abandoned"))
    humans = base.reader(.dataNumber("human_reached"))
    limit = base.rulebook.norms.waitedSoon
    super.init(base, columnCount: Column.allCases.count)
  }

  override func begin() { calls.removeAll(keepingCapacity: true) }

  override func take(_ touch: Touch, _ direction: Direction) {
    var row = [Int64](repeating: FactRows.absent, count: Column.allCases.count)
    func set(_ column: Column, _ value: Int64?) {
      if let value { row[column.rawValue] = value }
    }
    let (wait, hold) = (waits.number(touch), holds.number(touch))
    // A number of seconds × 10⁶ is one of microseconds.
    let waited = wait == nil && hold == nil ? nil : (wait ?? 0) + (hold ?? 0)
    set(.called_at, touch.time)
    set(.case_id, cases.text(touch).map { rows.text($0) })
    set(.wait_s, wait)
    set(.hold_s, hold)
    set(.waited_s, waited)
    set(.talk_s, talks.number(touch))
    set(.apologies, apologies.number(touch).map { $0 / 1_000_000 })
    set(.abandoned, abandoned.number(touch))
    set(.human_reached, humans.number(touch))
    set(.waited_long, waited.map { $0 > limit ? 1 : 0 })
    var place = FactPlace()
    note(touch, &place)
    calls.append((row, place))
  }

  override func end(customer: UInt32) {
    for call in calls { append(call.row, call.place, customer: customer) }
  }
}
