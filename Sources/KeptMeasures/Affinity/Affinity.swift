/// The index of a list or of two, and what it says. Metrics 3.9.
struct Affinity {
  enum Verdict { case into, notInto, unknown }

  let rules: IndexRules

  /// 100 · (P − N) / (P + N + 4), or nil ("silence") while P + N < 0.25.
  func index(_ into: Double, _ notInto: Double) -> Double? {
    let weight = into + notInto
    if weight < rules.silence { return nil }
    return 100 * (into - notInto) / (weight + rules.prior)
  }

  func verdict(_ index: Double?) -> Verdict {
    guard let index else { return .unknown }
    return index >= rules.into ? .into : index <= -rules.into ? .notInto : .unknown
  }

  /// How someone stands at an instant; NULL is silence.
  struct Standing {
    var we: Double?
    var they: Double?
    var done: Double?
    var felt: Double?
    var quadrant: Quadrant

    /// What we did less what they felt. S2.5.
    var loveGap: Double? {
      guard let done, let felt else { return nil }
      return done - felt
    }
  }

  func standing(
    done: (into: Double, notInto: Double), felt: (into: Double, notInto: Double),
    they: (into: Double, notInto: Double)
  ) -> Standing {
    let we = index(done.into + felt.into, done.notInto + felt.notInto)
    let theirs = index(they.into, they.notInto)
    return Standing(
      we: we, they: theirs, done: index(done.into, done.notInto), felt: index(felt.into, felt.notInto),
      quadrant: Quadrant(we: verdict(we), they: verdict(theirs)))
  }
}

/// Who is into whom: WE, then THEY.
enum Quadrant: Int, Sendable, CaseIterable {
  case mutual, unrequitedOurs, unrequitedTheirs, indifferent, unknown

  init(we: Affinity.Verdict, they: Affinity.Verdict) {
    switch (we, they) {
    case (.into, .into): self = .mutual
    case (.into, .notInto): self = .unrequitedOurs
    case (.notInto, .into): self = .unrequitedTheirs
    case (.notInto, .notInto): self = .indifferent
    case (.unknown, _), (_, .unknown): self = .unknown
    }
  }

  var word: String { Self.words[rawValue] }

  static let words = ["mutual", "unrequited_ours", "unrequited_theirs", "indifferent", "unknown"]
}
