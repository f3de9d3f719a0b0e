import Foundation
import Testing

/// A small generator whose seed a failing test prints.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  let seed: UInt64

  init(seed: UInt64 = UInt64.random(in: 1...999_999_999)) {
    self.seed = seed
    state = seed
  }

  /// SplitMix64.
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// The program is killed (SIGKILL) at random moments; what it promised must hold.
@Suite(.serialized) struct CrashTests {
  private static func lines(_ count: Int) -> [String] {
    (0..<count).map { index in
      #"{"source":"till","id":"r-\#(index)","kind":"order.placed","time":"2024-01-01T00:00:00Z","#
        + #""customer":"C-\#(index % 977)","amount":\#(index % 1000).25,"text":"line \#(index)"}"#
    }
  }

  /// The ids of the events of the till, in order.
  private static func ids(in place: Workplace) throws -> [String] {
    let run = try place.shell(
      #"kept events shop --kind order.placed | grep -o '"id":"r-[0-9]*"' || true"#)
    return run.lines.map { String($0.dropFirst(6).dropLast()) }
  }

  @Test func `an import that is killed at any moment is finished by the next one, with nothing twice`() throws {
    var random = SeededGenerator()
    let place = try Workplace()
    let lines = Self.lines(5000)
    try place.write(lines.joined(separator: "\n") + "\n", to: "till.jsonl")
    let all = (0..<lines.count).map { "r-\($0)" }
    try #require(place.kept("init", "timing").status == 0)
    let start = Date()
    try #require(place.kept("import", "timing", "till.jsonl").status == 0)
    let duration = Date().timeIntervalSince(start)

    for kill in 1...24 {
      try? FileManager.default.removeItem(atPath: place.path + "/shop")
      try #require(place.kept("init", "shop").status == 0)
      // Some imports are killed more than once before they may end.
      for _ in 0...Int.random(in: 0...1, using: &random) {
        let run = try place.start(["import", "shop", "till.jsonl"], input: [])
        Thread.sleep(forTimeInterval: Double.random(in: 0...duration * 1.1, using: &random))
        run.kill()
        _ = run.wait()
      }
      let comment: Comment = "seed \(random.seed), kill \(kill)"
      let found = try Self.ids(in: place)
      #expect(found == Array(all.prefix(found.count)), comment)
      #expect(try place.kept("verify", "shop").status == 0, comment)
      #expect(try place.kept("import", "shop", "till.jsonl").status == 0, comment)
      #expect(try Self.ids(in: place) == all, comment)
      #expect(try place.kept("verify", "shop", "--deep").status == 0, comment)
    }
  }

  @Test func `every event that append acknowledged is there after a kill, and nothing is twice`() throws {
    var random = SeededGenerator()
    let place = try Workplace()
    let lines = Self.lines(3000)
    let all = (0..<lines.count).map { "r-\($0)" }
    let input = Array((lines.joined(separator: "\n") + "\n").utf8)
    try #require(place.kept("init", "timing").status == 0)
    let start = Date()
    try #require(place.start(["append", "timing"], input: input).wait().status == 0)
    let duration = Date().timeIntervalSince(start)

    for kill in 1...20 {
      try? FileManager.default.removeItem(atPath: place.path + "/shop")
      try #require(place.kept("init", "shop").status == 0)
      let run = try place.start(["append", "shop"], input: input)
      Thread.sleep(forTimeInterval: Double.random(in: 0...duration * 1.1, using: &random))
      run.kill()
      let acknowledged = run.wait().lines.filter { $0.hasSuffix("}") }
      let comment: Comment = "seed \(random.seed), kill \(kill), \(acknowledged.count) acknowledged"
      for (index, line) in acknowledged.enumerated() {
        #expect(line == #"{"line":\#(index + 1),"position":\#(index)}"#, comment)
      }
      let found = try Self.ids(in: place)
      #expect(found.count >= acknowledged.count, comment)
      #expect(found == Array(all.prefix(found.count)), comment)
      #expect(try place.kept("verify", "shop").status == 0, comment)
      let second = try place.start(["append", "shop"], input: input).wait()
      #expect(second.status == 0, comment)
      #expect(second.lines.filter { $0.contains(#""duplicate":true"#) }.count == found.count, comment)
      #expect(try Self.ids(in: place) == all, comment)
    }
  }

  @Test func `a kill while a block is being sealed loses nothing that was acknowledged`() throws {
    var random = SeededGenerator()
    let place = try Workplace()
    // The block is full, and sealed, at event 65,536: in the midst of what is appended.
    let before = (0..<65_000).map { index in
      #"{"source":"till","id":"b-\#(index)","kind":"order.placed","time":"2024-01-01T00:00:00Z","customer":"C-\#(index % 977)"}"#
    }
    try place.write(before.joined(separator: "\n") + "\n", to: "before.jsonl")
    let lines = Self.lines(1200).map { $0.replacingOccurrences(of: "2024-01-01T", with: "2024-01-02T") }
    let all = (0..<lines.count).map { "r-\($0)" }
    let input = Array((lines.joined(separator: "\n") + "\n").utf8)
    func later() throws -> [String] {
      try place.shell(#"kept events shop --since 2024-01-02 --kind order.placed | grep -o '"id":"r-[0-9]*"' || true"#)
        .lines.map { String($0.dropFirst(6).dropLast()) }
    }
    try #require(place.kept("init", "base").status == 0)
    try #require(place.kept("import", "base", "before.jsonl").status == 0)
    try #require(place.shell("cp -r base timing").status == 0)
    let start = Date()
    try #require(place.start(["append", "timing"], input: input).wait().status == 0)
    let duration = Date().timeIntervalSince(start)
    try #require(place.kept("status", "timing").output.contains("65,536 in 1 blocks"))

    for kill in 1...10 {
      try #require(place.shell("rm -rf shop && cp -r base shop").status == 0)
      let run = try place.start(["append", "shop"], input: input)
      Thread.sleep(forTimeInterval: Double.random(in: 0...duration, using: &random))
      run.kill()
      let acknowledged = run.wait().lines.filter { $0.hasSuffix("}") }
      let comment: Comment = "seed \(random.seed), kill \(kill), \(acknowledged.count) acknowledged"
      let found = try later()
      #expect(found.count >= acknowledged.count, comment)
      #expect(found == Array(all.prefix(found.count)), comment)
      #expect(try place.kept("verify", "shop").status == 0, comment)
      #expect(try place.start(["append", "shop"], input: input).wait().status == 0, comment)
      #expect(try later() == all, comment)
      #expect(try place.kept("verify", "shop").status == 0, comment)
    }
  }
}
