extension ScoreHistory {
  /// For how many quarters, one after the other up to the last one that is over, the life that ended last stood as love
  /// that only we give when the quarter was over. Metrics S2.13.
  ///
  /// - Parameter lastMonth: the last month that is over, 12 · year + month.
  func quartersOursOnly(_ affinity: Affinity, lastMonth: Int32) -> Int {
    var quarter = lastMonth - lastMonth % 3
    var count = 0
    for month in months.reversed() where month.month <= quarter {
      // A month that is missing says nothing.
      guard month.month == quarter, affinity.standing(month).quadrant == .unrequitedOurs else { return count }
      count += 1
      quarter -= 3
    }
    return count
  }
}
