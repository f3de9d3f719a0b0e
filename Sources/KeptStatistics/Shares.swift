/// Holm's step-down p-values, in the order given: those at most 0.05 are the findings of a family of tests in which all the
/// null hypotheses together have a chance of 5 % to make even one (Holm 1979, Scandinavian Journal of Statistics 6, 65–70).
///
/// The i-th smallest of m, from 1, is multiplied by m − i + 1, raised to those before it, and cut at 1.
///
/// - Precondition: every p-value is in [0, 1].
public func holm(_ pValues: [Double]) -> [Double] {
  precondition(pValues.allSatisfy { $0 >= 0 && $0 <= 1 }, "p-values of \(pValues)")
  var adjusted = pValues
  var reached = 0.0
  for (rank, index) in pValues.indices.sorted(by: { pValues[$0] < pValues[$1] }).enumerated() {
    reached = max(reached, min(1, pValues[index] * Double(pValues.count - rank)))
    adjusted[index] = reached
  }
  return adjusted
}

/// How many of some will have the event, when each has a probability of their own: Σ p ± √Σ p(1 − p).
///
/// The deviation supposes that they leave independently of each other, and is too small where they do not.
///
/// - Precondition: every probability is in [0, 1].
public func poissonBinomial(_ probabilities: [Double]) -> (mean: Double, standardDeviation: Double) {
  var mean = 0.0
  var variance = 0.0
  for p in probabilities {
    precondition(p >= 0 && p <= 1, "a probability of \(p)")
    mean += p
    variance += p * (1 - p)
  }
  return (mean, variance.squareRoot())
}

/// The Net Promoter Score of some answers from 0 to 10, in points.
public struct NetPromoterScore: Equatable, Sendable {
  /// −100 … 100: the percentage of 9 and 10 less that of 0 to 6.
  public var score: Double
  /// In the same points: 100·√((p + d − (p − d)²)/n) with the shares p of promoters and d of detractors.
  public var standardError: Double
}

/// - Precondition: counts are not negative, and promoters and detractors not more than `answers`.
/// - Returns: nil without answers.
public func netPromoterScore(promoters: Int, detractors: Int, answers: Int) -> NetPromoterScore? {
  precondition(promoters >= 0 && detractors >= 0 && promoters + detractors <= answers, "\(promoters), \(detractors)")
  guard answers > 0 else { return nil }
  let n = Double(answers)
  let net = Double(promoters - detractors) / n
  let variance = max(0, Double(promoters + detractors) / n - net * net) / n
  return NetPromoterScore(score: 100 * net, standardError: 100 * variance.squareRoot())
}

/// What the rates of many groups say about the rate of one: few observations say little, and are drawn to the mean of all.
public struct BetaPrior: Equatable, Sendable {
  /// The rate of all groups together.
  public var mean: Double
  /// α + β: as many observations at `mean` are added to each group's own. Infinite where the groups differ no more than
  /// chance makes them.
  public var strength: Double

  /// The prior by moments: the spread of the groups' rates beyond that of chance (Kleinman 1973, JASA 68, 46–54).
  ///
  /// With N = Σ n and S = Σ n(k/n − mean)²: 1/(α + β + 1) = (S/(mean·(1 − mean)) − (groups − 1))/(N − Σn²/N − (groups − 1)).
  /// Refused: `tooLittleData` with fewer than two groups with observations, or none with more than one.
  ///
  /// - Precondition: 0 ≤ `events` ≤ `count` in each group.
  public static func byMoments(_ groups: [(events: Int, count: Int)]) -> Result<BetaPrior, Refusal> {
    precondition(groups.allSatisfy { $0.events >= 0 && $0.events <= $0.count }, "more events than observations")
    let seen = groups.filter { $0.count > 0 }
    let total = seen.reduce(0) { $0 + Double($1.count) }
    let free = Double(seen.count - 1)
    let below = total - seen.reduce(0) { $0 + Double($1.count) * Double($1.count) } / max(total, 1) - free
    guard seen.count >= 2, below > 1e-9 else { return .failure(.tooLittleData) }
    let mean = seen.reduce(0) { $0 + Double($1.events) } / total
    guard mean > 0, mean < 1 else { return .success(BetaPrior(mean: mean, strength: .infinity)) }
    let spread = seen.reduce(0) { sum, group in
      let difference = Double(group.events) / Double(group.count) - mean
      return sum + Double(group.count) * difference * difference
    }
    let share = min(1, (spread / (mean * (1 - mean)) - free) / below)
    return .success(BetaPrior(mean: mean, strength: share > 0 ? (1 - share) / share : .infinity))
  }

  /// (events + strength·mean)/(count + strength), between the group's own rate and the mean of all.
  ///
  /// - Precondition: 0 ≤ `events` ≤ `count`.
  public func shrunkenRate(events: Int, count: Int) -> Double {
    precondition(events >= 0 && events <= count, "\(events) of \(count)")
    let n = Double(count)
    guard strength < .infinity, n + strength > 0 else { return mean }
    return (Double(events) + strength * mean) / (n + strength)
  }
}
