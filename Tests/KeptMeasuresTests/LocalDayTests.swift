import Foundation
import KeptFormat
import KeptReplay
import KeptSnapshot
import Testing

@testable import KeptMeasures

/// The same log, measured where it is tomorrow already, where it is still yesterday, and where the clock changes: days,
/// weeks and months are those of Foundation's calendar, which shares no code with ours.
@Suite struct LocalDayTests {
  struct Place: Sendable, CustomTestStringConvertible {
    var file: String
    var name: String
    var weekStart: Weekday
    var testDescription: String { "\(name), weeks from \(weekStart.name)" }
  }

  /// Apia lies at −10 up to the end of 2011-12-29, at +14 from then on, and never had a 30th.
  static let places = [
    Place(file: "Apia", name: "Pacific/Apia", weekStart: .monday),
    Place(file: "Apia", name: "Pacific/Apia", weekStart: .sunday),
    Place(file: "Pago_Pago", name: "Pacific/Pago_Pago", weekStart: .sunday),
    Place(file: "Pago_Pago", name: "Pacific/Pago_Pago", weekStart: .monday),
    Place(file: "Berlin", name: "Europe/Berlin", weekStart: .monday),
    Place(file: "Berlin", name: "Europe/Berlin", weekStart: .sunday),
  ]

  /// Local dates by Foundation.
  private struct Dates {
    private var calendar = Calendar(identifier: .gregorian)
    private var plain = Calendar(identifier: .gregorian)
    private let weekStart: Weekday

    init(_ place: Place) throws {
      calendar.timeZone = try #require(TimeZone(identifier: place.name))
      plain.timeZone = try #require(TimeZone(identifier: "UTC"))
      weekStart = place.weekStart
    }

    func date(_ time: Instant) -> DateComponents {
      calendar.dateComponents([.year, .month, .day], from: Date(timeIntervalSince1970: Double(time) / 1_000_000))
    }

    func day(_ time: Instant) -> Int {
      Int((plain.date(from: date(time))!.timeIntervalSince1970 / 86_400).rounded())
    }

    func bucket(_ grain: Grain, _ time: Instant) -> Int {
      switch grain {
      case .day: return day(time)
      case .month: return date(time).year! * 12 + date(time).month!
      case .week:
        // 1970-01-01 was a Thursday.
        let shifted = Double(day(time) + (weekStart == .monday ? 3 : 4))
        return Int((shifted / 7).rounded(.down))
      }
    }

    /// As tables show the first day of a bucket.
    func first(_ grain: Grain, _ bucket: Int) -> String {
      switch grain {
      case .day: return KeptMeasuresTests.date(Int32(bucket))
      case .week: return KeptMeasuresTests.date(Int32(bucket * 7 - (weekStart == .monday ? 3 : 4)))
      case .month:
        let (year, month) = ((bucket - 1) / 12, (bucket - 1) % 12 + 1)
        let pad = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(pad(month))-01"
      }
    }
  }

  /// Half of the touches stand within a minute of some full hour, where days begin somewhere.
  private func lives(_ seed: UInt64) -> Lives {
    var generator = SeededGenerator(state: seed)
    let hour: Int64 = 3_600_000_000
    let from = at("2011-10-20")
    let span = at("2012-05-20") - from
    return Lives(
      (1...90).map { customer in
        let begin = from + Int64.random(in: 0..<span, using: &generator)
        let touches = (0..<Int.random(in: 1...14, using: &generator)).map { _ in
          var time = begin + Int64.random(in: 0..<span / 2, using: &generator)
          if Bool.random(using: &generator) {
            time = time / hour * hour + Int64.random(in: -60...60, using: &generator) * 1_000_000
          }
          let isOrder = Int.random(in: 0..<3, using: &generator) > 0
          return TestTouch(
            isOrder ? "order.placed" : "message.sent", time, isOrder ? .in : .out,
            isOrder ? [.amount: .number(Double(Int.random(in: 1...50, using: &generator)))] : [:])
        }
        return (UInt32(customer), touches.sorted { $0.time < $1.time })
      })
  }

  private static let asOf = at("2012-05-10T13:30")

