import KeptFormat

extension Rulebook {
  /// The built-in rulebook.
  public static let standard: Rulebook = {
    do {
      return try Rulebook(complete: JSONValue.parse(standardText))
    } catch {
      preconditionFailure("the built-in rulebook: \(error)")
    }
  }()

  /// Reads a rulebook file: what it does not give is as in `standard`.
  ///
  /// - Throws: `JSONError` where the text is not JSON, `RulebookError` where it is no rulebook.
  public static func parse(_ bytes: [UInt8]) throws -> Rulebook {
    let own = try JSONValue.parse(bytes)
    guard own.members != nil else {
      throw RulebookError(path: "", reason: "expected an object, found \(own.kindText)")
    }
    return try Rulebook(complete: merge(own, over: standard.json))
  }

  public static func parse(_ text: String) throws -> Rulebook { try parse(Array(text.utf8)) }

  /// The bytes that `digest` covers: canonical JSON (RFC 8785), defaults filled in.
  public var canonical: [UInt8] { json.canonical() }

  /// SHA-256 of `canonical`: which rules a snapshot was made with.
  public var digest: Digest { canonical.withUnsafeBytes { SHA256.hash($0) } }

  /// Objects member by member, everything else replaced. A member of `activities`, `half_lives` … set to null is left
  /// out.
  private static func merge(_ own: JSONValue, over base: JSONValue) -> JSONValue {
    guard case .object(let ownMembers) = own, case .object(var merged) = base else { return own }
    for member in ownMembers {
      if let index = merged.firstIndex(where: { $0.key == member.key }) {
        if member.value == .null {
          merged.remove(at: index)
        } else {
          merged[index].value = merge(member.value, over: merged[index].value)
        }
      } else {
        merged.append(member)
      }
    }
    return .object(merged)
  }

  static let day: Int64 = 86_400_000_000
  static let hour: Int64 = 3_600_000_000

  init(complete json: JSONValue) throws(RulebookError) {
    self.json = json
    let top = try RulebookReader(value: json, path: "").record(
      "activities", "directions", "openings", "retention", "lifecycle", "half_lives", "index", "signals", "promises",
      "ratings", "word_of_mouth", "relationship", "contracts", "lapse", "orders", "value", "currencies", "business_hours",
      "norms", "measures", "claims", "traits", "programs", "benchmarks", "accounts")
    activities = try Self.activities(top["activities"]!)
    directions = [:]
    for (kind, value) in try top["directions"]!.members() { directions[kind] = try value.direction() }
    openings = [:]
    for (noun, value) in try top["openings"]!.members() { openings[noun] = try value.texts() }
    retention = try RetentionRules(top["retention"]!, activities)
    lifecycle = try LifecycleRules(top["lifecycle"]!, activities)
    halfLives = [:]
    for (name, value) in try top["half_lives"]!.members() { halfLives[name] = try value.duration(Self.day) }
    index = try IndexRules(top["index"]!)
    signals = []
    var names: Set<String> = []
    for item in try top["signals"]!.items() {
      let rule = try SignalRule(item, halfLives: halfLives)
      guard names.insert(rule.name).inserted else { throw item.fail("a second rule called \"\(rule.name)\"") }
      signals.append(rule)
    }
    promises = try PromiseRules(top["promises"]!)
    ratings = try RatingRules(top["ratings"]!)
    wordOfMouth = try WordOfMouthRules(top["word_of_mouth"]!)
    relationship = try RelationshipRules(top["relationship"]!)
    contracts = try ContractRules(top["contracts"]!)
    lapse = try LapseRules(top["lapse"]!)
    let orderKinds = try top["orders"]!.record("placed", "cancelled", "corrected", "credited")
    orders = OrderRules(
      placed: try orderKinds["placed"]!.texts(), cancelled: try orderKinds["cancelled"]!.texts(),
      corrected: try orderKinds["corrected"]!.texts(), credited: try orderKinds["credited"]!.texts())
    value = try ValueRules(top["value"]!)
    currencies = [:]
    for (code, value) in try top["currencies"]!.members() {
      let rate = try value.micros()
      guard rate > 0 else { throw value.fail("a rate is above 0") }
      currencies[code] = rate
    }
    businessHours = try BusinessHours(top["business_hours"]!)
    norms = try Norms(top["norms"]!)
    counting = try CountingRules(top["measures"]!)
    claims = try ClaimRules(top["claims"]!)
    traits = try TraitRules(top["traits"]!, halfLives: halfLives)
    programs = try ProgramRules(top["programs"]!)
    benchmarks = []
    for item in try top["benchmarks"]!.items() { benchmarks.append(try Benchmark(item)) }
    accounts = try AccountRules(top["accounts"]!)
  }

