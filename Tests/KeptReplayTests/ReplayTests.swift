import KeptFormat
import Testing

@testable import KeptReplay

/// A touch as a test states it.
private struct Touch: Hashable {
  var customer: UInt32
  var time: Int64
  var kind = "order.placed"
  var direction: String? = "in"
  var score: Int64? = nil
  var subject: String? = nil
  var account: String? = nil
  var corrects: String? = nil
  var otherCustomer: UInt32 = 0
}

/// Everything a fold was handed, life by life.
private final class Recorder: LifeFold {
  struct Seen: Hashable, Comparable {
    var time: Int64
    var kind: String
    var direction: UInt16
    var score: Int64?
    var subject: String?
    var position: Int64?
    static func < (left: Seen, right: Seen) -> Bool { (left.time, left.position ?? 0) < (right.time, right.position ?? 0) }
  }
  let context: ReplayContext
  var lives: [UInt32: [Seen]] = [:]
  var callCounts: [UInt32: Int] = [:]
  private var entity: UInt32 = 0
  private var isOpen = false

  init(_ context: ReplayContext) { self.context = context }

  func begin(entity: UInt32) {
    #expect(!isOpen && lives[entity] == nil, "a life begins once")
    isOpen = true
    self.entity = entity
    lives[entity] = []
  }

  func apply(_ touches: Touches) {
    callCounts[entity, default: 0] += 1
    for (row, touch) in touches.rows.enumerated() {
      var seen = Seen(
        time: touch.time, kind: context.kinds[TouchClass.kind(touch.touchClass)],
        direction: TouchClass.direction(touch.touchClass))
      if touch.detail != TouchRow.noDetail {
        let score = touches.number(row, 0)
        seen.score = score == .min ? nil : score
        seen.subject = touches.text(row, 1).map { String(decoding: $0, as: UTF8.self) }
        seen.position = touches.number(row, 2)
      }
      lives[entity]!.append(seen)
    }
  }

  func end() {
    #expect(isOpen)
    isOpen = false
  }
}

@Suite struct ReplayTests {
  private static let detailed: [DetailField] = [.score, .text(.subject), .position]

  private func batch(_ touches: [Touch], first: Int) -> EventBatch {
    let batch = EventBatch()
    for (index, touch) in touches.enumerated() {
      var row = EventRow()
      row[.source] = batch.add("test".utf8)
      row[.id] = batch.add("\(first + index)".utf8)
      row[.kind] = batch.add(touch.kind.utf8)
      if let direction = touch.direction { row[.direction] = batch.add(direction.utf8) }
      if let subject = touch.subject { row[.subject] = batch.add(subject.utf8) }
      if let account = touch.account { row[.account] = batch.add(account.utf8) }
      if let score = touch.score { row.score = ExactDecimal(score) }
      if let corrects = touch.corrects { row[.corrects] = batch.add(corrects.utf8) }
      row.customer = touch.customer
      row.otherCustomer = touch.otherCustomer
      row.time = touch.time
      row.recorded = 1_000_000
      batch.rows.append(row)
    }
    return batch
  }

  private func blocks(_ touches: [Touch], perBlock: Int) throws -> [ReplayBlock] {
    let encoder = BlockEncoder()
    return try stride(from: 0, to: touches.count, by: perBlock).map { first in
      let part = Array(touches[first..<min(first + perBlock, touches.count)])
      let bytes = encoder.encode(
        batch(part, first: first), rows: 0..<part.count, firstPosition: UInt64(first), subtreeRoot: Digest())
      return ReplayBlock(
        header: try bytes.withUnsafeBytes { try BlockHeader.parse($0) }, source: MemoryBlockSource(bytes),
        rowCount: part.count)
    }
  }

  private func replay(
    _ touches: [Touch], perBlock: Int = 1000, plan: ReplayPlan? = nil, selection: Selection = Selection(),
    corrections: Corrections = Corrections(), jobs: Int = 2, memory: Int = 1 << 26
  ) throws -> (lives: [UInt32: [Recorder.Seen]], calls: [UInt32: Int], context: ReplayContext) {
    let replay = try Replay(
      blocks: blocks(touches, perBlock: perBlock), selection: selection,
      plan: plan ?? ReplayPlan(details: ["survey.answered": Self.detailed]), corrections: corrections, jobs: jobs,
      memoryByteCount: memory)
    let result = try replay.run { Recorder($0) }
    var lives: [UInt32: [Recorder.Seen]] = [:]
    var calls: [UInt32: Int] = [:]
    for fold in result.folds {
      lives.merge(fold.lives) { _, _ in preconditionFailure("a life on two workers") }
      calls.merge(fold.callCounts) { $0 + $1 }
    }
    return (lives, calls, result.context)
  }

