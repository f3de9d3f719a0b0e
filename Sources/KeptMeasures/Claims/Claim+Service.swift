import KeptStatistics

/// How service is felt. Metrics S3.15, S3.16.
extension Claim {
  static let serviceClaims: [Claim] = [
    Claim(
      seed: "S3.15", words: "the experience differs from department to department",
      test: "share of satisfied answers by department; supported if the shares differ", statistic: "chi2",
      needs: { _ in [["survey.answered"]] }, find: { $0.departments }),
    Claim(
      seed: "S3.16", words: "frustration, annoyance and anger build in less time than ever",
      test: "time from the opening of a case to the first such word, in the later half of the cases against the earlier; "
        + "supported if it comes faster",
      statistic: "chi2", needs: { _ in [ClaimEvidence.caseKinds, ["emotion.expressed"]] }, find: { $0.tempers }),
  ]
}

extension ClaimEvidence {
  fileprivate var departments: Claim.Evidence {
    let parts = cells.totals("csat_top_box", .department).filter { $0.den > 0 }
    guard parts.count >= 2 else { return .none("no two departments with answers") }
    let (satisfied, answers) = parts.reduce((0, 0)) { ($0.0 + $1.num, $0.1 + $1.den) }
    let share = Double(satisfied) / Double(answers)
    guard share > 0, share < 1 else { return .none(Refusal.noVariation.rawValue) }
    let chiSquare = parts.reduce(0) { sum, part in
      let difference = Double(part.num) - share * Double(part.den)
      return sum + difference * difference / (Double(part.den) * share * (1 - share))
    }
    let free = parts.count - 1
    return .found([
      Claim.Finding(
        statistic: "chi2", value: chiSquare, degreesOfFreedom: free, count: Int(answers),
        events: Int(min(satisfied, answers - satisfied)),
        pValue: SpecialFunctions.chiSquareUpperTail(chiSquare, degreesOfFreedom: free), leansToClaim: true,
        note: "\(parts.count) departments; answers of one customer are taken for unrelated")
    ])
  }

  fileprivate var tempers: Claim.Evidence {
    let openings = cases.map(\.openedAt).sorted()
    guard let middle = openings.isEmpty ? nil : openings[openings.count / 2] else { return .none("no cases") }
    let observations = cases.map { item in
      SurvivalObservation(
        exit: Double(max(0, item.upset ?? item.seen)), isEvent: item.upset != nil,
        stratum: item.openedAt < middle ? 0 : 1)
    }
    return Claim.Finding.leaving(observations, isFaster: true, note: "upset, in the earlier and the later half")
  }
}

extension MeasureCells {
  /// Touches counted in numerator and denominator by entity of a grain, over all months, by name.
  func totals(_ name: String, _ grain: MeasureGrain) -> [(num: Int64, den: Int64)] {
    guard let measure = measures.firstIndex(where: { $0.name == name }) else {
      preconditionFailure("there is no measure \(name)")
    }
    var parts: [(name: String, num: Int64, den: Int64)] = []
    for row in rows(of: measure, grain) {
      if parts.last?.name != row.entity { parts.append((row.entity ?? "", 0, 0)) }
      parts[parts.count - 1].num += (row.result.num ?? 0) / 1_000_000
      parts[parts.count - 1].den += (row.result.den ?? 0) / 1_000_000
    }
    return parts.map { ($0.num, $0.den) }
  }
}
