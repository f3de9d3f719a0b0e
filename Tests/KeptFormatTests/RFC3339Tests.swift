import Testing

@testable import KeptFormat

@Suite struct RFC3339Tests {
  @Test(arguments: [
    ("2024-03-31T09:05:00Z", "2024-03-31T09:05:00.000000Z"), ("2024-03-31t09:05:00z", "2024-03-31T09:05:00.000000Z"),
    ("2024-03-31 09:05:00+00:00", "2024-03-31T09:05:00.000000Z"),
    ("2024-03-31T00:30:00+05:45", "2024-03-30T18:45:00.000000Z"),
    ("2024-12-31T20:00:00-08:00", "2025-01-01T04:00:00.000000Z"),
    ("2024-02-29T23:59:59.9Z", "2024-02-29T23:59:59.900000Z"),
    ("2024-01-01T00:00:00.123456789123456789123456789Z", "2024-01-01T00:00:00.123456Z"),
    ("2024-01-01T00:00:00.000001Z", "2024-01-01T00:00:00.000001Z"),
    ("2024-01-01T00:00:00-00:00", "2024-01-01T00:00:00.000000Z"),
    ("2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000000Z"),
    ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
    ("1900-01-01T00:00:00Z", "1900-01-01T00:00:00.000000Z"),
    ("1899-12-31T23:00:00-01:00", "1900-01-01T00:00:00.000000Z"),
    ("2199-12-31T23:59:59.999999Z", "2199-12-31T23:59:59.999999Z"),
    ("2200-01-01T00:30:00+01:00", "2199-12-31T23:30:00.000000Z"),
  ]) func `an instant is printed in UTC to the microsecond`(text: String, expected: String) throws {
    #expect(RFC3339.string(try RFC3339.parse(text)) == expected)
  }

  @Test(arguments: [
    ("", RFC3339.Failure.malformed), ("2024", .malformed), ("2024-03-31", .malformed),
    ("2024-03-31T09:05Z", .malformed),
    ("2024-03-31T09:05:00.Z", .malformed), ("2024-03-31T09:05:00,5Z", .malformed), ("2024-3-31T09:05:00ZZ", .malformed),
    ("2024-03-31T09:05:00Zx", .malformed), ("2024-03-31T09:05:00+1:00", .malformed),
    ("2024-03-31T09:05:00+0100", .malformed),
    ("2024-03-31T09:05:00+01:0x", .malformed), ("+024-03-31T09:05:00Z", .malformed),
    ("2024/03/31T09:05:00Z", .malformed),
    ("2024-03-31_09:05:00Z", .malformed), ("20240331T090500Z....", .malformed), ("12024-03-31T09:05:00Z", .malformed),
    ("2024-03-31T09:05:00", .missingOffset), ("2024-03-31T09:05:00.5", .missingOffset),
    ("2023-02-29T00:00:00Z", .noSuchTime), ("1900-02-29T00:00:00Z", .noSuchTime), ("2024-00-01T00:00:00Z", .noSuchTime),
    ("2024-13-01T00:00:00Z", .noSuchTime), ("2024-04-31T00:00:00Z", .noSuchTime), ("2024-04-00T00:00:00Z", .noSuchTime),
    ("2024-03-31T24:00:00Z", .noSuchTime), ("2024-03-31T09:60:00Z", .noSuchTime), ("2024-03-31T09:05:61Z", .noSuchTime),
    ("2024-03-31T09:05:00+24:00", .noSuchTime), ("2024-03-31T09:05:00+01:60", .noSuchTime),
    ("2016-12-31T23:59:60Z", .leapSecond), ("0000-01-01T00:00:00Z", .outOfRange), ("9999-12-31T23:59:59Z", .outOfRange),
    ("1899-12-31T23:59:59.999999Z", .outOfRange), ("2200-01-01T00:00:00Z", .outOfRange),
    ("1900-01-01T00:00:00+00:01", .outOfRange), ("2199-12-31T23:59:59-00:01", .outOfRange),
  ]) func `what is no instant of a ledger is refused with its reason`(text: String, reason: RFC3339.Failure) {
    #expect(throws: reason) { try RFC3339.parse(text) }
  }

  @Test func `every instant reads back as it was written`() throws {
    var generator = SeededGenerator(seed: .random(in: 0...UInt64.max))
    for _ in 0..<1000 {
      let instant = Instant.random(in: RFC3339.lowerLimit..<RFC3339.upperLimit, using: &generator)
      #expect(try RFC3339.parse(RFC3339.string(instant)) == instant, "\(generator)")
    }
  }

  @Test func `every changed byte of an instant is read or refused, never trapped on`() {
    for text in ["2024-03-31T09:05:00.000000Z", "2024-03-31T09:05:00+01:00"] {
      let bytes = Array(text.utf8)
      for count in [19, 20, bytes.count] {
        for index in 0..<count {
          for value in UInt8.min...UInt8.max {
            var changed = Array(bytes[..<count])
            changed[index] = value
            _ = changed.withUnsafeBufferPointer { try? RFC3339.parse($0.baseAddress!, count: $0.count) }
          }
        }
      }
    }
  }

  @Test func `an instant that no ledger holds still prints, with a sign and all digits of its year`() {
    #expect(RFC3339.string(.max) == "+294247-01-10T04:00:54.775807Z")
    #expect(RFC3339.string(.min) == "-290308-12-21T19:59:05.224192Z")
    #expect(RFC3339.string(0) == "1970-01-01T00:00:00.000000Z")
  }

  @Test func `a local time leaves its zone to the caller`() throws {
    try Array("2024-03-31 09:05:00.25 Europe/Berlin".utf8).withUnsafeBufferPointer { (text) throws in
      let local = try RFC3339.parseLocal(text.baseAddress!, count: text.count)
      #expect(RFC3339.string(local.microseconds) == "2024-03-31T09:05:00.250000Z")
      #expect(local.byteCount == 22)
    }
  }

  @Test func `a writer of many instants writes each as it is written alone`() {
    var generator = SeededGenerator(seed: .random(in: 0...UInt64.max))
    var writer = RFC3339.Writer()
    var instant = RFC3339.lowerLimit
    for step in 0..<5_000 {
      switch step % 5 {
      case 0: instant = Int64.random(in: RFC3339.lowerLimit..<RFC3339.upperLimit, using: &generator)
      case 1: break
      case 2: instant += Int64.random(in: -90_000_000_000...90_000_000_000, using: &generator)
      case 3: instant += Int64.random(in: -1_000_000...1_000_000, using: &generator)
      default: instant -= (instant - RFC3339.lowerLimit) % 86_400_000_000 + Int64(step & 1)
      }
      if step % 97 == 0 { instant = RFC3339.upperLimit + Int64(step) }
      var alone = ByteSink()
      var among = ByteSink()
      RFC3339.write(instant, to: &alone)
      writer.write(instant, to: &among)
      #expect(among.text() == alone.text(), "\(instant), \(generator)")
    }
  }
}
