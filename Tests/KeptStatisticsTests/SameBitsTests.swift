import Foundation
import Testing

@testable import KeptStatistics

/// Law 8: a snapshot is a pure function, the same bytes on any machine. The numbers below are of x86-64 and hold everywhere.
@Suite struct SameBitsTests {
  @Test func `law 8: functions, fits and draws have these bits on every machine, optimised or not`() throws {
    var bits = Bits()
    var generator = SplitMix64(seed: 8)
    for _ in 0..<2000 {
      let unit = generator.nextUnit()
      bits.add(SpecialFunctions.exp(1400 * unit - 700))
      bits.add(SpecialFunctions.ln(unit * 1e6))
      bits.add(SpecialFunctions.lnGamma(unit * 30 + 1e-9))
      bits.add(SpecialFunctions.digamma(unit * 30 + 1e-9))
      bits.add(SpecialFunctions.upperGamma(unit * 5 + 0.1, unit * 9))
      bits.add(SpecialFunctions.normalQuantile(unit * 0.999 + 0.000_5))
    }
    #expect(bits.state == 2_623_795_648_209_763_361)

    // Week by week, one buys or not and leaves or not, with chances of one's own: no logarithm, so equal input everywhere.
    let histories = (0..<300).map { _ in
      let (buys, leaves) = (generator.nextUnit(), generator.nextUnit())
      let weeks = 20 + generator.next(below: 60)
      var (frequency, last) = (0, 0)
      for week in 1...weeks where generator.nextUnit() < 0.4 * buys * buys {
        (frequency, last) = (frequency + 1, week)
        if generator.nextUnit() < leaves * leaves * leaves { break }
      }
      return PurchaseHistory(frequency: frequency, recency: Double(last), age: Double(weeks))
    }
    let fit = try BGNBD.fit(histories).get()
    var found = Bits()
    for value in [fit.model.r, fit.model.alpha, fit.model.a, fit.model.b, fit.logLikelihood] { found.add(value) }
    for history in histories { found.add(try fit.model.expectedPurchases(within: 52, after: history).get()) }
    for row in KaplanMeier(Leukaemia.treated).rows { found.add(row.logLog?.lower ?? 0) }
    let drawn = try bootstrap(count: 300, seed: 9) { members in
      members.reduce(0) { $0 + histories[$1].age }
    }.get()
    found.add(drawn.interval.lower)
    #expect(found.state == 11_614_485_799_056_530_150)
  }

  @Test func `law 8: the module takes nothing from outside that another system could do otherwise`() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/KeptStatistics").standardizedFileURL
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
    #expect(files.count > 10)
    for file in files {
      let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      #expect(!text.split(separator: "\n").contains { $0.hasPrefix("import ") }, "\(file)")
      #expect(!text.contains("addingProduct") && !text.contains("Hasher"), "\(file)")
    }
  }

  /// FNV-1a over bit patterns.
  private struct Bits {
    private(set) var state: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ value: Double) {
      state = (state ^ value.bitPattern) &* 0x0000_0100_0000_01B3
    }
  }
}
