import Foundation
import KeptHostileInput
import KeptLog
import KeptSimulation
import Testing

/// Every door that bytes from outside come in by is fed its seeds and seeded changes of them; a trap would end the process,
/// and a door that hangs would keep it.
@Suite struct HostileInputTests {
  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  @Test(arguments: HostileInput.allCases)
  func `no changed input traps, hangs or asks for memory it does not pay for`(door: HostileInput) throws {
    let files = door.seedFiles(in: Self.repository)
    let seeds = try files.map { Array(try Data(contentsOf: URL(fileURLWithPath: $0))) }
    try #require(!seeds.isEmpty, "\(door)")
    for seed in seeds { door.feed(seed) }
    var random = Chance(20_260_401)
    let before = Self.peakKilobytes()
    let small = seeds.filter { $0.count <= 8_192 }
    for _ in 0..<2_500 { door.feed(Self.changed(small.randomElement(using: &random)!, small, &random)) }
    // Half a gibibyte would mean that some count was believed; other tests of the process run at the same time.
    #expect(Self.peakKilobytes() - before < 512 << 10, "\(door)")
  }

  /// Found by fuzzing: it would have cost the memory of whoever opens such a ledger, before a byte of it was looked at.
  @Test func `a chunk of the vault whose 25 bytes are said to hold a gigabyte is refused by its header`() throws {
    let file = Self.repository + "/Fixtures/fuzz/vault/claims-a-gigabyte"
    let chunk = Array(try Data(contentsOf: URL(fileURLWithPath: file)))
    #expect {
      try chunk.withUnsafeBytes { _ = try VaultChunk.parse($0) }
    } throws: {
      "\($0)".contains("values of 1023410201 bytes in 25")
    }
  }

  /// One to eight edits: bits, bytes, numbers at the edge of their width, cuts, repeats, a piece of another seed.
  private static func changed(_ seed: [UInt8], _ others: [[UInt8]], _ random: inout Chance) -> [UInt8] {
    var bytes = seed
    for _ in 0..<Int.random(in: 1...8, using: &random) {
      guard !bytes.isEmpty else { return others.randomElement(using: &random)! }
      let at = Int.random(in: 0..<bytes.count, using: &random)
      let end = min(bytes.count, at + Int.random(in: 1...16, using: &random))
      switch Int.random(in: 0..<8, using: &random) {
      case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[at] = UInt8.random(in: 0...255, using: &random)
      case 2: for place in at..<end { bytes[place] = 0xFF }
      case 3: for place in at..<end { bytes[place] = 0 }
      case 4: bytes.removeSubrange(at..<end)
      case 5: bytes.insert(contentsOf: bytes[at..<end], at: at)
      case 6: bytes.removeSubrange(at...)
      default:
        let other = others.randomElement(using: &random)!.dropFirst(Int.random(in: 0...64, using: &random)).prefix(64)
        bytes.replaceSubrange(at..<end, with: other)
      }
    }
    return bytes
  }

  private static func peakKilobytes() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss
  }
}
