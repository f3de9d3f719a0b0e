import KeptFormat
import KeptReplay

/// Whether we are the same firm to them whoever of us they meet and however. Metrics S3.15.
///
/// Example: what sales did says +1.2 on average, what billing did −0.9, of three touches and more each:
/// split_departments 2.1.
final class SplitTraits: TraitFold {
  static let family = FactFamily(
    name: "split traits", meaning: "a life",
    columns: [
      range("split_personality", "the larger of both", "max(split_departments, split_channels)"),
      range("split_departments", "between the departments they met", "highest − lowest mean of a department"),
      range("split_channels", "between the channels they met us through", "highest − lowest mean of a channel"),
    ],
    takesChunks: true, readsPoints: true,
    needs: { _ in [FactNeed(nil, [.text(.department), .text(.channel)], isHeard: false)] },
    makeFold: { SplitTraits($0) })

  private static func range(_ name: String, _ meaning: String, _ formula: String) -> FactColumn {
    FactColumn(
      name, .number, unit: "points",
      "how far what we did, and they felt, differs: \(meaning); NULL without two to compare",
      formula: formula + ", points of both WE lists, of those with traits.split_touches and more that say something",
      seed: "S3.15", direction: "WE", highIsGood: false)
  }

  /// Points of touches by a word: few, so that looking through them is no search.
  private struct Means {
    private var words: [(code: UInt32, points: Int64, touches: Int64)] = []

    mutating func removeAll() { words.removeAll(keepingCapacity: true) }

    mutating func add(_ code: UInt32, _ points: Int64) {
      if code == 0 { return }
      if let place = words.firstIndex(where: { $0.code == code }) {
        words[place].points += points
        words[place].touches += 1
      } else {
        words.append((code, points, 1))
      }
    }

    /// Of the means, highest − lowest, × 10⁶; nil without two of them.
    func range(_ least: Int) -> Int64? {
      var (low, high, count) = (Double.infinity, -Double.infinity, 0)
      for word in words where word.touches >= least {
        let mean = Double(word.points) / Double(word.touches)
        (low, high, count) = (min(low, mean), max(high, mean), count + 1)
      }
      return count < 2 ? nil : Int64((high - low).rounded())
    }
  }

  private let departments: FactField
  private let channels: FactField
  private var byDepartment = Means()
  private var byChannel = Means()

  private init(_ base: FactBase) {
    departments = base.reader(.text(.department))
    channels = base.reader(.text(.channel))
    super.init(base, width: Self.family.columns.count)
  }

  override func begin() {
    byDepartment.removeAll()
    byChannel.removeAll()
  }

  override func apply(_ chunk: borrowing Chunk) {
    for row in 0..<chunk.count where chunk.isTouch(row) {
      let points = chunk.points[row]
      if points == 0 { continue }
      let touch = chunk.touch(row)
      byDepartment.add(departments.code(touch), points)
      byChannel.add(channels.code(touch), points)
    }
  }

  override func close() {
    let (departments, channels) = (byDepartment.range(rules.splitTouches), byChannel.range(rules.splitTouches))
    say(departments.map { max($0, channels ?? 0) } ?? channels)
    say(departments)
    say(channels)
  }
}
