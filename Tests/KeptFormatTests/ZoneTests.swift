import Foundation
import Testing

@testable import KeptFormat

/// The files of Fixtures/zones.
enum ZoneFixtures {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures/zones")

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appendingPathComponent("\(name).tzif")))
  }

  static func zone(_ name: String) throws -> Zone { try Zone(tzif: bytes(name)) }
}

@Suite struct ZoneTests {
  static let names = ["Apia", "Berlin", "Dublin", "Lord_Howe", "New_York", "Pago_Pago", "St_Johns"]

  @Test(arguments: names) func `the offset is the one Python's zoneinfo gives, also beyond the last listed change`(
    name: String
  ) throws {
    let zone = try ZoneFixtures.zone(name)
    let facts = try String(contentsOf: ZoneFixtures.folder.appendingPathComponent("facts.csv"), encoding: .utf8)
    var checked = 0
    for line in facts.split(separator: "\n") where line.hasPrefix("\(name),") {
      let parts = line.split(separator: ",")
      let instant = try RFC3339.parse(String(parts[1]))
      #expect(zone.offsetSeconds(at: instant) == Int(parts[2]), "\(line)")
      checked += 1
    }
    #expect(checked >= 40)
  }

  @Test(arguments: names) func `spans join without gap or overlap, and a change is a change`(name: String) throws {
    let zone = try ZoneFixtures.zone(name)
    var span = zone.span(at: .min)
    #expect(span.lower == .min)
    while span.upper != .max {
      let next = zone.span(at: span.upper)
      #expect(next.lower == span.upper)
      #expect(next.offset != span.offset)
      #expect(zone.span(at: span.upper - 1) == span)
      span = next
    }
  }

  @Test func `a local time that happens twice is the earlier one, one that is jumped over moves on`() throws {
    let berlin = try ZoneFixtures.zone("Berlin")
    func utc(_ local: String) throws -> String {
      RFC3339.string(berlin.instant(ofLocal: try RFC3339.parse(local + "Z")))
    }
    #expect(try utc("2024-03-31T01:59:59") == "2024-03-31T00:59:59.000000Z")
    #expect(try utc("2024-03-31T02:30:00") == "2024-03-31T01:30:00.000000Z")
    #expect(try utc("2024-03-31T03:00:00") == "2024-03-31T01:00:00.000000Z")
    #expect(try utc("2024-10-27T02:30:00") == "2024-10-27T00:30:00.000000Z")
    #expect(try utc("2024-10-27T03:00:00") == "2024-10-27T02:00:00.000000Z")
    #expect(try utc("2150-07-01T12:00:00") == "2150-07-01T10:00:00.000000Z")
  }

  @Test func `every prefix and every changed byte of a file is read or refused, never trapped on`() throws {
    let bytes = try ZoneFixtures.bytes("Apia")
    for count in 0..<bytes.count { #expect(throws: FormatError.self) { try Zone(tzif: Array(bytes[..<count])) } }
    for index in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[index] ^= 1 << UInt8(bit)
        if let zone = try? Zone(tzif: changed) { _ = zone.span(at: 0) }
      }
    }
  }

  @Test func `files without a zone, of version 1 or with leap seconds are refused`() throws {
    #expect(throws: FormatError(.truncated, offset: 0)) { try Zone(tzif: []) }
    #expect(throws: FormatError(.invalid("no TZif header"), offset: 0)) { try Zone(tzif: Array("<html></html>".utf8)) }
    var version1 = try ZoneFixtures.bytes("Berlin")
    version1[4] = 0
    #expect(throws: FormatError(.unknown("TZif version", 0), offset: 4)) { try Zone(tzif: version1) }
  }

  @Test(arguments: [
    ("UTC0", 0 as Int64, nil as Int64?), ("<+13>-13", 46_800, nil), ("EST5EDT,M3.2.0,M11.1.0", -18_000, -14_400),
    ("IST-1GMT0,M10.5.0,M3.5.0/1", 3600, 0), ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7200, -3600),
    ("IST-2IDT,M3.4.4/26,M10.5.0", 7200, 10_800), ("XXX3EDT4,0/0,J365/23", -10_800, -14_400),
    ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 37_800, 39_600),
  ]) func `a footer is read`(text: String, standard: Int64, summer: Int64?) throws {
    let rule = try #require(PosixRule(Array(text.utf8)))
    #expect(rule.standardOffset == standard)
    #expect(rule.summer?.offset == summer)
  }

  @Test(arguments: [
    "", "U0", "UTC", "UTC25", "<+13-13", "EST5EDT", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0",
    "EST5EDT,M3.6.0,M11.1.0", "EST5EDT,M3.2.7,M11.1.0", "EST5EDT,J0,J1", "EST5EDT,366,1", "EST5EDT,M3.2.0,M11.1.0x",
    "EST5EDT,M3.2.0/168,M11.1.0", "EST99999999999999999999",
  ]) func `what is no footer is refused`(text: String) {
    #expect(PosixRule(Array(text.utf8)) == nil)
  }

  @Test func `a footer counts days as POSIX does`() throws {
    let leap = try #require(PosixRule(Array("AAA0BBB,J60,59/0".utf8))?.summer)
    let march1 = Int64(CivilDate(year: 2024, month: 3, day: 1).dayNumber) * 86_400
    #expect(leap.start.localSeconds(year: 2024) == march1 + 7200)
    #expect(leap.end.localSeconds(year: 2024) == march1 - 86_400)
    #expect(leap.end.localSeconds(year: 2023) == march1 - 366 * 86_400)
  }
}
