import KeptReplay

/// What a measure reads beyond kind, direction and time: these fields of touches of these kinds (nil: of every kind).
struct Need: Sendable {
  var kinds: [String]?
  var fields: [DetailField]
}

/// Everything the measures of a run need, merged: the plan of the replay, and where each field stands in a detail.
struct DetailPlan: Sendable {
  let details: [String: [DetailField]]
  let others: [DetailField]

  /// Fields of a kind stand in the order in which they were first asked for.
  init(_ needs: [Need], kinds: [String]) {
    var common: [DetailField] = []
    for need in needs where need.kinds == nil { Self.add(need.fields, to: &common) }
    var details: [String: [DetailField]] = [:]
    let known = Set(kinds)
    for need in needs {
      for kind in need.kinds ?? [] where known.contains(kind) {
        Self.add(need.fields, to: &details[kind, default: common])
      }
    }
    self.details = details
    others = common
  }

  /// What a replay was told to carry.
  init(_ plan: ReplayPlan) {
    details = plan.details
    others = plan.detailsOfOthers
  }

  private static func add(_ fields: [DetailField], to list: inout [DetailField]) {
    for field in fields where !list.contains(field) { list.append(field) }
  }

  /// Where the field stands in the detail of a touch of that kind; −1: nowhere, so the field is absent.
  func slot(_ kind: String, _ field: DetailField) -> Int {
    (details[kind] ?? others).firstIndex(of: field) ?? -1
  }
}
