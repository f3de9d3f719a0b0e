import KeptFormat

/// Everything a business may decide about its measures: activities, windows, half-lives, the signal table, scales.
///
/// It is written in JSON; `Rulebook.standard` is the built-in one, and a file needs to give only what differs: objects
/// are merged member by member, arrays and values replace. Decoded by RulebookReader.swift, printed from `json`.
public struct Rulebook: Sendable {
  /// The whole rulebook, defaults filled in: what `kept rulebook` prints, and what `digest` covers.
  public let json: JSONValue

  var activities: [Activity]
  /// Default directions of kinds, over those of the vocabulary.
  var directions: [String: Direction]
  /// By noun: the kinds that open one. A matter whose opening is missing opens at its first event.
  var openings: [String: [String]]
  var retention: RetentionRules
  var lifecycle: LifecycleRules
  /// In microseconds, by name.
  var halfLives: [String: Int64]
  var index: IndexRules
  var signals: [SignalRule]
  var promises: PromiseRules
  var ratings: RatingRules
  var wordOfMouth: WordOfMouthRules
  var relationship: RelationshipRules
  var contracts: ContractRules
  var lapse: LapseRules
  var orders: OrderRules
  var value: ValueRules
  /// What one unit of a foreign currency is worth in the ledger's, × 10⁶.
  var currencies: [String: Int64]
  var businessHours: BusinessHours
  var norms: Norms
  var counting: CountingRules
  var claims: ClaimRules
  var traits: TraitRules
  var programs: ProgramRules
  var benchmarks: [Benchmark]
  var accounts: AccountRules
}

/// A sort of touch that may start or continue a relationship; `kinds` and `directions` nil: any.
struct Activity: Sendable {
  var name: String
  var kinds: Set<String>?
  var directions: Set<Direction>?
  /// The first event of a case, order or project whose opening is missing counts too.
  var countsImpliedOpenings: Bool
}

enum Unit: String, Sendable, CaseIterable { case customer, account }
enum Grain: String, Sendable, CaseIterable { case day, week, month }
enum Clock: String, Sendable, CaseIterable { case calendar, rolling }

struct RetentionRules: Sendable {
  /// What the column `activity` says, and the activities (by index) that start and continue.
  struct Pair: Sendable {
    var name: String
    var start: Int
    var back: Int
  }
  var units: [Unit]
  var pairs: [Pair]
  var grains: [Grain]
  var clocks: [Clock]
  /// The last age that is written, by grain; nil: all.
  var ageMax: [Grain: Int]
  /// Whether a return within the first bucket counts on the very day of the start; otherwise on later days only.
  var countsStartDay: Bool
  var truncatedDays: Int
  /// Ranges of ages that are counted as one, by grain.
  var brackets: [Grain: [ClosedRange<Int>]]
  /// Cohorts that are complete through this age make the means over fixed cohorts.
  var meansThrough: [Grain: Int]
  /// Whether what members paid is added up age by age.
  var addsRevenue: Bool
  var logStartsWithBusiness: Bool
}

struct LifecycleRules: Sendable {
  var units: [Unit]
  var grains: [Grain]
  var activity: Int
}

/// Index = 100 · (P − N) / (P + N + prior); NULL while P + N < silence; into from `into` on.
struct IndexRules: Sendable {
  var prior: Double
  var silence: Double
  var into: Double
  /// × 10⁶: from which on `fit.assessed` says that we suit each other; whoever is mutual then belongs to the A list.
  var goodFit: Int64

  /// Like "0.7".
  var goodFitText: String { "\(Double(goodFit) / 1_000_000)" }
}

/// Which of the three lists a signal goes to.
enum SignalList: String, Sendable, CaseIterable {
  case weDone = "we_done"
  case weFelt = "we_felt"
  case they

  var index: Int { self == .weDone ? 0 : self == .weFelt ? 1 : 2 }
}

