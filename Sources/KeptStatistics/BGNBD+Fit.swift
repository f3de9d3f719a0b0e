extension BGNBD {
  /// The most likely parameters, and what is needed to judge them.
  public struct Fit: Equatable, Sendable {
    public var model: BGNBD
    /// r, α, a, b with their standard errors.
    public var parameters: [FittedParameter]
    public var logLikelihood: Double
    public var customerCount: Int
    /// Distinct histories: what the likelihood runs over.
    public var rowCount: Int
    /// The largest slope of the mean log likelihood in a parameter's logarithm; at most 10⁻⁶, or there is no fit.
    public var gradientNorm: Double
    /// Of `startCount` starts, how many came to this maximum.
    public var agreeingStartCount: Int
    public var startCount: Int
  }

  /// Fits the four parameters by maximum likelihood.
  ///
  /// Refused: `tooLittleData` with fewer than 30 customers or 10 with a repeat; `noInteriorMaximum` where the likelihood
  /// keeps rising towards an edge (customers who all buy alike, or never leave); `notConverged` otherwise.
  /// The order of `histories` does not matter, to the last bit.
  ///
  /// - Complexity: O(n log n) for the sorting, then about a hundred passes over the distinct histories, without allocation.
  public static func fit(_ histories: [PurchaseHistory]) -> Result<Fit, Refusal> {
    let rows = PurchaseHistory.collapsed(histories)
    let customerCount = rows.reduce(0) { $0 + $1.weight }
    let repeaterCount = rows.reduce(0) { $0 + ($1.frequency > 0 ? $1.weight : 0) }
    guard customerCount >= 30, repeaterCount >= 10 else { return .failure(.tooLittleData) }
    let n = Double(customerCount)
    // α is sought in mean ages, so that the unit of time makes no difference to the path.
    let unit = rows.reduce(0) { $0 + $1.age * Double($1.weight) } / n
    let likelihood = BGNBDLikelihood(rows)
    func model(_ point: [Double]) -> BGNBD {
      let values = point.map(Special.exp)
      return BGNBD(r: values[0], alpha: values[1] * unit, a: values[2], b: values[3])
    }
    let starts = [[0.5, 0.2, 1, 2.5], [1, 1, 0.3, 1], [0.2, 0.05, 2, 5]].map { $0.map(Special.ln) }
    return LikelihoodMaximum.seek(from: starts) { point, gradient in
      likelihood.mean(model(point), &gradient)
    }.map { maximum in
      let model = model(maximum.point)
      return Fit(
        model: model,
        parameters: FittedParameter.list(
          ["r", "alpha", "a", "b"], [model.r, model.alpha, model.a, model.b], maximum, count: n),
        logLikelihood: maximum.meanLogLikelihood * n, customerCount: customerCount,
        rowCount: rows.count, gradientNorm: maximum.gradientNorm, agreeingStartCount: maximum.agreeingStartCount,
        startCount: starts.count)
    }
  }
}

/// The sum of ln L over collapsed rows and its slopes.
///
/// Every logarithm and gamma function is of r + x, b + x, α + t_x or α + T, of which there are far fewer values than rows: they
/// are tabled once an evaluation, and a row costs one exponential and one logarithm.
private final class BGNBDLikelihood {
  /// Rows of one frequency lie together: `rows[group.rows]`.
  private struct Group {
    var frequency: Double
    var weight: Double
    var rows: Range<Int>
  }

  private struct Row {
    var recency: Int32
    var age: Int32
    var weight: Double
  }

  private struct Shifted {
    var ln = 0.0
    var inverse = 0.0
  }

  private var groups: [Group] = []
  private var rows: [Row] = []
  private let times: [Double]
  /// α + each of `times`, tabled.
  private var table: [Shifted]
  private let customerCount: Double

