import KeptFormat
import KeptReplay

/// What goes out and what comes in, and whether it is meant for a person. Metrics S0.6 to S0.8, S1.24, S3.2, S3.13,
/// S3.18.
///
/// Example: of twenty touches that went out and say what they were for, fourteen were administration: admin_share 14/20.
final class TalkTraits: TraitFold {
  static let family = FactFamily(
    name: "talk traits", meaning: "a life",
    columns: FactColumn.ratio(
      "human_touch_share", "of the touches they had a part in, those with a person of ours",
      formula: "in or both with an agent and not automated / those that say one or the other", seed: "S0.6",
      direction: "WE", highIsGood: true)
      + FactColumn.ratio(
        "admin_share", "of what went out to them, the part that was administration",
        formula: "outbound with purpose admin / outbound that says its purpose", seed: "S0.7", direction: "WE",
        highIsGood: false)
      + FactColumn.ratio(
        "our_convenience_share", "of what went out to them, the part that asked for our own convenience",
        formula: "ask.made that benefits us / outbound", seed: "S0.8", direction: "WE", highIsGood: false,
        requires: [["ask.made"]])
      + [
        FactColumn(
          "channels_used", .count, "how many channels they came through within a year",
          formula: "different channels of touches in or both, traits.year_days", seed: "S1.24", direction: "NEI")
      ]
      + FactColumn.ratio(
        "repeat_asks", unit: ColumnUnit.each, "things asked of them that we knew, a contact",
        formula: "Σ already_known / touches in or both", seed: "S3.2", direction: "WE", highIsGood: false,
        requires: [["info.requested"]])
      + FactColumn.ratio(
        "personal_share", "of the messages and the care they got, the part meant for this person",
        formula: "(message.sent by_name and not automated + care.given personal) / those that say so", seed: "S3.13",
        direction: "WE", highIsGood: true, requires: [["message.sent", "care.given"]])
      + FactColumn.ratio(
        "by_name_rate", "of the messages that people wrote to them, those that greet by name",
        formula: "by_name / message.sent not automated that say so", seed: "S3.18", direction: "WE", highIsGood: true,
        requires: [["message.sent"]]),
    takesChunks: true,
    needs: { _ in
      [
        FactNeed(
          nil, [.text(.agent), .text(.channel), .dataText("purpose"), .dataNumber("automated")], isHeard: false),
        FactNeed(["ask.made"], [.dataText("benefits")]),
        FactNeed(["info.requested"], [.dataText("already_known")]),
        FactNeed(["message.sent"], [.dataNumber("by_name"), .dataNumber("automated")]),
        FactNeed(["care.given"], [.dataNumber("personal")]),
      ]
    },
    makeFold: { TalkTraits($0) })

  private struct Share {
    var num: Int64 = 0
    var den: Int64 = 0

    mutating func count(_ isHit: Bool) {
      den += 1
      num += isHit ? 1 : 0
    }
  }

  private enum Role { case ask, request, message, care }

  /// By kind.
  private let roles: [Role?]
  private let agents: FactField
  private let channels: FactField
  private let purposes: FactField
  private let automated: FactField
  private let benefits: FactField
  private let known: FactField
  private let byName: FactField
  private let personal: FactField
  private let yearStart: Instant

  private var human = Share()
  private var admin = Share()
  private var outbound: Int64 = 0
  private var contacts: Int64 = 0
  private var forUs: Int64 = 0
  private var askedAgain: Int64 = 0
  private var meantForThem = Share()
  private var greeted = Share()
  /// Few, so that looking through them is no search.
  private var channelsUsed: [UInt32] = []

  private init(_ base: FactBase) {
    roles = base.kinds.map { kind in
      switch kind {
      case "ask.made": .ask
      case "info.requested": .request
      case "message.sent": .message
      case "care.given": .care
      default: nil
      }
    }
    agents = base.reader(.text(.agent))
    channels = base.reader(.text(.channel))
    purposes = base.reader(.dataText("purpose"))
    automated = base.reader(.dataNumber("automated"))
    benefits = base.reader(.dataText("benefits"))
    known = base.reader(.dataText("already_known"))
    byName = base.reader(.dataNumber("by_name"))
    personal = base.reader(.dataNumber("personal"))
    yearStart = base.start(daysAgo: base.rulebook.traits.yearDays)
    super.init(base, width: Self.family.columns.count)
  }

  override func begin() {
    human = Share()
    admin = Share()
    outbound = 0
    contacts = 0
    forUs = 0
    askedAgain = 0
    meantForThem = Share()
    greeted = Share()
    channelsUsed.removeAll(keepingCapacity: true)
  }

  override func apply(_ chunk: borrowing Chunk) {
    for row in 0..<chunk.count where chunk.isTouch(row) {
      switch chunk.direction(row) {
      case .absent: break
      case .out:
        outbound += 1
        let touch = chunk.touch(row)
        if purposes.text(touch) != nil { admin.count(purposes.says(touch, "admin")) }
      case .in, .both:
        contacts += 1
        let touch = chunk.touch(row)
        let isAutomated = automated.flag(touch)
        let hasAgent = agents.code(touch) != 0
        if hasAgent || isAutomated != nil { human.count(hasAgent && isAutomated != true) }
        let channel = channels.code(touch)
        if channel != 0, touch.time >= yearStart, !channelsUsed.contains(channel) { channelsUsed.append(channel) }
      }
    }
  }

  override func take(_ touch: Touch, _ direction: Direction) {
    // Each key of its own kind alone: on others it is only there where another table asked for it.
    switch roles[touch.kind] {
    case .ask: if benefits.says(touch, "us") { forUs += 1 }
    case .request: if let list = known.text(touch) { askedAgain += CompiledMeasures.itemCount(list) }
    case .care: if let isPersonal = personal.flag(touch) { meantForThem.count(isPersonal) }
    case .message:
      guard let isByName = byName.flag(touch), let isAutomated = automated.flag(touch) else { return }
      meantForThem.count(isByName && !isAutomated)
      if !isAutomated { greeted.count(isByName) }
    case nil: break
    }
  }

  override func close() {
    say(human.num, of: human.den)
    say(admin.num, of: admin.den)
    say(forUs, of: outbound)
    say(channelsUsed.count)
    say(askedAgain, of: contacts)
    say(meantForThem.num, of: meantForThem.den)
    say(greeted.num, of: greeted.den)
  }
}