/// A row of the signal table: touches of these kinds that meet every condition say `points` in `list`.
struct SignalRule: Sendable {
  enum Points: Sendable {
    /// × 10⁶.
    case fixed(Int64)
    /// round(4·s − 2), s the rating rescaled to 0 … 1.
    case rating
  }
  var name: String
  var kinds: [String]
  var conditions: [Condition]
  /// What it hears besides, though no event says it.
  var absence: LifeAbsence?
  var list: SignalList
  var points: Points
  /// A name in `halfLives`; empty where the rule gives no points.
  var halfLife: String
  var why: String
  /// What the customer would say of such a touch; empty: nobody put it in words.
  var lived: String
  var seed: String
}

/// A claim about one touch; false where a field it reads is missing, unless absence is what it asks for.
struct Condition: Sendable, Hashable {
  enum Test: Sendable, Hashable {
    case isOneOf([Literal])
    /// Comparisons of a number, or of a sum of numbers, with a bound × 10⁶.
    case over(Int64)
    case from(Int64)
    case under(Int64)
    case to(Int64)
    case isPresent(Bool)
    /// Whether a list, an object or a text has nothing in it.
    case isEmpty(Bool)
    case direction(Set<Direction>)
    /// What only the life up to this touch can tell.
    case fact(LifeFact)
  }
  enum Literal: Sendable, Hashable {
    case text(String)
    /// × 10⁶; false and true are 0 and 1.
    case number(Int64)
  }
  /// One field, or several whose numbers are added; none for `direction` and `fact`.
  var fields: [String]
  var test: Test
}

/// What a touch means in its life so far; the conditions a rule can ask for as `"state"`.
enum LifeFact: String, Sendable, CaseIterable {
  case ourPromiseKept = "our promise kept in time"
  case ourPromiseBroken = "our promise broken before due"
  case ourPromiseDropped = "our promise broken after due"
  case ourPromiseMoved = "our promise moved to a later due"
  case theirPromiseKept = "their promise kept"
  case theirPromiseBroken = "their promise broken"
  case answeredSoon = "case answered soon"
  case solvedSoon = "case solved soon"
  case solvedLate = "case solved late"
  case handedOnAgain = "handed on again"
  case creditedSoon = "credited soon"
  case creditedLate = "credited late"
  case soldFirst = "sold first after close"
  case paidLate = "paid late"

  var bit: UInt32 { 1 << UInt32(Self.allCases.firstIndex(of: self)!) }
}

/// What did not happen in a life, told at the instant a limit passed; what a rule can ask for as `"absence"`.
enum LifeAbsence: String, Sendable, CaseIterable {
  case promiseOverdue = "our promise unsettled when due"
  case promiseDropped = "our promise unsettled long after due"
  case droppedAfterClose = "project closed without close-out or introduction to care"
  case leftInDark = "open case or project without a word of ours"
  case unanswered = "case without a human reply"

  var index: Int { Self.allCases.firstIndex(of: self)! }
}

struct PromiseRules: Sendable {
  /// A promise whose `data.promise` says `promise` is kept by the first of `kinds` on the same subject.
  struct Fulfilment: Sendable {
    var promise: String
    var kinds: [String]
  }
  var fulfilments: [Fulfilment]
  /// Kinds that withdraw the promises on their subject.
  var withdrawals: [String]
}

struct RatingRules: Sendable {
  struct Instrument: Sendable {
    /// × 10⁶.
    var low: Int64
    var high: Int64
    var highIsGood: Bool
    /// Shares of the scale × 10⁶ from which, and up to which, a rating says satisfied and dissatisfied.
    var satisfied: Int64
    var dissatisfied: Int64
    var countsForWordOfMouth: Bool
  }
  var kinds: [String]
  var asked: [String]
  var standard: String
  var instruments: [String: Instrument]
  /// The scale of a source whose events do not say theirs, × 10⁶.
  var sources: [String: (low: Int64, high: Int64)]
}