  private static func activities(_ reader: RulebookReader) throws(RulebookError) -> [Activity] {
    var found: [Activity] = []
    for (name, value) in try reader.members() {
      let parts = try value.record("kinds?", "direction?", "implied_openings?")
      let kinds = try parts["kinds"]?.texts()
      found.append(
        Activity(
          name: name, kinds: kinds.map { Set($0) }, directions: try parts["direction"]?.directions(),
          countsImpliedOpenings: try parts["implied_openings"]?.flag() ?? false))
    }
    guard !found.isEmpty, found.count <= ActivityMask.countMax else {
      throw reader.fail("expected 1 to \(ActivityMask.countMax) activities")
    }
    return found
  }
}

/// Which activities a touch belongs to, a bit each.
enum ActivityMask {
  static let countMax = 7
}

extension RulebookReader {
  /// The index of an activity given by name.
  func activity(_ activities: [Activity]) throws(RulebookError) -> Int {
    let name = try text()
    guard let index = activities.firstIndex(where: { $0.name == name }) else {
      throw fail("\"\(name)\" is not one of the activities \(activities.map(\.name).joined(separator: ", "))")
    }
    return index
  }
}

extension RetentionRules {
  init(_ reader: RulebookReader, _ activities: [Activity]) throws(RulebookError) {
    let parts = try reader.record(
      "units", "activities", "grains", "clocks", "age_max", "brackets", "means_through", "revenue", "counts_start_day",
      "truncated_days", "log_starts_with_business")
    units = try parts["units"]!.choices(Unit.self)
    pairs = []
    for (name, value) in try parts["activities"]!.members() {
      let pair = try value.record("start", "return")
      pairs.append(
        Pair(name: name, start: try pair["start"]!.activity(activities), back: try pair["return"]!.activity(activities))
      )
    }
    grains = try parts["grains"]!.choices(Grain.self)
    clocks = try parts["clocks"]!.choices(Clock.self)
    ageMax = [:]
    for (name, value) in try parts["age_max"]!.members() {
      guard let grain = Grain(rawValue: name) else { throw value.fail("a grain is day, week or month") }
      ageMax[grain] = try value.integer(0...100_000)
    }
    brackets = [:]
    for (name, value) in try parts["brackets"]!.members() {
      guard let grain = Grain(rawValue: name) else { throw value.fail("a grain is day, week or month") }
      for item in try value.items() {
        let ends = try item.items()
        guard ends.count == 2 else { throw item.fail("expected a first and a last age") }
        let (first, last) = (try ends[0].integer(0...100_000), try ends[1].integer(0...100_000))
        guard first <= last else { throw item.fail("the last age is before the first") }
        guard last <= ageMax[grain] ?? .max else { throw item.fail("ages of a \(name) end at age_max") }
        brackets[grain, default: []].append(first...last)
      }
    }
    meansThrough = [:]
    for (name, value) in try parts["means_through"]!.members() {
      guard let grain = Grain(rawValue: name) else { throw value.fail("a grain is day, week or month") }
      meansThrough[grain] = try value.integer(0...100_000)
    }
    addsRevenue = try parts["revenue"]!.flag()
    countsStartDay = try parts["counts_start_day"]!.flag()
    truncatedDays = try parts["truncated_days"]!.integer(0...100_000)
    logStartsWithBusiness = try parts["log_starts_with_business"]!.flag()
  }
}

extension LifecycleRules {
  init(_ reader: RulebookReader, _ activities: [Activity]) throws(RulebookError) {
    let parts = try reader.record("units", "grains", "activity")
    units = try parts["units"]!.choices(Unit.self)
    grains = try parts["grains"]!.choices(Grain.self)
    activity = try parts["activity"]!.activity(activities)
  }
}

extension IndexRules {
  init(_ reader: RulebookReader) throws(RulebookError) {
    let parts = try reader.record("prior", "silence", "into", "good_fit")
    prior = try parts["prior"]!.real(0...1_000_000)
    silence = try parts["silence"]!.real(0...1_000_000)
    into = try parts["into"]!.real(0...100)
    goodFit = try parts["good_fit"]!.micros()
    guard prior > 0 || silence > 0 else { throw reader.fail("prior or silence must be above 0") }
  }
}

