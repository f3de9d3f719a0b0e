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

  /// Reads a rulebook file. One that lacks nothing, like what `kept rulebook` prints, is taken as it stands; what any other
  /// does not give is as in `standard`.
  ///
  /// - Throws: `JSONError` where the text is not JSON, `RulebookError` where it is no rulebook.
  public static func parse(_ bytes: [UInt8]) throws -> Rulebook {
    let own = try JSONValue.parse(bytes)
    guard own.members != nil else {
      throw RulebookError(path: "", reason: "expected an object, found \(own.kindText)")
    }
    // An activity that was taken out of a whole rulebook must not come back.
    if let whole = try? Rulebook(complete: own) { return whole }
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
