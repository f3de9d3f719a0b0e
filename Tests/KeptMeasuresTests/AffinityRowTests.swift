import KeptFormat
import KeptReplay
import Testing

@testable import KeptMeasures

@Suite struct AffinityRowTests {
  private func round(_ value: Double?, _ digits: Double = 1000) -> Double? { value.map { ($0 * digits).rounded() / digits } }

  @Test func `points fade from the end of one month to the end of the next`() {
    let table = Lives([TestTouch("order.placed", "2024-03-01")])
      .tables([.customerMonths], asOf: at("2024-06-30"))["customer_months"]!
    #expect(
      table.texts("customer", "period", "touches", "quadrant", "complete") == [
        ["cu-1", "2024-03-01", "1", "unknown", "true"], ["cu-1", "2024-04-01", "0", "unknown", "true"],
        ["cu-1", "2024-05-01", "0", "unknown", "true"], ["cu-1", "2024-06-01", "0", "unknown", "false"],
      ])
    // 31, 61 and 92 days of 90; the last month ends at the as-of instant, after 121.
    #expect(table.reals("they_into").map { round($0) } == [0.788, 0.625, 0.492, 0.394])
    #expect(table.reals("they_index").map { round($0, 10) } == [16.5, 13.5, 11, 9])
    #expect(table.reals("we_index") == [nil, nil, nil, nil])
  }

  @Test func `at the end of every month a customer stands as in a replay as of then`() {
    let lives = talkingLives(12, seed: 3, from: "2023-01-01", to: "2024-03-01")
    let table = lives.tables([.customerMonths], asOf: at("2024-06-15"), workers: 3, piece: 2)["customer_months"]!
    let calendar = LocalCalendar(zone: .utc, weekStart: .monday)
    let names = ["we_index", "they_index", "felt_index", "done_index"]
    let found = names.map { table.reals($0) }
    for (row, cells) in table.texts("customer", "period", "quadrant").enumerated() {
      let day = calendar.dayIndex(of: at(cells[1]))
      let next = calendar.firstDay(ofMonth: calendar.monthIndex(ofDay: day) + 1)
      let end = min(calendar.dayStart(next) - 1, at("2024-06-15"))
      let life = lives.lives.filter { "cu-\($0.customer)" == cells[0] }.map { (UInt32(1), $0.touches) }
      let then = Lives(life).tables([.customers], asOf: end)["customers"]!
      #expect(then.texts("quadrant") == [[cells[2]]])
      for (place, name) in names.enumerated() {
        let (expected, value) = (then.reals(name)[0], found[place][row])
        #expect((expected == nil) == (value == nil) && abs((expected ?? 0) - (value ?? 0)) < 1e-5, "\(cells) \(name)")
      }
    }
  }

  @Test func `after each touch the list stands at what was left and what the touch adds`() {
    let touches = [
      TestTouch("care.given", "2024-01-01", .absent, [.position: .number(0.000_010)]),
      TestTouch(
        "call.handled", "2024-03-31", .absent,
        [.dataNumber("wait_s"): .number(700), .dataNumber("hold_s"): .number(20)]),
      TestTouch("order.placed", "2024-03-31"),
      TestTouch("case.updated", "2024-04-01"),
    ]
    let table = Lives(touches).tables([.touches], asOf: at("2024-06-29"))["touches"]!
    #expect(
      table.texts("customer", "said_at", "position", "kind", "is_absence", "list", "rule", "points", "seed") == [
        ["cu-1", "2024-01-01T00:00:00.000000Z", "10", "care.given", "false", "we_done", "care", "1.0", "S0.9"],
        [
          "cu-1", "2024-03-31T00:00:00.000000Z", "NULL", "call.handled", "false", "we_done", "held-10m", "-1.0", "S3.1",
        ],
        [
          "cu-1", "2024-03-31T00:00:00.000000Z", "NULL", "order.placed", "false", "they", "ordered", "1.0",
          "S0.1, S2.18",
        ],
      ])
    // 90 days are half a service point, 180 a quarter.
    #expect(table.reals("balance_after").map { round($0) } == [1, -0.5, 1])
    #expect(table.reals("points_left").map { round($0) } == [0.25, -0.5, 0.5])
  }

  @Test func `what touches have left is what the scores say`() {
    let lives = talkingLives(30, seed: 8, from: "2022-01-01", to: "2024-06-01")
    let tables = lives.tables([.touches, .scores], asOf: at("2024-07-01"), workers: 4, piece: 3)
    var left: [[String]: Double] = [:]
    let touches = tables["touches"]!
    for (cells, points) in zip(touches.texts("customer", "list"), touches.reals("points_left")) {
      left[cells, default: 0] += points!
    }
    let scores = tables["scores"]!
    for (cells, net) in zip(scores.texts("customer", "list"), scores.reals("points_net")) {
      #expect(abs(left[cells]! - net!) < 1e-7)
    }
  }

  @Test func `tables on request are not made unless they are named`() {
    #expect(TableName.allCases.filter(\.isOnRequest) == [.customerMonths, .touches])
    #expect(TableName.onRequest == "customer_months, touches")
  }
}
