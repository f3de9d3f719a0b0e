/// The little linear algebra that tests and fits need; matrices are rows of rows.
enum LinearAlgebra {
  /// x with `matrix`·x = `right`, or nil where the matrix is singular to working precision.
  ///
  /// Gauss with partial pivots: O(n³).
  static func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double]? {
    let n = right.count
    var a = matrix
    var x = right
    let scale = a.reduce(0) { $1.reduce($0) { max($0, abs($1)) } }
    for column in 0..<n {
      var pivot = column
      for row in (column + 1)..<n where abs(a[row][column]) > abs(a[pivot][column]) { pivot = row }
      guard abs(a[pivot][column]) > scale * 1e-13 else { return nil }
      a.swapAt(column, pivot)
      x.swapAt(column, pivot)
      for row in (column + 1)..<n {
        let factor = a[row][column] / a[column][column]
        for k in column..<n { a[row][k] -= factor * a[column][k] }
        x[row] -= factor * x[column]
      }
    }
    for row in (0..<n).reversed() {
      for k in (row + 1)..<n { x[row] -= a[row][k] * x[k] }
      x[row] /= a[row][row]
    }
    return x
  }

  /// Whether xᵀ·`matrix`·x > 0 for every x but 0, of a symmetric matrix: Cholesky's pivots are all positive.
  static func isPositiveDefinite(_ matrix: [[Double]]) -> Bool {
    var a = matrix
    for i in a.indices {
      guard a[i][i] > 0 else { return false }
      for row in (i + 1)..<a.count {
        let factor = a[row][i] / a[i][i]
        for k in i..<a.count { a[row][k] -= factor * a[i][k] }
      }
    }
    return true
  }
}
