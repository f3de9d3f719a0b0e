/// The columns of `projects`, in their order; what `ProjectFacts` follows.
enum ProjectColumn: Int, CaseIterable {
  case project_id, customer, state, started_at, start_implied, closed_at
  case people, departments, hand_offs, contradictions, contact_known_share
  case closeout, care_intro, closed_well, after_silence_d, first_after, theirs_answered_h
  case accepted, endured_90, endured_180

  var declaration: FactColumn {
    let name = "\(self)"
    func count(_ meaning: String, _ seed: String) -> FactColumn {
      FactColumn(name, .count, meaning, seed: seed, direction: "WE", highIsGood: false)
    }
    func flag(_ meaning: String, _ formula: String, _ seed: String) -> FactColumn {
      FactColumn(name, .flag, meaning, formula: formula, seed: seed, direction: "WE", highIsGood: true)
    }
    switch self {
    case .project_id: return FactColumn(name, .id, isNullable: false, "its project_id, else the subject of its events")
    case .customer: return FactColumn(name, .customer, "external id")
    case .state:
      return FactColumn(
        name, .word, isNullable: false, "open or closed, at the as-of instant",
        formula: "closed: project.closed")
    case .started_at:
      return FactColumn(
        name, .instant, isNullable: false, "when it started, at the latest",
        formula: "time of project.started, else of its first event")
    case .start_implied:
      return FactColumn(
        name, .flag, isNullable: false, "its start is not recorded: it started at its first event",
        formula: "no project.started")
    case .closed_at: return FactColumn(name, .instant, "when it was closed; NULL while open", seed: "S4.12")
    case .people: return count("how many of ours had to do with it", "S4.3")
    case .departments: return count("of how many departments", "S4.3")
    case .hand_offs: return count("how often their contact changed", "S4.3")
    case .contradictions: return count("how often we contradicted ourselves about it", "S4.4")
    case .contact_known_share:
      return FactColumn(
        name, .number, unit: "share",
        "of its duration, the part in which they had been told whom to ask; NULL where no contact is ever recorded",
        formula: "time with a contact of the present stage they were told of / time open", seed: "S4.5", direction: "WE",
        highIsGood: true)
    case .closeout:
      return flag(
        "whether it was closed out formally; NULL while it still may be, or where that is never recorded",
        "closeout.held ≤ norms.close_out of closing", "S4.13")
    case .care_intro:
      return flag(
        "whether they were introduced to those who care for them from then on; NULL as above",
        "contact.assigned, role care, introduced ≤ norms.close_out of closing", "S4.13")
    case .closed_well: return flag("both", "closeout and care_intro", "S4.13")
    case .after_silence_d:
      return FactColumn(
        name, .days, "from closing to our next touch that does not sell; NULL: not yet", seed: "S4.12", direction: "WE",
        highIsGood: false)
    case .first_after:
      return FactColumn(
        name, .word, "what came first after closing: care (ours), sell (ours) or theirs; NULL: nothing yet",
        seed: "S4.14", direction: "WE")
    case .theirs_answered_h:
      return FactColumn(
        name, .hours, "if theirs came first, until we answered", seed: "S4.14", direction: "WE", highIsGood: false)
    case .accepted:
      return flag("whether its outcome was what they came for", "the last outcome.delivered that says so", "S2.19")
    case .endured_90, .endured_180:
      let days = self == .endured_90 ? 90 : 180
      return flag(
        "whether the outcome held so long; NULL without a check by then",
        "the last outcome.checked ≥ \(days) d after delivery is holding", "S2.19")
    }
  }
}
