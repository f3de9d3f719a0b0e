extension GammaGamma {
  /// The most likely parameters, and what is needed to judge them.
  public struct Fit: Equatable, Sendable {
    public var model: GammaGamma
    /// p, q, γ with their standard errors.
    public var parameters: [FittedParameter]
    public var logLikelihood: Double
    public var customerCount: Int
    /// Pearson's, of frequency and mean value over customers: the model supposes it small. Nil where one does not vary.
    public var correlation: Double?
    /// The largest slope of the mean log likelihood in a parameter's logarithm; at most 10⁻⁶, or there is no fit.
    public var gradientNorm: Double
    /// Of `startCount` starts, how many came to this maximum.
    public var agreeingStartCount: Int
    public var startCount: Int
  }

  /// Fits the three parameters by maximum likelihood.
  ///
  /// Refused: `tooLittleData` with fewer than 30 customers; `noInteriorMaximum` where the likelihood keeps rising towards an
  /// edge (all spend the same, or every customer always the same); `notConverged` otherwise. A fit with q ≤ 1 is one, but its
  /// `populationMean` is infinite. The order of `customers` does not matter, to the last bit.
  ///
  /// - Complexity: O(n log n) for the sorting, then about a hundred passes of one logarithm a customer, without allocation.
  public static func fit(_ customers: [Spending]) -> Result<Fit, Refusal> {
    let rows = customers.filter { $0.weight > 0 }.sorted()
    let customerCount = rows.reduce(0) { $0 + $1.weight }
    guard customerCount >= 30 else { return .failure(.tooLittleData) }
    let n = Double(customerCount)
    // γ is sought in mean values, so that the unit of value makes no difference to the path.
    let unit = rows.reduce(0) { $0 + $1.meanValue * Double($1.weight) } / n
    let likelihood = GammaGammaLikelihood(rows)
    func model(_ point: [Double]) -> GammaGamma {
      let values = point.map(Special.exp)
      return GammaGamma(p: values[0], q: values[1], gamma: values[2] * unit)
    }
    let starts = [[2, 3, 1], [8, 4, 0.4], [1, 1.5, 0.5]].map { $0.map(Special.ln) }
    return LikelihoodMaximum.seek(from: starts) { point, gradient in
      likelihood.mean(model(point), &gradient)
    }.map { maximum in
      let model = model(maximum.point)
      return Fit(
        model: model,
        parameters: FittedParameter.list(
          ["p", "q", "gamma"], [model.p, model.q, model.gamma], maximum, count: n),
        logLikelihood: maximum.meanLogLikelihood * n, customerCount: customerCount,
        correlation: correlation(rows), gradientNorm: maximum.gradientNorm,
        agreeingStartCount: maximum.agreeingStartCount, startCount: starts.count)
    }
  }

  private static func correlation(_ rows: [Spending]) -> Double? {
    let n = rows.reduce(0) { $0 + Double($1.weight) }
    let meanX = rows.reduce(0) { $0 + Double($1.weight * $1.frequency) } / n
    let meanM = rows.reduce(0) { $0 + Double($1.weight) * $1.meanValue } / n
    var (xx, xm, mm) = (0.0, 0.0, 0.0)
    for row in rows {
      let (x, m) = (Double(row.frequency) - meanX, row.meanValue - meanM)
      xx += Double(row.weight) * x * x
      xm += Double(row.weight) * x * m
      mm += Double(row.weight) * m * m
    }
    return xx > 0 && mm > 0 ? xm / (xx * mm).squareRoot() : nil
  }
}

/// The mean ln L and its slopes; what does not depend on the parameters is summed once.
private final class GammaGammaLikelihood {
  /// Rows of one frequency lie together: `rows[group.rows]`.
  private struct Group {
    var frequency: Double
    var weight: Double
    /// Σ weight·ln m.
    var lnMean: Double
    var rows: Range<Int>
  }

  private struct Row {
    /// m·x.
    var total: Double
    var weight: Double
  }

  private var groups: [Group] = []
  private var rows: [Row] = []
  private var customerCount = 0.0

  init(_ customers: [GammaGamma.Spending]) {
    var start = 0
    while start < customers.count {
      let frequency = customers[start].frequency
      var group = Group(frequency: Double(frequency), weight: 0, lnMean: 0, rows: start..<start)
      while start < customers.count, customers[start].frequency == frequency {
        let weight = Double(customers[start].weight)
        rows.append(Row(total: customers[start].meanValue * Double(frequency), weight: weight))
        group.weight += weight
        group.lnMean += weight * Special.ln(customers[start].meanValue)
        start += 1
      }
      group.rows = group.rows.lowerBound..<start
      groups.append(group)
      customerCount += group.weight
    }
  }

  /// The mean ln L of a customer; writes its slopes in ln p, ln q, ln γ.
  func mean(_ model: GammaGamma, _ gradient: inout [Double]) -> Double {
    let (p, q, gamma) = (model.p, model.q, model.gamma)
    let lnGammaQ = Special.lnGamma(q)
    let digammaQ = Special.digamma(q)
    let lnScale = Special.ln(gamma)
    var (value, slopeP, slopeQ, slopeScale) = (0.0, 0.0, 0.0, 0.0)
    for group in groups {
      let x = group.frequency
      let w = group.weight
      let shape = p * x + q
      var (lnSum, inverseSum) = (0.0, 0.0)
      for i in group.rows {
        let scale = gamma + rows[i].total
        lnSum += rows[i].weight * Special.ln(scale)
        inverseSum += rows[i].weight / scale
      }
      let lnX = Special.ln(x)
      let digammaShape = Special.digamma(shape)
      value +=
        w * (Special.lnGamma(shape) - Special.lnGamma(p * x) - lnGammaQ + q * lnScale + p * x * lnX)
        + (p * x - 1) * group.lnMean - shape * lnSum
      slopeP += x * (w * (digammaShape - Special.digamma(p * x) + lnX) + group.lnMean - lnSum)
      slopeQ += w * (digammaShape - digammaQ + lnScale) - lnSum
      slopeScale += w * q / gamma - shape * inverseSum
    }
    gradient[0] = slopeP * p / customerCount
    gradient[1] = slopeQ * q / customerCount
    gradient[2] = slopeScale * gamma / customerCount
    return value / customerCount
  }
}
