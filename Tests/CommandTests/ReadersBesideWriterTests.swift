import Foundation
import Testing

/// Readers at work while an import or an append writes: each sees a beginning of what is being written, whole events in
/// order, however often blocks are sealed and tails renamed meanwhile.
@Suite(.serialized) struct ReadersBesideWriterTests {
  private static let count = 80_000

  /// More than a block, with sealed words, so that vault, tail and segments change under the readers.
  private static let lines = (0..<count).map { index in
    #"{"source":"till","id":"r-\#(index)","kind":"order.placed","time":"2024-01-01T00:00:\#(10 + index % 50)Z","#
      + #""customer":"C-\#(index % 977)","amount":\#(index % 1000).25,"currency":"EUR","text":"line \#(index)"}"#
  }

  private static let readers = [
    "kept events shop --kind order.placed", "kept rebuild shop --tables lifecycle", "kept verify shop --deep",
    "kept verify shop", "kept status shop", "kept mirror shop C-5", "kept replay shop --table customers --format csv",
    "kept checkpoint shop", "kept imports shop",
  ]

  /// Runs the readers in turn until the writer is done, and checks each one's word; says how many found a part of the events.
  private static func read(beside writer: Running, in place: Workplace) throws -> (rounds: Int, parts: Int) {
    let ids = (0..<count).map { #""id":"r-\#($0)""# }
    var (rounds, parts, shown) = (0, 0, 0)
    while writer.process.isRunning {
      for reader in readers {
        let run = try place.shell(reader)
        #expect(run.status == 0, "\(reader): \(run.status) \(run.output.suffix(400)) \(run.talk)")
        guard reader.hasPrefix("kept events") else { continue }
        let events = run.lines
        // A prefix of the file, never shorter than one that was shown before.
        #expect(events.count >= shown && events.count <= count)
        #expect(zip(events, ids).allSatisfy { $0.contains($1) }, "\(events.count) events are no beginning")
        shown = events.count
        if (1..<count).contains(shown) { parts += 1 }
      }
      rounds += 1
    }
    return (rounds, parts)
  }

  @Test(arguments: [
    "kept import shop till.jsonl",
    "(for part in part.*; do cat $part; sleep 0.5; done) | kept append shop > positions",
    "for part in part.*; do kept import shop $part || exit; done",
  ])
  func `whoever reads while events are written finds a beginning of them, whole and in order`(command: String) throws {
    let place = try Workplace()
    try place.write(Self.lines.joined(separator: "\n") + "\n", to: "till.jsonl")
    try #require(place.kept("init", "shop", "--zone", "UTC", "--currency", "EUR").status == 0)
    try place.shell("head -n 200 till.jsonl > few.jsonl; split -l 7000 till.jsonl part.")
    try #require(place.kept("import", "shop", "few.jsonl").status == 0)
    let writer = try place.start(
      ["-c", "PATH=\"\(Workplace.products):$PATH\"; " + command], executable: "/bin/bash", input: [])
    let (rounds, parts) = try Self.read(beside: writer, in: place)
    let written = writer.wait()
    #expect(written.status == 0, "\(written.talk)")
    print("\(command): \(rounds) rounds of \(Self.readers.count) readers, \(parts) found a part of the events")
    #expect(rounds > 0)
    #expect(try place.kept("events", "shop", "--kind", "order.placed").lines.count == Self.count)
    #expect(try place.kept("verify", "shop", "--deep").status == 0)
  }
}
