import KeptFormat

/// Why a rulebook cannot be used: the place inside its JSON (`signals[12].where.score`), and what is wrong there.
public struct RulebookError: Error, Sendable, Equatable, CustomStringConvertible {
  public var path: String
  public var reason: String

  public var description: String { path.isEmpty ? reason : "\(path): \(reason)" }
}

/// A value of a rulebook together with where it stands, so that every complaint can say so.
struct RulebookReader {
  let value: JSONValue
  let path: String

  func fail(_ reason: String) -> RulebookError { RulebookError(path: path, reason: reason) }

  private func expected(_ what: String) -> RulebookError { fail("expected \(what), found \(value.kindText)") }

  func child(_ key: String, _ value: JSONValue) -> RulebookReader {
    RulebookReader(value: value, path: path.isEmpty ? key : "\(path).\(key)")
  }

  func members() throws(RulebookError) -> [(key: String, value: RulebookReader)] {
    guard let members = value.members else { throw expected("an object") }
    return members.map { ($0.key, child($0.key, $0.value)) }
  }

  /// Members as a record: every key must be one of `known`, and those without a `?` must be there.
  func record(_ known: String...) throws(RulebookError) -> [String: RulebookReader] {
    let members = try members()
    let names = known.map { $0.hasSuffix("?") ? String($0.dropLast()) : $0 }
    var found: [String: RulebookReader] = [:]
    for member in members {
      guard names.contains(member.key) else {
        throw RulebookError(
          path: member.value.path, reason: "unknown key; known here: \(names.joined(separator: ", "))")
      }
      found[member.key] = member.value
    }
    for name in known where !name.hasSuffix("?") && found[name] == nil { throw fail("\"\(name)\" is missing") }
    return found
  }

  func items() throws(RulebookError) -> [RulebookReader] {
    guard let values = value.array else { throw expected("an array") }
    return values.enumerated().map { RulebookReader(value: $0.element, path: "\(path)[\($0.offset)]") }
  }

  func text() throws(RulebookError) -> String {
    guard let text = value.string else { throw expected("a string") }
    return text
  }

  func flag() throws(RulebookError) -> Bool {
    guard let flag = value.boolean else { throw expected("true or false") }
    return flag
  }

  func texts() throws(RulebookError) -> [String] {
    let items = try items()
    var texts: [String] = []
    for item in items { texts.append(try item.text()) }
    return texts
  }

  /// A number as millionths; finer ones are refused, so that no rule is rounded in silence.
  func micros() throws(RulebookError) -> Int64 {
    guard let number = value.number else { throw expected("a number") }
    guard number.scale <= 6 else { throw fail("at most 6 digits after the point") }
    var scaled = number.mantissa
    for _ in number.scale..<6 {
      let (product, overflow) = scaled.multipliedReportingOverflow(by: 10)
      guard !overflow else { throw fail("the number is too large") }
      scaled = product
    }
    return scaled
  }

  func real() throws(RulebookError) -> Double { Double(try micros()) / 1_000_000 }

  func integer(_ range: ClosedRange<Int64>) throws(RulebookError) -> Int {
    guard let integer = value.integer, range.contains(integer) else {
      throw fail("expected a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return Int(integer)
  }

  func real(_ range: ClosedRange<Double>) throws(RulebookError) -> Double {
    let real = try real()
    guard range.contains(real) else { throw fail("expected a number from \(range.lowerBound) to \(range.upperBound)") }
    return real
  }

  /// A number of days or hours as microseconds.
  func duration(_ unit: Int64) throws(RulebookError) -> Int64 {
    let micros = try micros()
    guard micros > 0, micros <= 200_000 * 1_000_000 else { throw fail("expected a number above 0, at most 200000") }
    // micros is 10⁶ × the number, unit whole microseconds divisible by 10⁶.
    return micros * (unit / 1_000_000)
  }

  /// Two numbers, the lower first.
  func range() throws(RulebookError) -> (low: Int64, high: Int64) {
    let items = try items()
    guard items.count == 2 else { throw fail("expected two numbers, the lower first") }
    let low = try items[0].micros()
    let high = try items[1].micros()
    guard low < high, abs(low) <= 1_000_000_000_000_000, abs(high) <= 1_000_000_000_000_000 else {
      throw fail("expected two numbers, the lower first")
    }
    return (low, high)
  }

  func choices<Choice: RawRepresentable & CaseIterable>(
    _ type: Choice.Type
  ) throws(RulebookError) -> [Choice] where Choice.RawValue == String {
    let items = try items()
    var found: [Choice] = []
    for item in items { found.append(try item.choice(type)) }
    return found
  }

  func choice<Choice: RawRepresentable & CaseIterable>(
    _ type: Choice.Type
  ) throws(RulebookError) -> Choice where Choice.RawValue == String {
    let text = try text()
    guard let choice = Choice(rawValue: text) else {
      throw fail("\"\(text)\" is not one of \(type.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))")
    }
    return choice
  }

  func directions() throws(RulebookError) -> Set<Direction> {
    let items = value.array == nil ? [self] : try items()
    var found: Set<Direction> = []
    for item in items { found.insert(try item.direction()) }
    return found
  }

  func direction() throws(RulebookError) -> Direction {
    let text = try text()
    guard let direction = Direction(word: text) else {
      throw fail("\"\(text)\" is not one of \"in\", \"out\", \"both\", \"absent\"")
    }
    return direction
  }
}
