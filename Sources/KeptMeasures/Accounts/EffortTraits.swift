import KeptFormat
import KeptReplay

/// Whether an account gets as much attention as a new one, and as much as before. Metrics S3.10, S4.17.
///
/// Effort counts where it names the account. Example: of late 12 minutes went to keeping this account, 190 to getting two
/// new ones: 12 vs 95, vulnerable.
final class EffortTraits: TraitFold {
  static let family = FactFamily(
    name: "effort traits", meaning: "a life",
    columns: [
      minutes(
        "recent_keep_minutes", "minutes spent of late on keeping them",
        "Σ minutes of effort.spent with effort keep within traits.window_days", "S3.10"),
      minutes(
        "recent_get_minutes_per_new", "minutes spent of late on getting accounts for each account that began; NULL: none began",
        "Σ minutes of all accounts with effort acquire / accounts that began, within traits.window_days", "S3.10"),
      FactColumn(
        "vulnerable", .flag,
        "whether they get less attention than a new account; NULL for one that is new, where none began, and where only some "
          + "were replayed",
        formula: "recent_keep_minutes < recent_get_minutes_per_new", seed: "S3.10", direction: "WE", highIsGood: false,
        requires: efforts),
      minutes(
        "invested_minutes", "minutes spent of late on keeping and serving them",
        "Σ minutes with effort keep or serve within accounts.invest_days", "S4.17"),
      minutes(
        "invested_minutes_before", "the same of the span before that; NULL where they are not known that long",
        "as invested_minutes, accounts.invest_days earlier", "S4.17"),
      FactColumn(
        "still_investing", .flag, "whether we spend at least as much on them as before",
        formula: "invested_minutes ≥ invested_minutes_before", seed: "S4.17", direction: "WE", highIsGood: true,
        requires: efforts),
    ],
    needs: { _ in [FactNeed(efforts[0], [.dataText("effort"), .dataNumber("minutes")])] },
    makeFold: { EffortTraits($0) },
    settle: { folds, lives in
      if lives.isPartial { return }
      let folds = folds.map { $0 as! EffortTraits }
      let spent = folds.reduce(0) { $0 + $1.spentOnNew }
      let began = folds.reduce(0) { $0 + $1.newCount }
      for fold in folds { fold.compare(spent: spent, began: began) }
    })

  private static let efforts = [["effort.spent"]]

  private static func minutes(_ name: String, _ meaning: String, _ formula: String, _ seed: String) -> FactColumn {
    FactColumn(
      name, .number, unit: "minutes", meaning, formula: formula, seed: seed, direction: "WE", highIsGood: nil,
      requires: efforts)
  }

  private enum Place { static let kept = 0, forNew = 1, isVulnerable = 2 }

  private let efforts: FactField
  private let minutes: FactField
  private let start: Instant
  private let investStart: Instant
  private let beforeStart: Instant

  private var kept: Int64 = 0
  private var invested: Int64 = 0
  private var investedBefore: Int64 = 0
  /// Of all accounts folded: minutes × 10⁶ of getting, and how many accounts began of late.
  private var spentOnNew: Int64 = 0
  private var newCount: Int64 = 0
  /// By row: whether the account is new.
  private var isNew: [Bool] = []

  private init(_ base: FactBase) {
    efforts = base.reader(.dataText("effort"))
    minutes = base.reader(.dataNumber("minutes"))
    let rules = base.rulebook
    start = base.start(daysAgo: rules.traits.windowDays)
    investStart = base.start(daysAgo: rules.accounts.investDays)
    beforeStart = base.start(daysAgo: 2 * rules.accounts.investDays)
    super.init(base, width: Self.family.columns.count)
  }

  override func begin() {
    kept = 0
    invested = 0
    investedBefore = 0
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    guard let spent = minutes.number(touch) else { return }
    let isKeeping = efforts.says(touch, "keep")
    if touch.time >= start {
      if isKeeping { kept &+= spent }
      if efforts.says(touch, "acquire") { spentOnNew &+= spent }
    }
    guard isKeeping || efforts.says(touch, "serve"), touch.time >= beforeStart else { return }
    if touch.time >= investStart { invested &+= spent } else { investedBefore &+= spent }
  }

  override func close() {
    let wasThere = firstAt < beforeStart
    say(kept)
    sayNothing(2)
    say(invested)
    say(wasThere ? investedBefore : nil)
    say(wasThere ? invested >= investedBefore : nil)
    isNew.append(firstAt >= start)
    if firstAt >= start { newCount += 1 }
  }

  private func compare(spent: Int64, began: Int64) {
    if began == 0 { return }
    for row in isNew.indices {
      rows.set(row, Place.forNew, spent / began)
      if !isNew[row] {
        let isLess = Int128(rows.word(row, Place.kept)) * Int128(began) < Int128(spent)
        rows.set(row, Place.isVulnerable, isLess ? 1 : 0)
      }
    }
  }
}