  @Test(arguments: places) func `retention goes by local days, weeks and months`(place: Place) throws {
    let seed: UInt64 = 12
    let lives = lives(seed)
    let dates = try Dates(place)
    let tables = lives.tables(
      [.retention, .retentionBrackets], asOf: Self.asOf, zone: try Repository.zone(place.file),
      weekStart: place.weekStart, workers: 2, piece: 4)
    let table = tables["retention"]!
    let keys = table.texts("unit", "activity", "grain", "clock", "cohort", "age")
    let cells = table.texts("cohort_size", "bounded", "unbounded", "revenue", "complete")
    var found = Dictionary(uniqueKeysWithValues: zip(keys, cells))
    let brackets = tables["retention_brackets"]!
    let ranges = Dictionary(
      uniqueKeysWithValues: zip(
        brackets.texts("unit", "activity", "grain", "clock", "cohort", "age_from", "age_to"),
        brackets.texts("returned", "complete")))
    for grain in Grain.allCases {
      var cohorts: [Int: [(ages: Set<Int>, paid: [Int: Double])]] = [:]
      for (_, touches) in lives.lives {
        let orders = touches.filter { $0.kind == "order.placed" && $0.time <= Self.asOf }
        guard let first = orders.first else { continue }
        let cohort = dates.bucket(grain, first.time)
        var (ages, paid): (Set<Int>, [Int: Double]) = ([], [:])
        for order in orders {
          let age = dates.bucket(grain, order.time) - cohort
          if dates.day(order.time) > dates.day(first.time) { ages.insert(age) }
          if case .number(let amount)? = order.fields[.amount] { paid[age, default: 0] += amount }
        }
        cohorts[cohort, default: []].append((ages, paid))
      }
      let now = dates.bucket(grain, Self.asOf)
      let last = grain == .day ? 90 : grain == .week ? 104 : 1000
      for (cohort, members) in cohorts {
        let key = ["customer", "order", grain.rawValue, "calendar", dates.first(grain, cohort)]
        for age in 0...min(now - cohort, last) {
          let expected = [
            "\(members.count)", "\(members.filter { $0.ages.contains(age) }.count)",
            "\(members.filter { $0.ages.max() ?? -1 >= age }.count)",
            "\(members.reduce(0) { $0 + ($1.paid[age] ?? 0) })", "\(cohort + age < now)",
          ]
          #expect(found.removeValue(forKey: key + ["\(age)"]) == expected, "seed \(seed) \(key) age \(age)")
        }
        let (from, to) = grain == .day ? (8, 30) : grain == .week ? (5, 12) : (1, 3)
        guard from <= now - cohort else { continue }
        let returned = members.filter { !$0.ages.isDisjoint(with: from...to) }.count
        #expect(ranges[key + ["\(from)", "\(to)"]] == ["\(returned)", "\(cohort + to < now)"], "seed \(seed) \(key)")
      }
    }
    #expect(!found.keys.contains { $0[0] == "customer" && $0[1] == "order" && $0[3] == "calendar" })
  }

  @Test(arguments: places) func `who is new, still here, back and gone quiet goes by local days, weeks and months`(
    place: Place
  ) throws {
    let seed: UInt64 = 13
    let lives = lives(seed)
    let dates = try Dates(place)
    let table = lives.tables(
      [.lifecycle], asOf: Self.asOf, zone: try Repository.zone(place.file), weekStart: place.weekStart, workers: 2,
      piece: 4)["lifecycle"]!
    let keys = table.texts("unit", "grain", "period")
    let counts = table.texts("new_count", "still_here", "came_back", "gone_quiet", "complete")
    let found = Dictionary(uniqueKeysWithValues: zip(keys, counts))
    for grain in Grain.allCases {
      var active: [Int: Set<UInt32>] = [:]
      var first: [UInt32: Int] = [:]
      for (customer, touches) in lives.lives {
        for touch in touches where touch.kind == "order.placed" && touch.time <= Self.asOf {
          let bucket = dates.bucket(grain, touch.time)
          active[bucket, default: []].insert(customer)
          first[customer] = min(first[customer] ?? bucket, bucket)
        }
      }
      let now = dates.bucket(grain, Self.asOf)
      for bucket in first.values.min()!...now {
        let (here, before) = (active[bucket] ?? [], active[bucket - 1] ?? [])
        let expected = [
          "\(here.filter { first[$0] == bucket }.count)", "\(here.intersection(before).count)",
          "\(here.subtracting(before).filter { first[$0]! < bucket }.count)",
          bucket < now ? "\(before.subtracting(here).count)" : "NULL", "\(bucket < now)",
        ]
        let key = ["customer", grain.rawValue, dates.first(grain, bucket)]
        #expect(found[key] == expected, "seed \(seed) \(key)")
      }
    }
  }
}
