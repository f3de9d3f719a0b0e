/// A time zone: which offset from UTC holds when, read from the bytes of a TZif file (RFC 9636).
///
/// A ledger keeps the bytes of its zone, because a zone's rules change with laws and with the machine's updates, and
/// a day of the past must not. Foundation's zones are no help: they read the machine's files, and a static build has
/// none.
public struct Zone: Sendable, Equatable {
  /// A half-open stretch of time with one offset, in microseconds. The first begins with `Int64.min`, the last ends
  /// with `Int64.max`.
  @frozen
  public struct Span: Sendable, Equatable {
    public var lower: Instant
    public var upper: Instant
    /// Local clock minus UTC.
    public var offset: Int64

    @inlinable init(lower: Instant, upper: Instant, offset: Int64) {
      self.lower = lower
      self.upper = upper
      self.offset = offset
    }
  }

  /// Where each span begins, ascending; the offsets of neighbours differ.
  let starts: [Instant]
  let offsets: [Int64]

  /// No place is as far from UTC.
  public static let offsetSecondsLimit = 26 * 3600

  public static let utc = Zone(offsetSeconds: 0)

  /// The same offset at all times.
  public init(offsetSeconds: Int) {
    precondition(offsetSeconds.magnitude < Self.offsetSecondsLimit, "no place is \(offsetSeconds) s from UTC")
    starts = [.min]
    offsets = [Int64(offsetSeconds) * 1_000_000]
  }

  /// Reads a TZif file of version 2 or later. Its footer is followed through the year 2200, where a ledger's time ends.
  ///
  /// - Throws: `FormatError` for what is no such file, and for one that counts leap seconds ("right/…").
  public init(tzif bytes: UnsafeRawBufferPointer) throws(FormatError) {
    var reader = ByteReader(bytes)
    let first = try Self.header(&reader)
    guard first.version >= 0x32 else { throw FormatError(.unknown("TZif version", UInt64(first.version)), offset: 4) }
    try reader.seek(to: reader.offset + first.byteCount(timeSize: 4))
    let counts = try Self.header(&reader)
    guard counts.leaps == 0 else { throw reader.failure(.invalid("a time zone that counts leap seconds")) }
    // Bounds every allocation below by the bytes there are.
    guard counts.byteCount(timeSize: 8) <= reader.remaining else { throw reader.failure(.truncated) }
    guard counts.types > 0 else { throw reader.failure(.invalid("a time zone without an offset")) }

    var times: [Int64] = []
    for _ in 0..<counts.times {
      let time = Int64(bitPattern: try reader.fixed(UInt64.self).byteSwapped)
      guard times.last.map({ $0 < time }) ?? true else { throw reader.failure(.invalid("transitions out of order")) }
      times.append(time)
    }
    let codes = [UInt8](try reader.bytes(counts.times))
    var offsetOfType: [Int64] = []
    for _ in 0..<counts.types {
      let seconds = Int32(bitPattern: try reader.fixed(UInt32.self).byteSwapped)
      guard seconds.magnitude < Self.offsetSecondsLimit else { throw reader.failure(.invalid("an offset of \(seconds) s")) }
      offsetOfType.append(Int64(seconds))
      _ = try reader.bytes(2)
    }
    _ = try reader.bytes(counts.byteCount(timeSize: 8) - counts.times * 9 - counts.types * 6)

    // Before the first transition type 0 holds.
    var table = [(start: Int64.min, offset: offsetOfType[0])]
    for (time, code) in zip(times, codes) {
      guard Int(code) < offsetOfType.count else { throw reader.failure(.invalid("a transition to no offset")) }
      table.append((time, offsetOfType[Int(code)]))
    }
    guard try reader.byte() == 10, let footer = try Self.line(&reader) else {
      throw reader.failure(.invalid("a time zone without footer"))
    }
    if !footer.isEmpty {
      guard let rule = PosixRule(footer) else { throw reader.failure(.invalid("a footer that is no POSIX rule")) }
      // A file without transitions is its footer alone.
      if times.isEmpty { table[0].offset = rule.standardOffset }
      let fromYear = times.last.map { CivilDate(dayNumber: Int($0 / 86_400)).year } ?? 1899
      for change in rule.changes(years: min(max(fromYear, 1899), 2200)...2200) where change.start > times.last ?? .min {
        table.append(change)
      }
    }
    var starts: [Instant] = []
    var offsets: [Int64] = []
    for (start, offset) in table where offsets.last != offset * 1_000_000 {
      let (microseconds, overflows) = start.multipliedReportingOverflow(by: 1_000_000)
      if overflows && start > 0 { break }
      if overflows && !starts.isEmpty {
        // Before microseconds begin: old files list the Big Bang.
        offsets[offsets.count - 1] = offset * 1_000_000
      } else {
        starts.append(overflows ? .min : microseconds)
        offsets.append(offset * 1_000_000)
      }
    }
    self.starts = starts
    self.offsets = offsets
  }

