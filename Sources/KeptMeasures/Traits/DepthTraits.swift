import KeptFormat
import KeptReplay

/// How many people of ours and of theirs are more than acquainted. Metrics S0.14.
///
/// Example: three touches each with Ann and Bo, Bo's third in the fourth of the last six months, one with Cy: depth 2; at
/// the ends of the six months it was 1, 1, 1, 2, 2, 2: depth_slope 0.257 a month.
final class DepthTraits: TraitFold {
  static let family = FactFamily(
    name: "depth traits", meaning: "a life",
    columns: [
      FactColumn(
        "depth", .count,
        "pairs of one of ours and one of theirs who know each other by several touches; NULL where no touch says who",
        formula: "(agent, person) with traits.depth_touches touches in or both and more", seed: "S0.14",
        direction: "BOTH", highIsGood: true),
      FactColumn(
        "depth_slope", .number, unit: "a month", "how fast that number grew; NULL until they are known that long",
        formula: "least squares slope of depth at the ends of the last traits.depth_months months", seed: "S0.14",
        direction: "BOTH", highIsGood: true),
    ],
    takesChunks: true,
    needs: { _ in [FactNeed(nil, [.text(.agent)], isHeard: false)] },
    makeFold: { DepthTraits($0) })

  private let agents: FactField
  /// Who it was with, in an account's life; a customer's is about one person.
  private let people: FactField
  private let firstMonth: Int
  private let firstEnd: Instant

  /// Pairs of one of ours and one of theirs, and touches of each.
  private var pairs = KeyTable()
  private var touches: [Int] = []
  private var hasAgents = false
  private var depth: Int64 = 0
  /// By month end: how many were known well by then.
  private var atEnd: [Int64]

  private init(_ base: FactBase) {
    agents = base.reader(.text(.agent))
    people = base.reader(.customer)
    let months = base.rulebook.traits.depthMonths
    atEnd = Array(repeating: 0, count: months)
    // The first of the months at whose ends depth is looked at; that of the as-of instant is not over.
    firstMonth = base.dayTable.bucket(.month, of: base.asOf) - months
    firstEnd = base.dayTable.end(.month, firstMonth)
    super.init(base, width: Self.family.columns.count)
  }

  override func begin() {
    pairs.removeAll()
    touches.removeAll(keepingCapacity: true)
    hasAgents = false
    depth = 0
    for place in atEnd.indices { atEnd[place] = 0 }
  }

  override func apply(_ chunk: borrowing Chunk) {
    for row in 0..<chunk.count where chunk.isTouch(row) {
      let direction = chunk.direction(row)
      guard direction == .in || direction == .both else { continue }
      let touch = chunk.touch(row)
      let agent = agents.code(touch)
      if agent == 0 { continue }
      hasAgents = true
      var pair = (Int64(agent), people.number(touch) ?? 0)
      let found = withUnsafeBytes(of: &pair) { pairs.insert(tag: 0, $0) }
      if found.isNew { touches.append(0) }
      touches[found.key] += 1
      guard touches[found.key] == rules.depthTouches else { continue }
      depth += 1
      let month = Int(chunk.months[row])
      for place in atEnd.indices where firstMonth + place >= month { atEnd[place] += 1 }
    }
  }

  override func close() {
    say(hasAgents ? depth : nil)
    say(hasAgents && firstAt < firstEnd ? slope() : nil)
  }

  /// Σ (x − x̄) y / Σ (x − x̄)², x = 0, 1 …, × 10⁶.
  private func slope() -> Int64? {
    let count = atEnd.count
    var sum: Int64 = 0
    for (x, y) in atEnd.enumerated() { sum += Int64(2 * x - count + 1) * y }
    let spread = Int64(count * (count * count - 1))
    return spread == 0 ? nil : Int64((6_000_000 * Double(sum) / Double(spread)).rounded())
  }
}
