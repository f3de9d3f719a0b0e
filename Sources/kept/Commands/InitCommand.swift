import Glibc
import KeptFormat
import KeptLog

/// `kept init`: a new, empty ledger.
enum InitCommand {
  static let description = CommandDescription(
    name: "init",
    summary: "a new, empty ledger",
    positionals: ["DIR"],
    options: [
      OptionDescription(
        "zone", "ZONE",
        "the business zone, in which a day begins: Europe/Berlin; its rules are copied into the ledger (UTC)"),
      OptionDescription("week-start", "DAY", "the day on which a week begins (monday)"),
      OptionDescription("currency", "CODE", "the currency of amounts that name none"),
      OptionDescription(
        "seal", "FIELDS",
        "fields that the log only holds commitments of, beside text and personal keys of data: customer, other envelope "
          + "fields, data.KEY; their values are kept in the vault, where they can be erased", isRepeatable: true),
      OptionDescription("actor", "NAME", "who makes the ledger, for the record (the user who runs this)"),
      OptionDescription("reason", "TEXT", "why, for the record"),
    ],
    notes: """
      What is chosen here holds for the life of the ledger. Customer ids are open by default, since a CRM's key says
      nothing; where they are e-mail addresses or phone numbers, use --seal customer.
      """,
    examples: [
      "kept init shop --zone Europe/Berlin --currency EUR",
      "kept init sealed-shop --seal customer,agent --reason pilot",
    ],
    run: run)

  @Sendable private static func run(_ arguments: Arguments, _ context: Context) throws -> Status {
    let path = arguments.positionals[0]
    let zone = arguments.value("zone") ?? "UTC"
    let weekDays = WeekDay.allCases.map(\.rawValue)
    let weekStart = WeekDay(rawValue: try arguments.choice("week-start", of: weekDays, default: "monday")!)!
    let currency = arguments.value("currency")
    if let currency, currency.utf8.isEmpty || currency.utf8.count > 16 {
      throw arguments.error("--currency \(currency): a code such as EUR was expected")
    }
    let sealed = arguments.list("seal")
    if let wrong = sealed.first(where: { !LedgerSettings.isSealable($0) }) {
      let fields = [LedgerSettings.customerField] + LedgerSettings.sealableFields.map(\.name) + ["data.KEY"]
      throw arguments.error("--seal \(wrong): expected \(oneOf(fields))")
    }
    guard let zoneBytes = ZoneRules.bytes(zone) else {
      throw FileError(
        ZoneRules.folder + "/" + zone, "there is no such zone on this machine",
        next: "`ls \(ZoneRules.folder)` lists zones by name, such as Europe/Berlin; Debian's package tzdata holds them."
      )
    }
    let plan = Ledger.Plan(
      zone: zone, zoneBytes: zoneBytes, weekStart: weekStart, currency: currency, sealed: sealed,
      actor: arguments.value("actor") ?? Context.userName, reason: arguments.value("reason"))
    let settings = try Ledger.create(path, plan)
    let openness = settings.sealed.isEmpty ? "" : "; sealed: " + settings.sealed.joined(separator: ", ")
    context.console.say(
      "\(path): a new ledger; days begin in \(zone), weeks on \(weekStart.rawValue)\(openness)\n"
        + "Next: `kept import \(path) FILE`")
    return .sound
  }
}
