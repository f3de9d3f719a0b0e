/// The maximum of a smooth likelihood in a few logarithms of parameters, sought from several starts.
///
/// BFGS with a backtracking line search (Nocedal and Wright 2006, chapters 3 and 6). No start depends on chance, so the same
/// data give the same bits. All sizes here are per observation: the mean log likelihood and its gradient.
struct LikelihoodMaximum {
  var point: [Double]
  var meanLogLikelihood: Double
  /// The largest component of the gradient there, by size.
  var gradientNorm: Double
  /// Of each coordinate, for a single observation: divide by √n.
  var standardErrors: [Double] = []
  /// Starts that ended at this maximum.
  var agreeingStartCount = 0

  /// A gradient below this is a maximum; one below `gradientSought` ends the search.
  static let gradientAllowed = 1e-6
  private static let gradientSought = 1e-10
  /// Logarithms beyond this are no estimate: the data say only "very large" or "very small".
  private static let edge = 12.0
  private static let iterationCountMax = 200
  private static let stepMax = 2.0
  /// Where Newton's step would still go this far, the gradient is small because the ridge is flat.
  private static let restAllowed = 1e-3

  /// - Parameter evaluate: the mean log likelihood at a point; writes its gradient.
  static func seek(
    from starts: [[Double]], evaluate: ([Double], inout [Double]) -> Double
  ) -> Result<LikelihoodMaximum, Refusal> {
    let ends = starts.map { climb(from: $0, evaluate) }
    guard var best = ends.max(by: { $0.meanLogLikelihood < $1.meanLogLikelihood }) else {
      return .failure(.notConverged)
    }
    guard !best.isAtEdge else { return .failure(.noInteriorMaximum) }
    guard best.gradientNorm <= gradientAllowed else { return .failure(.notConverged) }
    guard let curved = best.curvature(evaluate) else { return .failure(.noInteriorMaximum) }
    guard curved.rest <= restAllowed else { return .failure(.notConverged) }
    best.standardErrors = curved.errors
    best.agreeingStartCount = ends.count { end in
      end.gradientNorm <= gradientAllowed && zip(end.point, best.point).allSatisfy { abs($0 - $1) < 1e-4 }
    }
    return .success(best)
  }

  /// What the second derivatives say: how far Newton's step would still go, and the roots of the diagonal of the inverse
  /// information. Nil where the surface is not curved downwards in every direction.
  private func curvature(
    _ evaluate: ([Double], inout [Double]) -> Double
  ) -> (rest: Double, errors: [Double])? {
    let n = point.count
    let step = 1e-4
    var (above, below) = (point, point)
    let slopes = (0..<n).map { i in
      var ahead = point
      var behind = point
      ahead[i] += step
      behind[i] -= step
      _ = evaluate(ahead, &above)
      _ = evaluate(behind, &below)
      return (0..<n).map { (below[$0] - above[$0]) / (2 * step) }
    }
    let information = (0..<n).map { i in (0..<n).map { j in (slopes[i][j] + slopes[j][i]) / 2 } }
    guard LinearAlgebra.isPositiveDefinite(information) else { return nil }
    var errors: [Double] = []
    for i in 0..<n {
      guard let row = LinearAlgebra.solve(information, (0..<n).map { $0 == i ? 1 : 0 }) else { return nil }
      errors.append(row[i].squareRoot())
    }
    var gradient = point
    _ = evaluate(point, &gradient)
    guard let rest = LinearAlgebra.solve(information, gradient) else { return nil }
    return (Self.size(rest), errors)
  }

  private var isAtEdge: Bool { point.contains { abs($0) > Self.edge } }

  private static func climb(
    from start: [Double], _ evaluate: ([Double], inout [Double]) -> Double
  ) -> LikelihoodMaximum {
    let n = start.count
    var gradient = Array(repeating: 0.0, count: n)
    var here = LikelihoodMaximum(
      point: start, meanLogLikelihood: evaluate(start, &gradient), gradientNorm: 0)
    var inverse = identity(n)
    var nextGradient = gradient
    for iteration in 0..<iterationCountMax {
      here.gradientNorm = size(gradient)
      if here.gradientNorm < gradientSought || here.isAtEdge { break }
      var direction = inverse.map { dot($0, gradient) }
      var slope = dot(direction, gradient)
      if slope <= 0 {
        inverse = identity(n)
        direction = gradient
        slope = dot(gradient, gradient)
      }
      var step = min(1, stepMax / size(direction))
      var accepted = false
      for _ in 0..<40 {
        let point = zip(here.point, direction).map { $0 + step * $1 }
        let value = evaluate(point, &nextGradient)
        let gain = value - here.meanLogLikelihood
        // So close to the top that rounding hides the gain, a smaller gradient is the progress.
        let isLevel = abs(gain) < 1e-13 * max(1, abs(value)) && size(nextGradient) < here.gradientNorm
        if gain >= 1e-4 * step * slope || isLevel {
          let moved = direction.map { $0 * step }
          update(&inverse, moved: moved, change: zip(gradient, nextGradient).map(-), isFirst: iteration == 0)
          here.point = point
          here.meanLogLikelihood = value
          gradient = nextGradient
          accepted = true
          break
        }
        step *= 0.4
      }
      if !accepted { break }
    }
    here.gradientNorm = size(gradient)
    return here
  }

  /// The BFGS update of the inverse of −∂²/∂θ²; left out where the surface is not curved downwards along the step.
  private static func update(_ inverse: inout [[Double]], moved s: [Double], change y: [Double], isFirst: Bool) {
    let sy = dot(s, y)
    guard sy > 1e-12 * (dot(s, s) * dot(y, y)).squareRoot() else { return }
    if isFirst {
      let scale = sy / dot(y, y)
      inverse = inverse.map { $0.map { $0 * scale } }
    }
    let hy = inverse.map { dot($0, y) }
    let factor = (1 + dot(y, hy) / sy) / sy
    for i in s.indices {
      for j in s.indices { inverse[i][j] += factor * s[i] * s[j] - (hy[i] * s[j] + s[i] * hy[j]) / sy }
    }
  }

  private static func identity(_ n: Int) -> [[Double]] { (0..<n).map { i in (0..<n).map { $0 == i ? 1 : 0 } } }

  private static func dot(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }

  private static func size(_ x: [Double]) -> Double { x.reduce(0) { max($0, abs($1)) } }
}
