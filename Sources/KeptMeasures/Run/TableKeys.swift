import KeptSnapshot

extension TableName {
  /// The columns that together say which row a row is, in every snapshot: what two snapshots are compared by.
  ///
  /// What has no id of its own, as a basket that was left before it became an order, shares its key with others: then the
  /// first is compared with the first, the second with the second.
  public var keys: [String] {
    switch self {
    case .customers: ["customer"]
    case .accounts: ["account"]
    case .retention: ["unit", "activity", "grain", "clock", "cohort", "age"]
    case .retentionBrackets: ["unit", "activity", "grain", "clock", "cohort", "age_from", "age_to"]
    case .retentionMeans: ["unit", "activity", "grain", "clock", "age"]
    case .lifecycle: ["unit", "grain", "period"]
    case .scores: ["customer", "list"]
    case .signals: ["rule", "list", "period"]
    case .moves: ["unit", "period", "from_quadrant", "to_quadrant"]
    case .wordOfMouth, .months: ["period"]
    case .promises: ["customer", "promise", "made_by"]
    case .churn: ["unit", "grain", "period", "definition", "currency"]
    case .lapses: ["customer", "went_quiet_on"]
    case .survival: ["curve", "stratum", "t_days", "ci_kind"]
    case .incidence: ["curve", "stratum", "cause", "t_days"]
    case .models: ["model", "parameter"]
    case .cases: ["customer", "case_id"]
    case .orders: ["customer", "order_id"]
    case .returns: ["customer", "return_id"]
    case .calls: ["customer", "called_at", "case_id"]
    case .projects: ["customer", "project_id"]
    case .measures: ["measure", "grain", "entity", "period"]
    case .channels: ["channel", "period"]
    case .departments: ["department", "period"]
    case .agents: ["agent", "period"]
    case .claims: ["seed", "claim", "statistic"]
    case .backtests: ["measure", "outcome", "period"]
    case .calibration: ["measure", "outcome", "bin"]
    case .parity: ["party", "against", "metric", "period"]
    case .pairs: ["dept_a", "dept_b", "period"]
    case .changes: ["made_at", "change", "change_kind", "agent", "signal"]
    case .benchmarks: ["metric", "source", "holder"]
    case .customerMonths: ["customer", "period"]
    case .touches: ["customer", "said_at", "position", "is_absence", "list", "rule"]
    case .sources: ["source", "day"]
    case .dictionary: ["table_name", "column_name"]
    }
  }

  /// How a row says that what it tells of was over by an instant, so that only what is learned or ruled later can change it.
  public enum Closing: Sendable {
    /// The column `complete` says so.
    case complete
    /// The month that begins on the day in this column.
    case month(String)
    /// The local day in this column.
    case day(String)
    /// Every row tells only of what is over.
    case always
  }

  /// nil: the table tells how things stand at its instant, and no row of it is ever closed.
  public var closing: Closing? {
    switch self {
    case .retention, .retentionBrackets, .lifecycle, .churn, .moves, .customerMonths: .complete
    case .retentionMeans: .always
    case .signals, .wordOfMouth, .measures, .months, .channels, .departments, .agents, .pairs, .parity: .month("period")
    case .sources: .day("day")
    case .customers, .accounts, .scores, .promises, .lapses, .survival, .incidence, .models, .cases, .orders, .returns,
      .calls, .projects, .claims, .backtests, .calibration, .changes, .benchmarks, .touches, .dictionary: nil
    }
  }
}
