import KeptFormat

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
    let parts = try reader.record("ends", "starts", "fit_days")
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
    fitDays = try parts["fit_days"]!.integer(0...100_000)
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