extension PromiseRules {
  init(_ reader: RulebookReader) throws(RulebookError) {
    let parts = try reader.record("fulfilments", "withdrawals")
    fulfilments = []
    for item in try parts["fulfilments"]!.items() {
      let fulfilment = try item.record("promise", "kinds")
      fulfilments.append(
        Fulfilment(promise: try fulfilment["promise"]!.text(), kinds: try fulfilment["kinds"]!.texts()))
    }
    withdrawals = try parts["withdrawals"]!.texts()
  }
}

extension RatingRules {
  init(_ reader: RulebookReader) throws(RulebookError) {
    let parts = try reader.record("kinds", "asked", "standard", "instruments", "sources")
    kinds = try parts["kinds"]!.texts()
    asked = try parts["asked"]!.texts()
    standard = try parts["standard"]!.text()
    instruments = [:]
    for (name, value) in try parts["instruments"]!.members() {
      let instrument = try value.record("scale", "high_is_good", "satisfied", "dissatisfied", "word_of_mouth")
      let scale = try instrument["scale"]!.range()
      instruments[name] = Instrument(
        low: scale.low, high: scale.high, highIsGood: try instrument["high_is_good"]!.flag(),
        satisfied: try instrument["satisfied"]!.micros(), dissatisfied: try instrument["dissatisfied"]!.micros(),
        countsForWordOfMouth: try instrument["word_of_mouth"]!.flag())
      guard instruments[name]!.dissatisfied < instruments[name]!.satisfied else {
        throw value.fail("\"dissatisfied\" must be below \"satisfied\"")
      }
    }
    guard instruments[standard] != nil else { throw parts["standard"]!.fail("no such instrument") }
    sources = [:]
    for (name, value) in try parts["sources"]!.members() { sources[name] = try value.range() }
  }
}

extension WordOfMouthRules {
  init(_ reader: RulebookReader) throws(RulebookError) {
    let parts = try reader.record(
      "break_even", "told_good", "told_bad", "told_many", "mentions", "emotions", "satisfied", "dissatisfied")
    breakEven = try parts["break_even"]!.real(0...1_000_000)
    let good = try parts["told_good"]!.range()
    let bad = try parts["told_bad"]!.range()
    toldMany = try parts["told_many"]!.real(0...1)
    toldGood = (Double(good.low) / 1_000_000, Double(good.high) / 1_000_000)
    toldBad = (Double(bad.low) / 1_000_000, Double(bad.high) / 1_000_000)
    mentions = try parts["mentions"]!.texts()
    emotions = try parts["emotions"]!.texts()
    satisfied = try parts["satisfied"]!.texts()
    dissatisfied = try parts["dissatisfied"]!.texts()
  }
}

extension RelationshipRules {
  init(_ reader: RulebookReader) throws(RulebookError) {
    let parts = try reader.record("ends", "starts")
    ends = []
    for item in try parts["ends"]!.items() {
      let end = try item.record("kind", "by?")
      ends.append(End(kind: try end["kind"]!.text(), by: try end["by"]?.text()))
    }
    starts = []
    for item in try parts["starts"]!.items() {
      let start = try item.record("kind", "change?")
      starts.append(Start(kind: try start["kind"]!.text(), changes: try start["change"]?.texts()))
    }
  }
}

extension ContractRules {
  init(_ reader: RulebookReader) throws(RulebookError) {
    let parts = try reader.record("terms_end", "grace_days")
    termsEnd = try parts["terms_end"]!.flag()
    grace = Int64(try parts["grace_days"]!.integer(0...100_000)) * Rulebook.day
  }
}

extension LapseRules {
  init(_ reader: RulebookReader) throws(RulebookError) {
    let parts = try reader.record("days", "weight", "quantile", "min_days", "max_days")
    days = try parts["days"]!.real(1...100_000)
    weight = try parts["weight"]!.real(0...100_000)
    quantile = try parts["quantile"]!.real(0...1)
    minDays = try parts["min_days"]!.real(1...100_000)
    maxDays = try parts["max_days"]!.real(minDays...100_000)
    guard weight > 0 else { throw parts["weight"]!.fail("expected a number above 0") }
  }
}

