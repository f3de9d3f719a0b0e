import Glibc
import Testing

@testable import KeptMeasures

@Suite struct NumberTests {
  @Test func `decay is the power of one half to a billionth`() {
    let decay = Decay()
    var generator = SeededGenerator(state: 7)
    for step in 0..<200_000 {
      let halvings = step < 4096 ? Double(step) / 256 : Double.random(in: 0..<60, using: &generator)
      let exact = pow(0.5, halvings)
      #expect(abs(decay.power(halvings) - exact) <= 1e-11 * exact, "2^-\(halvings)")
    }
    #expect(decay.power(0) == 1)
    #expect(decay.power(1) == 0.5)
    #expect(decay.power(119) > 0)
    #expect(decay.power(120) == 0)
    #expect(decay.power(.infinity) == 0)
  }

  @Test func `Wilson's interval is that of the published formula and stays within 0 and 1`() {
    // From the formula, in Python.
    let cases: [(Int64, Int64, Double, Double)] = [
      (8, 10, 0.490162, 0.943318), (0, 10, 0, 0.277533), (10, 10, 0.722467, 1), (41, 60, 0.557662, 0.786941),
    ]
    for (count, total, low, high) in cases {
      let interval = Wilson.interval(count, of: total)
      #expect(abs(interval.low - low) < 1e-5 && abs(interval.high - high) < 1e-5, "\(count) of \(total): \(interval)")
    }
  }

  @Test func `keys of a life are numbered in the order they are met, tags apart, and forgotten for the next`() {
    var table = KeyTable()
    for round in 0..<3 {
      for number in 0..<1000 {
        for tag in 0..<2 {
          let id = Array("id \(number) \(round)".utf8)
          let found = id.withUnsafeBytes { table.insert(tag: UInt64(tag), $0) }
          #expect(found.key == number * 2 + tag && found.isNew)
          let again = id.withUnsafeBytes { table.insert(tag: UInt64(tag), $0) }
          #expect(again.key == found.key && !again.isNew)
          #expect(table.id(of: found.key) { Array($0) } == id)
        }
      }
      #expect([UInt8]("id 3 \(round)".utf8).withUnsafeBytes { table.find(tag: 9, $0) } == nil)
      #expect([UInt8]().withUnsafeBytes { table.insert(tag: 0, $0).isNew })
      table.removeAll()
    }
  }

  @Test func `names stand in the order of their bytes, sealed ones as their number`() {
    var generator = SeededGenerator(state: 3)
    for prefix in ["", "cu-", "a common beginning of many bytes "] {
      var names: [String?] = (0..<500).map { _ in
        prefix
          + String(
            (0..<Int.random(in: 0..<12, using: &generator)).map { _ in "aé\u{0}z".randomElement(using: &generator)! })
      }
      names[7] = nil
      let table = EntityNames(names)
      let written = names.enumerated().map { $0.element ?? "c\($0.offset + 1)" }
      let order = (0..<500).sorted {
        let (a, b) = (Array(written[$0].utf8), Array(written[$1].utf8))
        return a == b ? $0 < $1 : a.lexicographicallyPrecedes(b)
      }
      for (rank, number) in order.enumerated() {
        #expect(table.code(UInt32(number + 1)) == UInt32(rank))
        #expect(table.dictionary.string(UInt32(rank)) == written[number])
      }
    }
  }
}
