import KeptFormat
import KeptReplay

/// Whether an account of late was treated like any other. Metrics S1.22.
///
/// Example: in three months twenty touches of ours, seventeen of them administration, no personal care and no promise
/// kept: just another.
final class SameOldTraits: TraitFold {
  static let family = FactFamily(
    name: "same old traits", meaning: "a life",
    columns: [
      FactColumn(
        "just_another", .flag,
        "whether they are just another account to us: no personal care, no promise to them kept, and next to all we sent "
          + "was administration; NULL where what went out does not say its purpose",
        formula: "within traits.window_days: no care.given with personal true, no promise of ours kept in time, admin / "
          + "outbound > accounts.admin_share", seed: "S1.22", direction: "WE", highIsGood: false,
        requires: [["care.given"]])
    ],
    takesChunks: true,
    needs: { _ in
      [FactNeed(nil, [.dataText("purpose")], isHeard: false), FactNeed(["care.given"], [.dataNumber("personal")])]
    },
    makeFold: { SameOldTraits($0) })

  private let purposes: FactField
  private let personal: FactField
  private let promises: PromiseTracker?
  private let start: Instant
  private let limit: Int64

  private var hasCare = false
  private var admin: Int64 = 0
  private var outbound: Int64 = 0

  private init(_ base: FactBase) {
    purposes = base.reader(.dataText("purpose"))
    personal = base.reader(.dataNumber("personal"))
    promises = base.promises
    start = base.start(daysAgo: base.rulebook.traits.windowDays)
    limit = base.rulebook.accounts.adminShare
    super.init(base, width: Self.family.columns.count)
  }

  override func begin() {
    hasCare = false
    (admin, outbound) = (0, 0)
  }

  override func apply(_ chunk: borrowing Chunk) {
    for row in 0..<chunk.count where chunk.isTouch(row) {
      guard chunk.direction(row) == .out else { continue }
      let touch = chunk.touch(row)
      if touch.time < start || purposes.text(touch) == nil { continue }
      outbound += 1
      if purposes.says(touch, "admin") { admin += 1 }
    }
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    if touch.time >= start, personal.flag(touch) == true { hasCare = true }
  }

  override func close() {
    if hasCare || hasKeptPromise { return say(false) }
    say(outbound == 0 ? nil : Int128(admin) * 1_000_000 > Int128(limit) * Int128(outbound))
  }

  private var hasKeptPromise: Bool {
    promises?.promises.contains {
      $0.maker == .us && $0.settlement == .kept && $0.settledAt >= start
        && ($0.due == .absentInstant || $0.settledAt <= $0.due)
    } ?? false
  }
}