extension ValueRules {
  init(_ reader: RulebookReader) throws(RulebookError) {
    let parts = try reader.record("margin", "discount_per_year", "horizon_days")
    margin = parts["margin"]!.value.string == "recorded" ? nil : try parts["margin"]!.real(-1_000...1_000)
    discount = try parts["discount_per_year"]!.real(0...1_000)
    horizonDays = try parts["horizon_days"]!.real(1...36_500)
  }
}

extension BusinessHours {
  init(_ reader: RulebookReader) throws(RulebookError) {
    let parts = try reader.record("days", "from", "to")
    days = []
    for item in try parts["days"]!.items() { days.insert(try item.integer(1...7)) }
    fromMinute = try Self.minute(parts["from"]!)
    toMinute = try Self.minute(parts["to"]!)
    guard fromMinute < toMinute, !days.isEmpty else { throw reader.fail("no business hours at all") }
  }

  private static func minute(_ reader: RulebookReader) throws(RulebookError) -> Int {
    let parts = try reader.text().split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.count == 2 }), let hour = Int(parts[0]), let minute = Int(parts[1]),
      0 <= hour, hour <= 24, 0 <= minute, minute < 60, hour * 60 + minute <= 1440
    else { throw reader.fail("expected a time of day like \"09:00\"") }
    return hour * 60 + minute
  }
}

extension Norms {
  init(_ reader: RulebookReader) throws(RulebookError) {
    let parts = try reader.record(
      "answered_soon_hours", "solved_soon_days", "solved_late_days", "credit_soon_hours", "credit_late_days",
      "paid_late_days", "confirm_instantly_seconds", "ship_notice_hours", "waited_soon_seconds",
      "close_out_days", "hand_offs", "promise_dropped_days", "left_in_dark_days", "left_in_dark_again_days",
      "unanswered_business_days", "shares")
    answeredSoon = try parts["answered_soon_hours"]!.duration(Rulebook.hour)
    solvedSoon = try parts["solved_soon_days"]!.duration(Rulebook.day)
    solvedLate = try parts["solved_late_days"]!.duration(Rulebook.day)
    creditSoon = try parts["credit_soon_hours"]!.duration(Rulebook.hour)
    creditLate = try parts["credit_late_days"]!.duration(Rulebook.day)
    paidLate = try parts["paid_late_days"]!.duration(Rulebook.day)
    confirmInstantly = try parts["confirm_instantly_seconds"]!.duration(1_000_000)
    waitedSoon = try parts["waited_soon_seconds"]!.duration(1_000_000)
    closeOut = try parts["close_out_days"]!.duration(Rulebook.day)
    shipNotice = try parts["ship_notice_hours"]!.duration(Rulebook.hour)
    handOffs = try parts["hand_offs"]!.integer(1...1_000_000)
    promiseDropped = try parts["promise_dropped_days"]!.duration(Rulebook.day)
    leftInDark = try parts["left_in_dark_days"]!.duration(Rulebook.day)
    leftInDarkAgain = try parts["left_in_dark_again_days"]!.duration(Rulebook.day)
    guard leftInDarkAgain >= Rulebook.hour else {
      throw parts["left_in_dark_again_days"]!.fail("expected at least an hour")
    }
    unansweredDays = try parts["unanswered_business_days"]!.integer(1...250)
    shares = try NormShares(parts["shares"]!)
  }
}

extension CountingRules {
  init(_ reader: RulebookReader) throws(RulebookError) {
    let parts = try reader.record("agent_touches_min", "untruths", "care_reasons", "not_best_reasons")
    agentTouchesMin = try parts["agent_touches_min"]!.integer(1...1_000_000)
    untruths = try parts["untruths"]!.texts()
    careReasons = try parts["care_reasons"]!.texts()
    notBestReasons = try parts["not_best_reasons"]!.texts()
  }
}

extension ClaimRules {
  init(_ reader: RulebookReader) throws(RulebookError) {
    let parts = try reader.record(
      "landmark_days", "count_min", "events_min", "level", "resamples", "units_max", "backtest_months",
      "backtest_days", "bins")
    landmarkDays = try parts["landmark_days"]!.integer(1...3650)
    countMin = try parts["count_min"]!.integer(4...1_000_000)
    eventsMin = try parts["events_min"]!.integer(1...1_000_000)
    level = try parts["level"]!.real(0.000_001...0.5)
    resamples = try parts["resamples"]!.integer(100...100_000)
    unitsMax = try parts["units_max"]!.integer(30...100_000)
    backtestMonths = try parts["backtest_months"]!.integer(1...120)
    backtestDays = try parts["backtest_days"]!.integer(1...730)
    bins = try parts["bins"]!.integer(2...100)
  }
}

