/// The decayed sums of one life.
struct ScoreRow {
  var customer: UInt32
  /// Lists in which any touch said something, a bit each.
  var heard: UInt8
  var sums: InlineArray<6, Double>

  init(customer: UInt32, _ scores: ScoreFold) {
    self.customer = customer
    heard = scores.heard
    sums = InlineArray(repeating: 0)
    for list in SignalList.allCases where heard & (1 << UInt8(list.index)) != 0 {
      sums[list.index * 2] = scores.sum(list, negative: false)
      sums[list.index * 2 + 1] = scores.sum(list, negative: true)
    }
  }
}
