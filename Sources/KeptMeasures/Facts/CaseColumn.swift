/// The columns of `cases`, in their order; what `CaseFacts` follows.
enum CaseColumn: Int, CaseIterable {
  case case_id, customer, case_kind, state, opened_at, opening_implied, resolved_at
  case first_reply_h, first_reply_business_h, resolution_h, resolution_business_h, waited_h, reopened, touches_to_answer
  case people, departments, hand_offs
  case updates, updates_per_open_day, max_update_gap_h, estimates, estimate_error_h, estimate_moves
  case frustrated_after_h, annoyed_after_h, angry_after_h, went_public, public_reach

  var declaration: FactColumn {
    let name = "\(self)"
    func wait(_ meaning: String, _ formula: String, _ seed: String = "S3.14") -> FactColumn {
      FactColumn(name, .hours, meaning, formula: formula, seed: seed, direction: "WE", highIsGood: false)
    }
    func count(_ meaning: String, _ seed: String, _ good: Bool? = false) -> FactColumn {
      FactColumn(name, .count, meaning, seed: seed, direction: "WE", highIsGood: good)
    }
    switch self {
    case .case_id: return FactColumn(name, .id, isNullable: false, "its case_id, else the subject of its events")
    case .customer: return FactColumn(name, .customer, "external id")
    case .case_kind: return FactColumn(name, .word, "question, complaint, request or fault", seed: "S0.3")
    case .state:
      return FactColumn(
        name, .word, isNullable: false, "open or resolved, at the as-of instant",
        formula: "resolved: case.resolved or case.closed, and no case.reopened since")
    case .opened_at:
      return FactColumn(
        name, .instant, isNullable: false, "when it opened, at the latest",
        formula: "time of case.opened, else of its first event")
    case .opening_implied:
      return FactColumn(
        name, .flag, isNullable: false, "its opening is not recorded: it opened at its first event",
        formula: "no case.opened")
    case .resolved_at:
      return FactColumn(
        name, .instant, "when it was resolved last; NULL while open",
        formula: "time of the first case.resolved or case.closed since it was open last")
    case .first_reply_h:
      return wait(
        "until a person of ours first replied; NULL: not yet",
        "first human reply − opened_at, or − the reopening of what only a bot had resolved")
    case .first_reply_business_h: return wait("the same in business hours", "business hours of first_reply_h")
    case .resolution_h: return wait("until it was resolved, reopenings included", "resolved_at − opened_at", "S4.2")
    case .resolution_business_h: return wait("the same in business hours", "business hours of resolution_h", "S4.2")
    case .waited_h:
      return wait("how long they waited for us in all", "Σ time between their word, or the opening, and our human reply")
    case .reopened: return count("how often it was reopened", "S3.14")
    case .touches_to_answer:
      return count("touches of either side until it was resolved, bookkeeping aside; NULL while open", "S3.24")
    case .people: return count("how many of ours had to do with it", "S4.3")
    case .departments: return count("of how many departments", "S4.3")
    case .hand_offs: return count("how often it changed hands", "S4.3")
    case .updates:
      return count(
        "how often they heard from us while it was open; NULL where no replies are recorded", "S4.1", true)
    case .updates_per_open_day:
      return FactColumn(
        name, .number, unit: "a day", "how often a day while it was open", formula: "updates / days open",
        seed: "S4.1", direction: "WE", highIsGood: true)
    case .max_update_gap_h:
      return wait(
        "the longest they heard nothing", "longest of open → first, between two, last → now while open", "S4.1")
    case .estimates: return count("updates that said when", "S4.2", true)
    case .estimate_error_h: return wait("how much later than first said", "resolved_at − first estimate", "S4.2")
    case .estimate_moves: return count("how often another instant was said", "S4.2")
    case .frustrated_after_h, .annoyed_after_h, .angry_after_h:
      return FactColumn(
        name, .hours, "until they first said so in their own words; NULL: not heard",
        formula: "emotion.expressed − opened_at", seed: "S3.16", direction: "THEY", highIsGood: true)
    case .went_public:
      return FactColumn(
        name, .flag, isNullable: false, "whether it became a public story", formula: "a mention.posted names it",
        seed: "S4.19", direction: "THEY", highIsGood: false)
    case .public_reach:
      return FactColumn(
        name, .count, "how many that story reached", seed: "S4.19", direction: "THEY", highIsGood: false)
    }
  }
}
