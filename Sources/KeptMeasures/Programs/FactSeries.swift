import KeptFormat
import KeptStatistics

/// The things of a measure as time went on: all of them, or those of one agent.
///
/// Their moments up to every so many things are kept, so that those of a window cost next to nothing.
struct FactSeries {
  private static let step = 64

  private let teller: FactTeller
  /// By time; those of one instant by customer.
  private let things: [FactThing]
  /// Of the things before every `step`th.
  private let moments: [ExactMoments]

  private init(_ teller: FactTeller, _ things: [FactThing]) {
    self.teller = teller
    self.things = things
    var sum = ExactMoments()
    var moments: [ExactMoments] = []
    moments.reserveCapacity(things.count / Self.step + 1)
    for (place, thing) in things.enumerated() {
      if place % Self.step == 0 { moments.append(sum) }
      sum.add(thing)
    }
    moments.append(sum)
    self.moments = moments
  }

  /// All things, under nil, and those of each agent, by name.
  static func of(_ measure: FactMeasure, _ replayed: Replayed) -> [String?: FactSeries] {
    guard let book = replayed.books[measure.family.name] else { return [:] }
    let teller = FactTeller(measure)
    var things = FactThings(measure, book, asOf: replayed.run.asOf).all
    things.sort { ($0.at, $0.customer, $0.value, $0.other) < ($1.at, $1.customer, $1.value, $1.other) }
    let agents = book.places.entities(.agent)!
    let names = book.places.names[MeasureGrain.agent.rawValue]
    var byAgent: [[FactThing]] = Array(repeating: [], count: names.count)
    for thing in things where agents[Int(thing.place)] >= 0 { byAgent[Int(agents[Int(thing.place)])].append(thing) }
    var series: [String?: FactSeries] = [nil: FactSeries(teller, things)]
    for (name, own) in zip(names, byAgent) { series[name] = FactSeries(teller, own) }
    return series
  }

  /// Of the things that happened in a stretch of time.
  func places(_ window: Range<Instant>) -> Range<Int> {
    func first(from time: Instant) -> Int {
      var (low, high) = (0, things.count)
      while low < high {
        let middle = (low + high) / 2
        if things[middle].at < time { low = middle + 1 } else { high = middle }
      }
      return low
    }
    return first(from: window.lowerBound)..<first(from: window.upperBound)
  }

  func estimate(_ places: Range<Int>) -> Estimate? {
    teller.estimate(things[places], before(places.upperBound).less(before(places.lowerBound)))
  }

  private func before(_ place: Int) -> ExactMoments {
    var sum = moments[place / Self.step]
    for thing in things[place / Self.step * Self.step..<place] { sum.add(thing) }
    return sum
  }
}

/// Sums of whole numbers, so that a window's are those of its own things whatever came before.
private struct ExactMoments {
  private var count: Int64 = 0
  private var x: Int128 = 0
  private var y: Int128 = 0
  private var xx: Int128 = 0
  private var yy: Int128 = 0
  private var xy: Int128 = 0

  mutating func add(_ thing: FactThing) {
    let (value, other) = (Int128(thing.value), Int128(thing.other))
    count += 1
    x += value
    y += other
    // A value is below 2⁶³: the squares of a few are wider than the sum. What is lost then is an interval.
    xx &+= value &* value
    yy &+= other &* other
    xy &+= value &* other
  }

  func less(_ other: ExactMoments) -> Moments {
    Moments(
      count: Double(count - other.count), x: Double(whole: x - other.x), y: Double(whole: y - other.y),
      xx: Double(whole: xx &- other.xx), yy: Double(whole: yy &- other.yy), xy: Double(whole: xy &- other.xy))
  }
}
