import KeptSnapshot

/// The tables that measures make.
public enum TableName: String, Sendable, CaseIterable {
  case customers, accounts, retention
  case retentionBrackets = "retention_brackets"
  case retentionMeans = "retention_means"
  case lifecycle, scores, signals, moves
  case wordOfMouth = "word_of_mouth"
  case promises
  case churn, lapses, survival, incidence, models
  case cases, orders, returns, calls, projects
  case measures, months, channels, departments, agents
  case claims, backtests, calibration
  case parity, pairs, changes, benchmarks
  case customerMonths = "customer_months"
  case touches
  case sources, dictionary

  /// Large and seldom needed: only made where it is named.
  public var isOnRequest: Bool {
    switch self {
    case .customerMonths, .touches: true
    default: false
    }
  }

  /// The names of those made on request only, as help lists them.
  public static var onRequest: String { allCases.filter(\.isOnRequest).map(\.rawValue).joined(separator: ", ") }

  public var schema: TableSchema {
    switch self {
    case .customers: CustomersTable.schema
    case .accounts: AccountsTable.schema
    case .retention: RetentionTable.schema
    case .retentionBrackets: RetentionBracketsTable.schema
    case .retentionMeans: RetentionMeansTable.schema
    case .lifecycle: LifecycleTable.schema
    case .scores: ScoresTable.schema
    case .signals: SignalsTable.schema
    case .moves: MovesTable.schema
    case .customerMonths: CustomerMonthsTable.schema
    case .touches: TouchesTable.schema
    case .wordOfMouth: WordOfMouthTable.schema
    case .promises: PromisesTable.schema
    case .churn: ChurnTable.schema
    case .lapses: LapsesTable.schema
    case .survival: SurvivalTable.schema
    case .incidence: IncidenceTable.schema
    case .models: ModelsTable.schema
    case .measures: MeasuresTable.schema
    case .months, .channels, .departments, .agents: WideTable.schema(grain!)
    case .claims: ClaimsTable.schema
    case .backtests: BacktestsTable.schema
    case .calibration: CalibrationTable.schema
    case .parity: ParityTable.schema
    case .pairs: PairsTable.schema
    case .changes: ChangesTable.schema
    case .benchmarks: BenchmarksTable.schema
    case .sources: SourcesTable.schema
    case .dictionary: DictionaryTable.schema
    case .cases, .orders, .returns, .calls, .projects: family!.schema
    }
  }

  /// The family whose things the table lists.
  var family: FactFamily? {
    switch self {
    case .cases: CaseFacts.family
    case .orders: OrderFacts.family
    case .returns: ReturnFacts.family
    case .calls: CallFacts.family
    case .projects: ProjectFacts.family
    default: nil
    }
  }

  /// Families that it is made from without listing them.
  var reads: [FactFamily] {
    switch self {
    case .claims: [CaseFacts.family]
    case .parity: ParityTable.families
    case .pairs: [ContradictionFacts.family]
    case .changes: ChangesTable.families
    default: []
    }
  }

  /// What the rows of a wide table are about, by month.
  var grain: MeasureGrain? {
    switch self {
    case .months: .firm
    case .channels: .channel
    case .departments: .department
    case .agents: .agent
    default: nil
    }
  }

  /// What the lives must be folded for.
  var parts: Parts {
    switch self {
    case .customers: [.customers, .tenure, .purchases]
    case .accounts: .accounts
    case .retention: [.retention, .revenue]
    case .retentionBrackets: [.retention, .brackets]
    case .retentionMeans: .retention
    case .lifecycle: .lifecycle
    case .scores: .scores
    case .signals: .signals
    case .moves: [.history, .moves]
    case .customerMonths: [.history, .customerMonths]
    case .touches: .touches
    case .wordOfMouth: .wordOfMouth
    case .promises: .promises
    case .churn: .churn
    case .lapses: [.churn, .lapses]
    case .survival, .incidence: .tenure
    case .models: [.purchases, .tenure]
    case .cases, .orders, .returns, .calls, .projects: .facts
    case .measures, .months, .channels, .departments, .agents, .pairs, .changes, .benchmarks: .measures
    case .parity: .facts
    case .claims: [.claims, .growth, .backtests, .history, .tenure, .facts, .measures, .wordOfMouth]
    case .backtests, .calibration: [.backtests, .history, .tenure]
    case .sources, .dictionary: []
    }
  }
}
