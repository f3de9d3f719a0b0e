import KeptFormat
import KeptReplay

/// What did not happen in one life: limits that passed while nothing came. Metrics section 5, rows marked *.
///
/// No event says it, so it is told only where the source that opened the matter would have told the contrary: it had by
/// then recorded touches that settle such matters, and it recorded anything at all afterwards (metrics 3.01).
final class AbsenceLog {
  /// The event that opened a matter.
  struct Origin {
    var source: UInt32
    /// Kind code.
    var kind: Int32
    /// `Touch.absent` where nobody asks for it.
    var position: Int64

    init(_ touch: Touch) {
      source = touch.code(.source)
      kind = Int32(touch.kind)
      position = touch.number(.position)
    }
  }

  struct Absence {
    var what: LifeAbsence
    var at: Instant
    var origin: Origin
  }

  private(set) var found: [Absence] = []
  let asked: Set<LifeAbsence>
  let norms: Norms
  let asOf: Instant
  private let sources: [UInt32: SourceSpan]
  /// The source looked up last: most matters come from the one before.
  private var known: (source: UInt32, span: SourceSpan?)?

  init(_ base: FoldBase) {
    asked = base.rulebook.absencesAskedFor
    norms = base.rulebook.norms
    asOf = base.asOf
    sources = base.sourceSpans
  }

  func begin() { found.removeAll(keepingCapacity: true) }

  /// Notes that a limit passed at `at`, if the source of the matter was listening for each of the sorts of touches.
  ///
  /// - Parameter sorts: a touch of any sort of a set shows that the source records what would have settled the matter.
  /// - Returns: whether it is told.
  @discardableResult
  func note(_ what: LifeAbsence, at: Instant, _ origin: Origin, _ sorts: SettlingSorts...) -> Bool {
    guard asked.contains(what), at < asOf, let span = span(origin.source), at <= span.last else { return false }
    for sorts in sorts where !sorts.isRecorded(by: span, at) { return false }
    found.append(Absence(what: what, at: at, origin: origin))
    return true
  }

  /// Whether the source had recorded a touch of one of the sorts by then.
  func records(_ sorts: SettlingSorts, _ source: UInt32, by at: Instant) -> Bool {
    span(source).map { sorts.isRecorded(by: $0, at) } ?? false
  }

  private func span(_ source: UInt32) -> SourceSpan? {
    if let known, known.source == source { return known.span }
    let span = sources[source]
    known = (source, span)
    return span
  }
}

/// Sorts of touches that settle matters, a bit each; from `fulfilments` on those of the rulebook's fulfilments.
struct SettlingSorts: OptionSet {
  let rawValue: UInt64

  static let promiseSettled = SettlingSorts(rawValue: 1 << 0)
  /// A reply or update to the customer, by anyone; by one of ours.
  static let word = SettlingSorts(rawValue: 1 << 1)
  static let humanReply = SettlingSorts(rawValue: 1 << 2)
  static let caseDone = SettlingSorts(rawValue: 1 << 3)
  static let projectDone = SettlingSorts(rawValue: 1 << 4)
  static let closeOut = SettlingSorts(rawValue: 1 << 5)
  static let introduction = SettlingSorts(rawValue: 1 << 6)

  static let fulfilmentsMax = 57

  /// What keeps promises of a fulfilment; those beyond the last bit are told by none.
  static func fulfilment(_ index: Int32) -> SettlingSorts {
    index < 0 || index >= fulfilmentsMax ? [] : SettlingSorts(rawValue: 1 << (7 + UInt64(index)))
  }

  /// Whether touches of the kind open matters that somebody may be silent about.
  static func isOpener(_ kind: String) -> Bool {
    kind == "promise.made" || kind.hasPrefix("case.") || kind.hasPrefix("project.")
  }

  /// What `AbsenceLog` may ask of the source of a matter that such a touch opened; any sort of a set answers.
  static func asked(byOpener kind: String, _ rulebook: Rulebook) -> [SettlingSorts] {
    if kind.hasPrefix("case.") { return [.word, .humanReply, .caseDone] }
    if kind.hasPrefix("project.") { return [.word, .projectDone, .closeOut, .introduction] }
    let fulfilments = rulebook.promises.fulfilments.indices.prefix(fulfilmentsMax)
    return [.promiseSettled] + fulfilments.map { promiseSettled.union(.fulfilment(Int32($0))) }
  }

  func isRecorded(by span: SourceSpan, _ at: Instant) -> Bool {
    for (sort, first) in span.firsts.enumerated() where rawValue & (1 << UInt64(sort)) != 0 && first <= at { return true }
    return false
  }

  /// The sorts as a replay looks for them, in the order of the bits. Metrics 3.10: of `case.*` only what says that it went
  /// to the customer is a word to them; that a case was resolved does not show that replies are recorded.
  static func sorts(_ rulebook: Rulebook, kinds: [String]) -> [TouchSort] {
    let all = Set(Direction.allCases.map(\.rawValue))
    let out = Set([Direction.out.rawValue, Direction.both.rawValue])
    func any(_ names: [String]) -> [String: Set<UInt16>] {
      Dictionary(names.map { ($0, all) }, uniquingKeysWith: { first, _ in first })
    }
    var words = any(["call.handled", "meeting.held", "status.reported"])
    words["message.sent"] = all.subtracting([Direction.in.rawValue])
    for kind in kinds where kind.hasPrefix("case.") && kind != "case.updated" { words[kind] = out }
    return [
      TouchSort(any(["promise.kept", "promise.broken"])), TouchSort(words), TouchSort(words, isHuman: true),
      TouchSort(any(["case.resolved", "case.closed"])), TouchSort(any(["project.closed"])),
      TouchSort(any(["closeout.held"])), TouchSort(any(["contact.assigned"])),
    ] + rulebook.promises.fulfilments.prefix(fulfilmentsMax).map { TouchSort(any($0.kinds)) }
  }
}

extension Rulebook {
  /// The absences that some signal rule hears.
  var absencesAskedFor: Set<LifeAbsence> { Set(signals.compactMap(\.absence)) }
}
