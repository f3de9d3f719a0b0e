/// Which way a touch goes when its event does not say; raw values are those of a touch class.
enum Direction: UInt16, Sendable, CaseIterable {
  case absent = 0
  /// From the customer, to the customer, and both at once (a call, a meeting).
  case `in` = 1
  case out = 2
  case both = 3

  var word: String { ["absent", "in", "out", "both"][Int(rawValue)] }

  init?(word: String) {
    guard let found = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = found
  }
}

/// A kind of touchpoint: which way it usually goes, what it is about, and the keys of `data` it may carry.
public struct KindDeclaration: Sendable {
  public let name: String
  let direction: Direction
  public let keys: [String]

  /// The part before the dot: the sort of thing whose id is `<noun>_id`, else the event's subject.
  public var noun: Substring { name.prefix { $0 != "." } }
}

/// The kinds Kept knows. The vocabulary is open: an unknown kind is stored, counted, and goes neither way.
public enum Vocabulary {
  public static let kinds: [KindDeclaration] = parse(lines)

  static let byName: [String: KindDeclaration] = Dictionary(uniqueKeysWithValues: kinds.map { ($0.name, $0) })

  static func direction(of kind: String) -> Direction { byName[kind]?.direction ?? .absent }

  /// Reads "direction: kind kind … | key key …".
  private static func parse(_ text: String) -> [KindDeclaration] {
    text.split(separator: "\n").flatMap { line -> [KindDeclaration] in
      let halves = line.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
      let head = halves[0].split(separator: " ")
      let way = head[0].dropLast()
      precondition(halves.count == 2 && Direction(word: String(way)) != nil, "vocabulary: \(line)")
      let keys = halves[1].split(separator: " ").map(String.init)
      return head.dropFirst().map {
        KindDeclaration(name: String($0), direction: Direction(word: String(way))!, keys: keys)
      }
    }
  }

  private static let lines = """
    in: prospect.evaluated | compared_with sources stage
    in: relationship.started relationship.resumed | since found_via offering acquirer_agent reason
    absent: relationship.ended | ended_by offering reason destination notice_at effective_at regretted
    both: contract.changed | contract_id offering change mrr_before mrr_after currency ends_at
    in: order.placed | order_id amount currency device steps reidentified
    in: order.cancelled order.abandoned | order_id told_customer expected_at
    out: order.approved order.confirmed order.shipped | order_id told_customer expected_at
    out: order.backordered order.delivered | order_id told_customer expected_at
    out: order.corrected | order_id error_kind our_fault
    in: return.requested | return_id order_id reason label_supplied same_packaging
    out: return.refused | return_id order_id reason label_supplied same_packaging
    out: return.received return.credited | return_id amount told_customer
    out: invoice.issued | invoice_id order_id contract_id amount due_at
    in: payment.received | invoice_id order_id contract_id amount due_at
    absent: charge.written_off | invoice_id order_id contract_id amount due_at
    in: case.opened case.reopened | case_id case_kind severity order_id project_id
    out: case.resolved case.closed | case_id by_bot
    absent: case.assigned case.updated case.paused | case_id from_agent from_dept
    out: status.reported | case_id project_id estimate_at stage asked_for
    in: call.handled | case_id wait_s hold_s talk_s apologies abandoned human_reached
    out: message.sent | case_id order_id project_id about template automated by_name words words_managing in_reply_to
    both: meeting.held | project_id joint minutes
    absent: meeting.missed | project_id joint missed_by minutes
    out: info.requested | fields already_known
    in: info.sought | found steps self_service
    out: promise.made promise.revised promise.kept promise.broken | promise_id by phase promise_kind due_at asked_by
    out: statement.contradicted | topic dept_a dept_b contradiction
    out: care.given | care_kind prompted personal
    out: ask.made | ask_kind benefits accepted
    in: need.stated | need_id horizon topic reason
    out: need.met need.declined | need_id horizon topic reason
    in: circumstance.noted | topic valid_until
    out: contact.assigned | role stage told_customer introduced
    both: project.started | project_id stage offering
    out: project.advanced project.closed | project_id stage offering
    both: closeout.held | project_id attendees open_items
    out: outcome.delivered outcome.checked | outcome_id project_id accepted holding
    out: survey.sent | instrument scale_min scale_max about asked_id
    in: survey.answered | instrument scale_min scale_max reason about asked_id
    in: emotion.expressed | level heard_from confidence
    in: thanks.given referral.made | referred public
    absent: mention.posted | platform valence reach case_id
    absent: competitor.mentioned | competitor intent
    absent: burden.imposed | burden reported_by
    absent: fit.assessed | score required_skills held_skills their_clients_signal
    absent: effort.spent | effort target minutes amount
    absent: reward.paid | basis amount clawback
    absent: skill.trained | skill soft
    absent: change.made | change_id signal change_kind
    absent: probe.run | task solved score
    absent: period.declared | period_kind until region
    """
}