extension SignalRule {
  /// Beyond these, sums of decayed points could not be shown to stay in range.
  static let pointsMax: Int64 = 1_000_000

  init(_ reader: RulebookReader, halfLives: [String: Int64]) throws(RulebookError) {
    let parts = try reader.record("rule", "kinds", "where?", "absence?", "list", "points", "half_life?", "why?", "seed?")
    name = try parts["rule"]!.text()
    kinds = try parts["kinds"]!.texts()
    conditions = try parts["where"].map { reader throws(RulebookError) in try Condition.all(reader) } ?? []
    absence = try parts["absence"]?.choice(LifeAbsence.self)
    list = try parts["list"]!.choice(SignalList.self)
    if absence != nil, parts["points"]!.value.string == "rating" {
      throw parts["points"]!.fail("an absence has no rating")
    }
    if parts["points"]!.value.string == "rating" {
      points = .rating
    } else {
      let micros = try parts["points"]!.micros()
      guard abs(micros) <= Self.pointsMax * 1_000_000 else {
        throw parts["points"]!.fail("expected a number from \(-Self.pointsMax) to \(Self.pointsMax), or \"rating\"")
      }
      points = .fixed(micros)
    }
    halfLife = try parts["half_life"]?.text() ?? ""
    if case .fixed(0) = points {
    } else if halfLives[halfLife] == nil {
      throw (parts["half_life"] ?? reader).fail(
        "expected \"half_life\", one of \(halfLives.keys.sorted().joined(separator: ", "))")
    }
    why = try parts["why"]?.text() ?? ""
    seed = try parts["seed"]?.text() ?? ""
  }
}

extension Condition {
  static func all(_ reader: RulebookReader) throws(RulebookError) -> [Condition] {
    var found: [Condition] = []
    for (key, value) in try reader.members() {
      switch key {
      case "direction": found.append(Condition(fields: [], test: .direction(try value.directions())))
      case "state": found.append(Condition(fields: [], test: .fact(try value.choice(LifeFact.self))))
      default: found += try one(key, value)
      }
    }
    return found
  }

  /// A value (equals), an array of them (is one of), or an object of comparisons.
  private static func one(_ key: String, _ reader: RulebookReader) throws(RulebookError) -> [Condition] {
    let fields = key.split(separator: "+").map { $0.filter { $0 != " " } }
    guard !fields.isEmpty, fields.allSatisfy({ !$0.isEmpty }) else { throw reader.fail("no field is named") }
    guard reader.value.members != nil else {
      let items = reader.value.array == nil ? [reader] : try reader.items()
      var literals: [Literal] = []
      for item in items { literals.append(try item.literal()) }
      guard fields.count == 1 else { throw reader.fail("a sum can only be compared with over, from, under, to") }
      return [Condition(fields: fields, test: .isOneOf(literals))]
    }
    var found: [Condition] = []
    for (name, value) in try reader.members() {
      let test: Test
      switch name {
      case "over": test = .over(try value.micros())
      case "from": test = .from(try value.micros())
      case "under": test = .under(try value.micros())
      case "to": test = .to(try value.micros())
      case "present": test = .isPresent(try value.flag())
      case "empty": test = .isEmpty(try value.flag())
      default: throw value.fail("unknown comparison; known: over, from, under, to, present, empty")
      }
      switch test {
      case .isPresent, .isEmpty:
        guard fields.count == 1 else { throw value.fail("a sum can only be compared with over, from, under, to") }
      default: break
      }
      found.append(Condition(fields: fields, test: test))
    }
    return found
  }
}

extension RulebookReader {
  fileprivate func literal() throws(RulebookError) -> Condition.Literal {
    switch value {
    case .string(let text): return .text(text)
    case .boolean(let flag): return .number(flag ? 1_000_000 : 0)
    case .number: return .number(try micros())
    case .null, .array, .object: throw fail("expected a string, a number, true or false, found \(value.kindText)")
    }
  }
}