struct WordOfMouthRules: Sendable {
  var breakEven: Double
  var toldGood: (low: Double, high: Double)
  var toldBad: (low: Double, high: Double)
  /// Of the dissatisfied, those who tell more than 20 each.
  var toldMany: Double
  /// Kinds that are public mentions.
  var mentions: [String]
  /// Kinds of feelings expressed, and the levels that stand for a rating in a month without one.
  var emotions: [String]
  var satisfied: [String]
  var dissatisfied: [String]
}

struct RelationshipRules: Sendable {
  /// A kind that ends a relationship; `by` nil: `data.ended_by` says who left.
  struct End: Sendable {
    var kind: String
    var by: String?
  }
  /// A kind that begins one (again); `changes` nil: always, else for these values of `data.change`.
  struct Start: Sendable {
    var kind: String
    var changes: [String]?
  }
  var ends: [End]
  var starts: [Start]
  /// An assessment of fit counts as made at the start up to so many days after it.
  var fitDays: Int
}

/// When a contract is over of which nobody said so.
struct ContractRules: Sendable {
  /// Whether one that is not renewed ends with its term.
  var termsEnd: Bool
  /// How long after its term a renewal still counts as one, in microseconds.
  var grace: Int64
}

/// Personal limit of silence: clamp((n·q + weight·days) / (n + weight), min, max), metrics 3.4.
struct LapseRules: Sendable {
  var days: Double
  var weight: Double
  var quantile: Double
  var minDays: Double
  var maxDays: Double
}

struct OrderRules: Sendable {
  var placed: [String]
  var cancelled: [String]
  var corrected: [String]
  var credited: [String]
}

/// What orders to come are worth today.
struct ValueRules: Sendable {
  /// Of a unit of revenue, what is left; nil: what the ledger's payments and costs say.
  var margin: Double?
  /// By how much less an order in a year is worth, 0.1 being 10 %.
  var discount: Double
  /// How far ahead is looked.
  var horizonDays: Double
}

/// The hours in which a customer may expect us: every business day from … to, in local time.
struct BusinessHours: Sendable {
  /// 1 = Monday … 7 = Sunday.
  var days: Set<Int>
  var fromMinute: Int
  var toMinute: Int
}

/// Limits of the state conditions, in microseconds; `handOffs` is a count.
struct Norms: Sendable {
  var answeredSoon: Int64
  var solvedSoon: Int64
  var solvedLate: Int64
  var creditSoon: Int64
  var creditLate: Int64
  var paidLate: Int64
  var confirmInstantly: Int64
  var shipNotice: Int64
  var waitedSoon: Int64
  /// How far from its closing a project may be closed out, and its customer be introduced to those who care.
  var closeOut: Int64
  var handOffs: Int
  /// After its due an unsettled promise is dropped.
  var promiseDropped: Int64
  /// Without a word of ours whoever has an open matter is in the dark; and is so again every so long.
  var leftInDark: Int64
  var leftInDarkAgain: Int64
  /// Business days.
  var unansweredDays: Int
  /// What of everything has to keep to a norm for it to be met.
  var shares: NormShares
}

/// What the measures that touches add up to take from the rulebook's `measures`.
struct CountingRules: Sendable {
  /// One of ours is shown from so many touches a month on.
  var agentTouchesMin: Int
  /// `data.contradiction` that is an untruth.
  var untruths: [String]
  /// Reasons to stay that name care; reasons to end that say somebody else is better.
  var careReasons: [String]
  var notBestReasons: [String]
}

/// How claims are tested, and how indices and forecasts are tried on the past. Metrics 3.15.
struct ClaimRules: Sendable {
  /// What may foretell leaving is measured up to this day of a relationship, leaving from it on.
  var landmarkDays: Int
  /// With less there is no verdict.
  var countMin: Int
  var eventsMin: Int
  /// A p-value, Holm's, up to which something is a finding.
  var level: Double
  var resamples: Int
  /// A bootstrap draws from so many units at most; of more, that many are drawn once and for all.
  var unitsMax: Int
  /// Back-tests look from the first of so many months at the days that followed it.
  var backtestMonths: Int
  var backtestDays: Int
  var bins: Int
}