  init(_ histories: [PurchaseHistory]) {
    times = Set(histories.flatMap { [$0.recency, $0.age] }).sorted()
    table = Array(repeating: Shifted(), count: times.count)
    let places = Dictionary(uniqueKeysWithValues: times.enumerated().map { ($1, Int32($0)) })
    var start = 0
    while start < histories.count {
      let frequency = histories[start].frequency
      var end = start
      var weight = 0.0
      while end < histories.count, histories[end].frequency == frequency {
        let history = histories[end]
        rows.append(Row(recency: places[history.recency]!, age: places[history.age]!, weight: Double(history.weight)))
        weight += Double(history.weight)
        end += 1
      }
      groups.append(Group(frequency: Double(frequency), weight: weight, rows: start..<end))
      start = end
    }
    customerCount = groups.reduce(0) { $0 + $1.weight }
  }

  /// The mean ln L of a customer; writes its slopes in ln r, ln α, ln a, ln b.
  func mean(_ model: BGNBD, _ gradient: inout [Double]) -> Double {
    let (r, alpha, a, b) = (model.r, model.alpha, model.a, model.b)
    for (i, time) in times.enumerated() {
      table[i] = Shifted(ln: Special.ln(alpha + time), inverse: 1 / (alpha + time))
    }
    let lnA = Special.ln(a)
    let lnAlpha = Special.ln(alpha)
    let atZero = Special.lnGamma(a + b) - Special.lnGamma(b) - Special.lnGamma(r) + r * lnAlpha
    let digammaR = Special.digamma(r)
    let digammaB = Special.digamma(b)
    let digammaAB = Special.digamma(a + b)
    var (value, slopeR, slopeAlpha, slopeA, slopeB) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for group in groups {
      let x = group.frequency
      let w = group.weight
      let sum = rowSums(group, shape: r + x, lnShare: x > 0 ? lnA - Special.ln(b + x - 1) : -.infinity)
      let digammaABX = x > 0 ? Special.digamma(a + b + x) : digammaAB
      let gammas = Special.lnGamma(r + x) + Special.lnGamma(b + x) - Special.lnGamma(a + b + x)
      value += w * (atZero + gammas) + sum.value
      slopeR += w * ((x > 0 ? Special.digamma(r + x) : digammaR) - digammaR + lnAlpha) + sum.ln
      slopeAlpha += w * r / alpha + (r + x) * sum.inverse
      slopeA += w * (digammaAB - digammaABX) + sum.gone / a
      slopeB += w * (digammaAB - digammaABX)
      if x > 0 { slopeB += w * (Special.digamma(b + x) - digammaB) - sum.gone / (b + x - 1) }
    }
    gradient[0] = slopeR * r / customerCount
    gradient[1] = slopeAlpha * alpha / customerCount
    gradient[2] = slopeA * a / customerCount
    gradient[3] = slopeB * b / customerCount
    return value / customerCount
  }

  /// Of the rows of one frequency: Σ of the last term of ln L, of its slopes in r and, but for r + x, in α, and of the
  /// probability of being gone.
  private func rowSums(
    _ group: Group, shape: Double, lnShare: Double
  ) -> (value: Double, ln: Double, inverse: Double, gone: Double) {
    var (value, ln, inverse, gone) = (0.0, 0.0, 0.0, 0.0)
    rows.withUnsafeBufferPointer { rows in
      table.withUnsafeBufferPointer { table in
        for i in group.rows {
          let row = rows[i]
          let age = table[Int(row.age)]
          if lnShare == -.infinity {
            value -= row.weight * shape * age.ln
            ln -= row.weight * age.ln
            inverse -= row.weight * age.inverse
            continue
          }
          let last = table[Int(row.recency)]
          let odds = lnShare + shape * (age.ln - last.ln)
          let small = Special.exp(odds > 0 ? -odds : odds)
          let larger = 1 / (1 + small)
          let goneShare = odds > 0 ? larger : small * larger
          let aliveShare = odds > 0 ? small * larger : larger
          value += row.weight * ((odds > 0 ? odds : 0) + Special.ln(1 + small) - shape * age.ln)
          ln -= row.weight * (aliveShare * age.ln + goneShare * last.ln)
          inverse -= row.weight * (aliveShare * age.inverse + goneShare * last.inverse)
          gone += row.weight * goneShare
        }
      }
    }
    return (value, ln, inverse, gone)
  }
}