  private static func random(_ count: Int, customers: UInt32, _ random: inout SeededGenerator) -> [Touch] {
    (0..<count).map { index in
      let isSurvey = Bool.random(using: &random)
      return Touch(
        customer: UInt32.random(in: 0...customers, using: &random),
        time: Int64(index) * 1000
          - (Int.random(in: 0..<10, using: &random) == 0 ? Int64.random(in: 0..<999_000, using: &random) : 0),
        kind: isSurvey ? "survey.answered" : "order.placed",
        direction: [nil, "in", "out", "both"].randomElement(using: &random)!,
        score: isSurvey && Bool.random(using: &random) ? Int64.random(in: 1...5, using: &random) : nil,
        subject: isSurvey && Bool.random(using: &random) ? "s\(index)" : nil)
    }
  }

  /// What a replay must hand out, by a loop over an array.
  private static func expected(_ touches: [Touch]) -> [UInt32: [Recorder.Seen]] {
    var lives: [UInt32: [(Int, Touch)]] = [:]
    for (position, touch) in touches.enumerated() { lives[touch.customer, default: []].append((position, touch)) }
    return lives.mapValues { life in
      life.sorted { ($0.1.time, $0.0) < ($1.1.time, $1.0) }.map { position, touch in
        let isSurvey = touch.kind == "survey.answered"
        let direction: UInt16 =
          switch touch.direction {
          case "in": 1
          case "out": 2
          case "both": 3
          default: 0
          }
        return Recorder.Seen(
          time: touch.time, kind: touch.kind, direction: direction,
          score: isSurvey ? touch.score.map { $0 * 1_000_000 } : nil, subject: isSurvey ? touch.subject : nil,
          position: isSurvey ? Int64(position) : nil)
      }
    }
  }

