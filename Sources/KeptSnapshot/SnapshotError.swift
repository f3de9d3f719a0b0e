/// Why a snapshot could not be written or published.
public enum SnapshotError: Error, Equatable {
  /// A total in a column has more than 18 digits, six of them after the point.
  case decimalOutOfRange(column: String)
}
