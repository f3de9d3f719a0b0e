/// What buy-till-you-die models need of a customer. Times in one unit of the caller's choice, weeks by custom; purchases of
/// one day are merged into one before counting, or every estimate is of something else.
public struct PurchaseHistory: Equatable, Comparable, Sendable {
  /// x: purchase occasions after the first one, in (0, T].
  public var frequency: Int
  /// t_x: from the first purchase to the last; 0 without a repeat.
  public var recency: Double
  /// T: from the first purchase to the end of observation.
  public var age: Double
  /// So many customers with this history; ≥ 0.
  public var weight: Int

  /// - Precondition: 0 ≤ `frequency`, 0 ≤ `recency` ≤ `age` < ∞, `recency` is 0 where `frequency` is, `weight` ≥ 0.
  public init(frequency: Int, recency: Double, age: Double, weight: Int = 1) {
    precondition(frequency >= 0 && weight >= 0, "\(frequency) repeats of \(weight) customers")
    precondition(recency >= 0 && recency <= age && age.isFinite, "last at \(recency) of \(age)")
    precondition(frequency > 0 || recency == 0, "no repeat, and the last one at \(recency)")
    self.frequency = frequency
    self.recency = recency
    self.age = age
    self.weight = weight
  }

  /// By frequency, recency, age, weight.
  public static func < (one: Self, other: Self) -> Bool {
    (one.frequency, one.recency, one.age, one.weight) < (other.frequency, other.recency, other.age, other.weight)
  }

  /// Equal histories as one row with their weights added, in order; rows without weight are gone.
  static func collapsed(_ histories: [PurchaseHistory]) -> [PurchaseHistory] {
    var rows: [PurchaseHistory] = []
    for history in histories.sorted() where history.weight > 0 {
      if let last = rows.last,
        (last.frequency, last.recency, last.age) == (history.frequency, history.recency, history.age)
      {
        rows[rows.count - 1].weight += history.weight
      } else {
        rows.append(history)
      }
    }
    return rows
  }
}
