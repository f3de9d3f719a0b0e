import KeptStatistics

/// Weeks of remission of 42 children, 6-mercaptopurine against placebo (Freireich et al. 1963; Gehan 1965): the data with
/// which survival analysis is taught, so that every program's figures for them are known.
enum Leukaemia {
  static let treated =
    [6, 6, 6, 7, 10, 13, 16, 22, 23].map { SurvivalObservation(exit: $0, isEvent: true, stratum: 1) }
    + [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35].map { SurvivalObservation(exit: $0, isEvent: false, stratum: 1) }
  static let placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23].map {
    SurvivalObservation(exit: $0, isEvent: true, stratum: 0)
  }
}

/// Small random lifetimes: whole times, so that ties are many, some of them entering late, some without weight.
func randomObservations(seed: UInt64, count: Int, strata: Int = 1, causes: Int = 1) -> [SurvivalObservation] {
  var generator = SplitMix64(seed: seed)
  return (0..<count).map { _ in
    let entry = generator.next(below: 3) == 0 ? Double(generator.next(below: 6)) : nil
    let cause = generator.next(below: causes + 1)
    return SurvivalObservation(
      entry: entry, exit: Double(generator.next(below: 9)), cause: cause == 0 ? nil : cause,
      stratum: generator.next(below: strata), weight: generator.next(below: 4))
  }
}
