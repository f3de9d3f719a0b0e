import KeptFormat

extension SignalRule {
  /// Beyond these, sums of decayed points could not be shown to stay in range.
  static let pointsMax: Int64 = 1_000_000

  init(_ reader: RulebookReader, halfLives: [String: Int64]) throws(RulebookError) {
    let parts = try reader.record(
      "rule", "kinds", "where?", "absence?", "list", "points", "half_life?", "why?", "lived?", "seed?")
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
    lived = try parts["lived"]?.text() ?? ""
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
