import KeptFormat

/// A measure's columns looked up once, and what it reads of a row.
struct FactReader {
  private enum Test {
    case isOne(Int), isZero(Int), known(Int)
    case says(Int, [[UInt8]])
    case atMost(Int, Int64)
    case over(Int, Int64)
    case within(Span, Int64)
    case beyond(Span, Int64)
    indirect case either(Test, Test)
    case neither([Test])
  }

  private struct Span {
    let place: Int
    let from: Int
    let until: [Int]

    init(_ span: FactMeasure.Span, _ family: FactFamily) {
      place = family.place(span.column)
      from = family.place(span.from)
      until = span.until.map(family.place)
    }

    /// How long it lasted, or has been watched; nil where it never began.
    func value(_ rows: FactRows, _ base: Int, asOf: Instant) -> (value: Int64, isEvent: Bool)? {
      let word = rows.words[base + place]
      if word != FactRows.absent { return (word, true) }
      let start = rows.words[base + from]
      if start == FactRows.absent { return nil }
      let end = until.lazy.map { rows.words[base + $0] }.first { $0 != FactRows.absent } ?? asOf
      return (max(0, end - start), false)
    }
  }

  private enum Value {
    case share(Test)
    case count
    case word(Int)
    case words(Int, Int)
    case span(Span)
  }

  private let months: [Int]
  private let conditions: [Test]
  private let value: Value
  private let by: Int?
  private let asOf: Instant

  init(_ measure: FactMeasure, _ family: FactFamily, asOf: Instant) {
    months = measure.month.map(family.place)
    conditions = measure.conditions.map { Self.compile($0, family) }
    by = measure.by.map { family.place($0.column) }
    self.asOf = asOf
    switch measure.aggregate {
    case .share(let test): value = .share(Self.compile(test, family))
    case .count: value = .count
    case .sum(let column), .mean(let column), .quantile(_, let column), .gini(let column):
      value = .word(family.place(column))
    case .ratio(let num, let den): value = .words(family.place(num), family.place(den))
    case .reached(_, let span), .spread(_, _, let span):
      value = .span(Span(span, family))
    }
  }

  private static func compile(_ test: FactMeasure.Test, _ family: FactFamily) -> Test {
    switch test {
    case .isTrue(let column): .isOne(family.place(column))
    case .isFalse(let column): .isZero(family.place(column))
    case .known(let column): .known(family.place(column))
    case .says(let column, let words): .says(family.place(column), words.map { Array($0.utf8) })
    case .atMost(let column, let limit): .atMost(family.place(column), limit)
    case .over(let column, let limit): .over(family.place(column), limit)
    case .within(let span, let limit): .within(Span(span, family), limit)
    case .beyond(let span, let limit): .beyond(Span(span, family), limit)
    case .either(let one, let other): .either(compile(one, family), compile(other, family))
    case .neither(let tests): .neither(tests.map { compile($0, family) })
    }
  }

  /// The instant that gives a row its month.
  func month(_ rows: FactRows, _ base: Int) -> Instant? {
    for place in months where rows.words[base + place] != FactRows.absent { return rows.words[base + place] }
    return nil
  }

  func holds(_ rows: FactRows, _ base: Int) -> Bool {
    for test in conditions where holds(test, rows, base) != true { return false }
    return true
  }

  /// What the row adds; nil where it does not say. Of a share: 1 or 0, and 1 more that said whether.
  func value(_ rows: FactRows, _ base: Int) -> (value: Int64, other: Int64, isEvent: Bool)? {
    switch value {
    case .share(let test): return holds(test, rows, base).map { ($0 ? 1 : 0, 1, true) }
    case .count: return (1, 1, true)
    case .word(let place):
      let word = rows.words[base + place]
      return word == FactRows.absent ? nil : (word, 1, true)
    case .words(let num, let den):
      let (above, below) = (rows.words[base + num], rows.words[base + den])
      return above == FactRows.absent || below == FactRows.absent ? nil : (above, below, true)
    case .span(let span): return span.value(rows, base, asOf: asOf).map { ($0.value, 1, $0.isEvent) }
    }
  }

  /// The word of the measure's own grain.
  func word(_ rows: FactRows, _ base: Int) -> String? {
    guard let by, rows.words[base + by] != FactRows.absent else { return nil }
    return rows.text(of: rows.words[base + by]) { String(decoding: $0, as: UTF8.self) }
  }

  /// nil where the row does not say.
  private func holds(_ test: Test, _ rows: FactRows, _ base: Int) -> Bool? {
    func word(_ place: Int) -> Int64? {
      let word = rows.words[base + place]
      return word == FactRows.absent ? nil : word
    }
    switch test {
    case .isOne(let place): return word(place).map { $0 != 0 }
    case .isZero(let place): return word(place).map { $0 == 0 }
    case .known(let place): return word(place) != nil
    case .says(let place, let words):
      return word(place).map { word in rows.text(of: word) { text in words.contains { text.elementsEqual($0) } } }
    case .atMost(let place, let limit): return word(place).map { $0 <= limit }
    case .over(let place, let limit): return word(place).map { $0 > limit }
    case .within(let span, let limit):
      guard let found = span.value(rows, base, asOf: asOf) else { return nil }
      return found.value > limit ? false : found.isEvent ? true : nil
    case .beyond(let span, let limit):
      guard let found = span.value(rows, base, asOf: asOf) else { return nil }
      return found.value > limit ? true : found.isEvent ? false : nil
    case .either(let one, let other):
      let (left, right) = (holds(one, rows, base), holds(other, rows, base))
      return left == true || right == true ? true : left ?? right
    case .neither(let tests): return tests.allSatisfy { holds($0, rows, base) == false }
    }
  }
}

/// What a unit of a measure is in words of a row.
enum FactScale {
  static func of(_ aggregate: FactMeasure.Aggregate, _ unit: String, _ family: FactFamily) -> Double {
    let column: String
    switch aggregate {
    case .share, .count, .gini: return 1
    case .sum(let name), .mean(let name), .quantile(_, let name), .ratio(let name, _): column = name
    case .reached(_, let span), .spread(_, _, let span): column = span.column
    }
    switch family.columns[family.place(column)].value {
    case .hours, .seconds, .days:
      switch unit {
      case "minutes": return 60_000_000
      case "hours": return 3_600_000_000
      case "days": return 86_400_000_000
      default: return 1_000_000
      }
    case .number, .amount: return 1_000_000
    default: return 1
    }
  }
}
