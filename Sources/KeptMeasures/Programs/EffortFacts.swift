import KeptFormat
import KeptReplay

/// Effort spent on keeping customers of whom we know how well they suit us. Metrics S2.6.
final class EffortFacts: FactFold {
  private enum Column: Int, CaseIterable { case spent_at, minutes, misfit_minutes, amount, misfit_amount }

  static let family = FactFamily(
    name: "keep_efforts", meaning: "effort spent on keeping somebody whose fit was assessed before",
    columns: [
      FactColumn("spent_at", .instant, isNullable: false, "when"),
      FactColumn("minutes", .number, unit: "minutes", "what it took"),
      FactColumn("misfit_minutes", .number, unit: "minutes", "the same, 0 where the fit is not below programs.misfit"),
      FactColumn("amount", .amount, "what it cost"),
      FactColumn("misfit_amount", .amount, "the same, 0 where the fit is not below programs.misfit"),
    ],
    needs: { _ in
      [
        FactNeed([assessed], [.score]),
        FactNeed([spent], [.dataText("effort"), .dataNumber("minutes"), .amount, .text(.currency)] + PlaceReader.fields),
      ]
    },
    makeFold: { EffortFacts($0) })

  private static let assessed = "fit.assessed"
  private static let spent = "effort.spent"

  private let isAssessment: [Bool]
  private let scores: FactField
  private let efforts: FactField
  private let minutes: FactField
  private let amounts: FactField
  private let currencies: FactField
  private let rates: [UInt32: Int64]
  private let misfit: Int64
  private var fit: Int64?
  private var found: [(row: [Int64], place: FactPlace)] = []

  private init(_ base: FactBase) {
    isAssessment = base.kinds.map { $0 == Self.assessed }
    scores = base.reader(.score)
    efforts = base.reader(.dataText("effort"))
    minutes = base.reader(.dataNumber("minutes"))
    amounts = base.reader(.amount)
    currencies = base.reader(.text(.currency))
    rates = base.rates
    misfit = base.rulebook.programs.misfit
    super.init(base, columnCount: Column.allCases.count)
  }

  override func begin() {
    fit = nil
    found.removeAll(keepingCapacity: true)
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    if isAssessment[touch.kind] {
      fit = scores.number(touch) ?? fit
      return
    }
    guard let fit, efforts.says(touch, "keep") else { return }
    var row = [touch.time, FactRows.absent, FactRows.absent, FactRows.absent, FactRows.absent]
    func set(_ column: Column, _ value: Int64?) {
      guard let value else { return }
      row[column.rawValue] = value
      row[column.rawValue + 1] = fit < misfit ? value : 0
    }
    set(.minutes, minutes.number(touch))
    if let amount = amounts.number(touch), let rate = rates[currencies.code(touch)] {
      set(.amount, OrderTracker.worth(amount, rate: rate))
    }
    var place = FactPlace()
    note(touch, &place)
    found.append((row, place))
  }

  override func end(customer: UInt32) {
    for effort in found { append(effort.row, effort.place, customer: customer) }
  }
}