  @Test(arguments: [1, 2, 5], [3 << 20, 1 << 26])
  func `law 9: every life is in order of time, then position, whatever the workers, memory and blocks`(
    jobs: Int, memory: Int
  ) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("ReplayTests seed \(seed)")
    var random = SeededGenerator(state: seed)
    let touches = Self.random(20_000, customers: 300, &random)
    let (lives, _, _) = try replay(touches, perBlock: 1234, jobs: jobs, memory: memory)
    #expect(lives == Self.expected(touches))
  }

  @Test func `a pass that does not fit is split, and a life that does not fit comes in several calls`() throws {
    var random = SeededGenerator(state: 7)
    var touches = Self.random(90_000, customers: 40, &random)
    for index in touches.indices where index % 10 != 0 { touches[index].customer = 17 }
    // 90,000 touches with details take about 3 MiB; 81,000 of them are one life.
    let (lives, calls, _) = try replay(touches, jobs: 2, memory: 2 << 20)
    #expect(lives == Self.expected(touches))
    #expect(calls[17]! > 1)
    #expect(calls.filter { $0.key != 17 }.allSatisfy { $0.value == 1 })
  }

  @Test func `arrival order of touches with different times does not matter`() throws {
    var random = SeededGenerator(state: 11)
    let touches = (0..<5000).map { Touch(customer: UInt32($0 % 7), time: Int64($0) * 10) }
    #expect(try replay(touches.shuffled(using: &random)).lives == replay(touches).lives)
  }

  @Test func `as of an instant, touches after it are not there`() throws {
    let touches = (0..<100).map { Touch(customer: 1, time: Int64($0)) }
    let (lives, _, _) = try replay(touches, selection: Selection(asOf: 40))
    #expect(lives[1]?.map(\.time) == Array(0...40))
  }

  @Test func `only the customers and kinds asked for are folded`() throws {
    let touches = (0..<100).map {
      Touch(customer: UInt32($0 % 4), time: Int64($0), kind: $0 < 50 ? "order.placed" : "case.opened")
    }
    let (lives, _, _) = try replay(touches, selection: Selection(customers: [2], kinds: ["case.opened"]))
    #expect(lives.keys.sorted() == [2])
    #expect(lives[2]?.allSatisfy { $0.kind == "case.opened" && $0.time >= 50 } == true)
  }

  @Test func `asking for one of two merged customers gives their one life`() throws {
    let touches = (0..<12).map { Touch(customer: UInt32(1 + $0 % 3), time: Int64($0)) }
    var corrections = Corrections()
    corrections.mergedInto = [2: 1]
    for asked: UInt32 in [1, 2] {
      let (lives, _, _) = try replay(touches, selection: Selection(customers: [asked]), corrections: corrections)
      #expect(lives.mapValues { $0.map(\.time) } == [1: [0, 1, 3, 4, 6, 7, 9, 10]])
    }
  }

  @Test func `events that do not count are left out and merged lives are one`() throws {
    let touches = (0..<10).map { Touch(customer: UInt32(1 + $0 % 2), time: Int64($0)) }
    var corrections = Corrections()
    corrections.dead = [3, 4]
    corrections.mergedInto = [2: 1]
    let (lives, _, _) = try replay(touches, perBlock: 3, corrections: corrections)
    #expect(lives.mapValues { $0.map(\.time) } == [1: [0, 1, 2, 5, 6, 7, 8, 9]])
  }

  @Test func `corrections are found by source and id, whatever block their target stands in`() throws {
    var touches = (0..<10).map { Touch(customer: 1, time: Int64($0)) }
    touches[7].corrects = "2"
    touches[8].kind = "event.retracted"
    touches[8].corrects = "4"
    touches[9].corrects = "nothing"
    for perBlock in [1, 3, 10] {
      let found = Corrections(resolving: try BlockScan(blocks: blocks(touches, perBlock: perBlock)).actions())
      #expect(found.dead == [2, 4])
    }
  }

  @Test func `kinds are those of touches that count, and the log begins with the first of them`() throws {
    let touches = [
      Touch(customer: 1, time: 5), Touch(customer: 1, time: 2, kind: "call.handled"),
      Touch(customer: 1, time: 1, kind: "event.retracted"), Touch(customer: 1, time: 4, kind: "case.opened"),
      Touch(customer: 0, time: 3, kind: "effort.spent"),
    ]
    for perBlock in [1, 2, 5] {
      var corrections = Corrections()
      corrections.dead = [1]
      let all = try BlockScan(blocks: blocks(touches, perBlock: perBlock)).touches(corrections)
      #expect(all.kinds == ["case.opened", "effort.spent", "order.placed"])
      #expect(all.earliest == 3)
    }
    // Known at a position within a block.
    let block = try blocks(touches, perBlock: 5)[0]
    let known = try BlockScan(blocks: [ReplayBlock(header: block.header, source: block.source, rowCount: 4)])
      .touches(Corrections())
    #expect(known.kinds == ["call.handled", "case.opened", "order.placed"])
    #expect(known.earliest == 2)
  }

  @Test func `a touch of an account's life says whose it is, of the merged the one who is left`() throws {
    let touches = [
      Touch(customer: 1, time: 1, account: "a"), Touch(customer: 2, time: 2, account: "a"),
      Touch(customer: 0, time: 3, account: "a"), Touch(customer: 3, time: 4),
    ]
    var corrections = Corrections()
    corrections.mergedInto = [2: 3]
    let plan = ReplayPlan(entity: .account, details: ["order.placed": [.customer, .text(.subject), .position]])
    let lives = try replay(touches, plan: plan, corrections: corrections).lives
    #expect(lives.values.map { $0.map(\.score) } == [[1, 3, nil]])
  }

  @Test func `a merge says whose touches are whose`() throws {
    var touches = (0..<4).map { Touch(customer: 1, time: Int64($0)) }
    touches[2] = Touch(customer: 5, time: 2, kind: "customer.merged", otherCustomer: 3)
    #expect(Corrections(resolving: try BlockScan(blocks: blocks(touches, perBlock: 2)).actions()).mergedInto == [3: 5])
  }

  @Test func `the ledger's own events are touches of nobody`() throws {
    let touches = [
      Touch(customer: 1, time: 1), Touch(customer: 1, time: 2, kind: "event.retracted"),
      Touch(customer: 0, time: 3, kind: "import.finished"), Touch(customer: 0, time: 4, kind: "effort.spent"),
    ]
    #expect(try replay(touches).lives.mapValues { $0.map(\.kind) } == [1: ["order.placed"], 0: ["effort.spent"]])
  }

  @Test func `accounts have lives of their own, by the account of each touch`() throws {
    let touches: [Touch] = (0..<30).map { (index: Int) -> Touch in
      let account: String? = index % 3 == 0 ? nil : "a\(index % 3)"
      return Touch(customer: UInt32(index % 5 + 1), time: Int64(index), account: account)
    }
    let (lives, _, context) = try replay(touches, perBlock: 7, plan: ReplayPlan(entity: .account))
    var named: [String: [Int64]] = [:]
    for (number, life) in lives { named[context.account(number)] = life.map { $0.time } }
    let expected: [String: [Int64]] = [
      "a1": Array(stride(from: 1, to: 30, by: 3)), "a2": Array(stride(from: 2, to: 30, by: 3)),
    ]
    #expect(named == expected)
  }

  @Test func `a list in data is handed out as its canonical JSON`() throws {
    let batch = batch([Touch(customer: 1, time: 1, kind: "info.requested")], first: 0)
    let key = batch.add("already_known".utf8)
    batch.data.append(DataEntry(key: key, type: .json, bytes: batch.add(#"["name"]"#.utf8)))
    batch.rows[0].dataCount = 1
    let bytes = BlockEncoder().encode(batch, rows: 0..<1, firstPosition: 0, subtreeRoot: Digest())
    let block = ReplayBlock(
      header: try bytes.withUnsafeBytes { try BlockHeader.parse($0) }, source: MemoryBlockSource(bytes), rowCount: 1)
    let plan = ReplayPlan(details: ["info.requested": [.score, .dataText("already_known"), .position]])
    let replay = try Replay(
      blocks: [block], selection: Selection(), plan: plan, corrections: Corrections(), jobs: 1, memoryByteCount: 1 << 24)
    #expect(try replay.run { Recorder($0) }.folds[0].lives[1]?.first?.subject == #"["name"]"#)
  }

  @Test func `an empty log has no lives`() throws {
    #expect(try replay([]).lives == [:])
  }
}