  public init(tzif bytes: [UInt8]) throws(FormatError) {
    let read: Result<Zone, FormatError> = bytes.withUnsafeBytes { buffer in
      do throws(FormatError) { return .success(try Zone(tzif: buffer)) } catch { return .failure(error) }
    }
    self = try read.get()
  }

  /// The stretch of time around `instant` in which the offset does not change.
  public func span(at instant: Instant) -> Span { span(indexOfSpan(at: instant)) }

  /// Local clock minus UTC, in seconds.
  public func offsetSeconds(at instant: Instant) -> Int { Int(span(at: instant).offset / 1_000_000) }

  /// The instant at which the local clock shows `local` (microseconds since 1970-01-01T00:00 on that clock).
  ///
  /// A time that happens twice is the earlier one; a time the clock jumps over is as much later as the jump is long.
  /// Both follow from taking the offset before the change, as RFC 5545 does.
  public func instant(ofLocal local: Int64) -> Instant { resolve(local).instant }

  /// The first instant at which the local clock shows `local` or more: in a gap, the moment of the jump.
  func firstInstant(showing local: Int64) -> Instant {
    let (instant, jump) = resolve(local)
    return jump ?? instant
  }

  private func resolve(_ local: Int64) -> (instant: Instant, jump: Instant?) {
    // No offset is larger than 26 h, so the answer is in the span of the lowest candidate or a later one.
    var index = indexOfSpan(at: local &- 26 * 3_600_000_000)
    while true {
      let current = span(index)
      let candidate = local &- current.offset
      if candidate >= current.upper && index + 1 < starts.count {
        index += 1
        continue
      }
      if candidate >= current.lower || index == 0 { return (candidate, nil) }
      return (local &- offsets[index - 1], current.lower)
    }
  }

  private func indexOfSpan(at instant: Instant) -> Int {
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= instant { low = middle } else { high = middle }
    }
    return low
  }

  private func span(_ index: Int) -> Span {
    Span(
      lower: starts[index], upper: index + 1 < starts.count ? starts[index + 1] : .max, offset: offsets[index])
  }

  private struct Counts {
    var version: UInt8
    var utIndicators, standardIndicators, leaps, times, types, characters: Int

    /// The bytes of the data behind the header.
    func byteCount(timeSize: Int) -> Int {
      times * (timeSize + 1) + types * 6 + characters + leaps * (timeSize + 4) + standardIndicators + utIndicators
    }
  }

  private static func header(_ reader: inout ByteReader) throws(FormatError) -> Counts {
    guard try reader.fixed(UInt32.self) == 0x6669_5a54 else {  // "TZif"
      throw FormatError(.invalid("no TZif header"), offset: max(reader.offset - 4, 0))
    }
    let version = try reader.byte()
    _ = try reader.bytes(15)
    var counts: [Int] = []
    for _ in 0..<6 { counts.append(Int(try reader.fixed(UInt32.self).byteSwapped)) }
    return Counts(
      version: version, utIndicators: counts[0], standardIndicators: counts[1], leaps: counts[2], times: counts[3],
      types: counts[4], characters: counts[5])
  }

  private static func line(_ reader: inout ByteReader) throws(FormatError) -> [UInt8]? {
    var text: [UInt8] = []
    while !reader.isAtEnd {
      let byte = try reader.byte()
      if byte == 10 { return text }
      text.append(byte)
    }
    return nil
  }
}
