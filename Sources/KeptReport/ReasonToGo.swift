/// What the record knows that could make a customer leave.
enum ReasonToGo: String, CaseIterable {
  case spokeOfLeaving = "leave_signal"
  case neverServedWell = "never_well_served"
  case untruths = "untruths"
  case latePromises = "promises_late"
  case unmetNeeds = "unmet_long"
  case worseService = "below_own_baseline"
  case notInto = "they_index"

  /// The column of `customers` that tells it.
  private var column: String { rawValue }

  func isKnown(_ table: ReportTable, _ row: Int) -> Bool {
    table[column].number(row) != nil || table[column].flag(row) != nil
  }

  /// nil where they do not have it.
  func words(_ table: ReportTable, _ row: Int) -> String? {
    let count = table[column].count(row), number = table[column].number(row) ?? 0
    switch self {
    case .spokeOfLeaving: return count > 0 ? "spoke of leaving \(Self.times(count))" : nil
    case .neverServedWell: return table[column].flag(row) ?? false ? "never satisfied, and known long" : nil
    case .untruths: return count > 0 ? "told what was not so \(Self.times(count))" : nil
    case .latePromises: return count > 0 ? "\(Numbers.count(count, "promise")) kept late" : nil
    case .unmetNeeds: return number > 0 ? "\(Numbers.percent(number)) of their long-term needs unmet" : nil
    case .worseService: return number >= 0.5 ? "\(Numbers.percent(number)) of our service worse than they knew it" : nil
    case .notInto: return number <= -10 ? "not into us" : nil
    }
  }

  /// What it is called where no customer is spoken of.
  var name: String {
    switch self {
    case .spokeOfLeaving: "talk of leaving"
    case .neverServedWell: "long service that never satisfied"
    case .untruths: "untruths"
    case .latePromises: "late promises"
    case .unmetNeeds: "unmet needs"
    case .worseService: "service worse than before"
    case .notInto: "whether they are into us"
    }
  }

  /// Said of several who have it.
  var summary: String {
    switch self {
    case .spokeOfLeaving: "having spoken of it"
    case .neverServedWell: "never having been satisfied"
    case .untruths: "having been told what was not so"
    case .latePromises: "for a promise kept late"
    case .unmetNeeds: "for needs left unmet"
    case .worseService: "for service worse than they knew it"
    case .notInto: "not being into us"
    }
  }

  private static func times(_ count: Int) -> String {
    switch count {
    case 1: "once"
    case 2: "twice"
    default: "\(Numbers.whole(count)) times"
    }
  }
}
