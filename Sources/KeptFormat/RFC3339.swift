/// Instants as text: RFC 3339 with an offset in, UTC to the microsecond out.
public enum RFC3339 {
  /// Why text is not an instant of a ledger.
  public enum Failure: UInt8, Error, Sendable {
    /// Not `yyyy-mm-ddThh:mm:ss`, perhaps with a fraction, and an offset.
    case malformed
    /// All but the offset: the instant is not known without a zone.
    case missingOffset
    /// Month 13, 30 February, hour 24, an offset of 24 h.
    case noSuchTime
    /// Second 60. A leap second has no place in a count of microseconds that every system agrees on.
    case leapSecond
    /// Before 1900 or from 2200 on.
    case outOfRange
  }

  /// The first instant a ledger takes, 1900-01-01T00:00:00Z, and the first after them, 2200-01-01T00:00:00Z.
  public static let lowerLimit: Instant = -2_208_988_800_000_000
  public static let upperLimit: Instant = 7_258_118_400_000_000

  /// The bytes of every instant `write` prints for years 0 ... 9999.
  public static let byteCount = 27

  /// Reads an instant. `T` and `Z` may be lower case and a space may stand for `T`, as RFC 3339 (5.6) allows; what is
  /// finer than a microsecond is cut.
  public static func parse(_ text: UnsafePointer<UInt8>, count: Int) throws(Failure) -> Instant {
    let local = try parseLocal(text, count: count)
    guard local.byteCount < count else { throw .missingOffset }
    var offsetMinutes = 0
    let sign = text[local.byteCount]
    if sign | 0x20 == 0x7a {
      guard count == local.byteCount + 1 else { throw .malformed }
    } else {
      guard sign == 43 || sign == 45, count == local.byteCount + 6, text[local.byteCount + 3] == 58 else {
        throw .malformed
      }
      guard let hours = twoDigits(text + local.byteCount + 1), let minutes = twoDigits(text + local.byteCount + 4)
      else { throw .malformed }
      guard hours < 24, minutes < 60 else { throw .noSuchTime }
      offsetMinutes = sign == 43 ? hours * 60 + minutes : -(hours * 60 + minutes)
    }
    let instant = local.microseconds - Int64(offsetMinutes) * 60_000_000
    guard instant >= lowerLimit, instant < upperLimit else { throw .outOfRange }
    return instant
  }

  public static func parse(_ text: String) throws(Failure) -> Instant {
    let bytes = Array(text.utf8)
    guard !bytes.isEmpty else { throw .malformed }
    let parsed: Result<Instant, Failure> = bytes.withUnsafeBufferPointer { buffer in
      do throws(Failure) {
        return .success(try parse(buffer.baseAddress!, count: buffer.count))
      } catch { return .failure(error) }
    }
    return try parsed.get()
  }

  /// Reads `yyyy-mm-ddThh:mm:ss` and perhaps a fraction at the start of `text`, and leaves the offset to the caller:
  /// for sources whose zone is known from elsewhere.
  ///
  /// - Returns: microseconds since 1970-01-01T00:00:00 on the clock that wrote them, and how many bytes were read. The
  ///   year is 0 ... 9999.
  public static func parseLocal(
    _ text: UnsafePointer<UInt8>, count: Int
  ) throws(Failure) -> (microseconds: Int64, byteCount: Int) {
    guard count >= 19 else { throw .malformed }
    let raw = UnsafeRawPointer(text)
    let separator = text[10]
    let front = EightCharacters(raw, pattern: .yearMonth)
    let middle = EightCharacters(raw + 3, pattern: .day)
    let clock = EightCharacters(raw + 11, pattern: .clock)
    guard front.match, middle.match, clock.match, separator | 0x20 == 0x74 || separator == 0x20 else {
      throw .malformed
    }
    let date = CivilDate(year: front.pair(0) &* 100 &+ front.pair(2), month: front.pair(5), day: middle.pair(5))
    let hour = clock.pair(0)
    let minute = clock.pair(3)
    let second = clock.pair(6)
    guard date.isValid, hour < 24, minute < 60 else { throw .noSuchTime }
    guard second < 60 else { throw second == 60 ? .leapSecond : .noSuchTime }
    let seconds = date.dayNumber &* 86_400 &+ hour &* 3600 &+ minute &* 60 &+ second
    var at = 19
    var fraction = 0
    if at < count, text[at] == 46 {
      let digits = count >= 27 ? EightCharacters(raw + 19, pattern: .microsecondsUTC) : nil
      if let digits, digits.match {
        fraction = digits.pair(1) &* 10_000 &+ digits.pair(3) &* 100 &+ digits.pair(5)
        at += 7
      } else {
        at += 1
        let start = at
        while at < count, text[at] &- 48 < 10 {
          if at - start < 6 { fraction = fraction &* 10 &+ Int(text[at] &- 48) }
          at += 1
        }
        guard at > start else { throw .malformed }
        for _ in stride(from: at - start, to: 6, by: 1) { fraction &*= 10 }
      }
    }
    return (Int64(seconds &* 1_000_000 &+ fraction), at)
  }

  @inline(__always)
  private static func twoDigits(_ text: UnsafePointer<UInt8>) -> Int? {
    let tens = text[0] &- 48
    let ones = text[1] &- 48
    return tens < 10 && ones < 10 ? Int(tens) * 10 + Int(ones) : nil
  }

  /// Eight characters at once: digits in some places, a given character in each of the others.
  private struct EightCharacters {
    struct Pattern {
      /// The eight characters as a little-endian number, `0` where any digit may stand.
      var characters: UInt64
      /// Added to what differs from `characters`, it carries into a byte's top bit where that is not allowed: 0x76 for a
      /// digit, 0x7f for a given character.
      var carries: UInt64

      /// `0000-00-`
      static var yearMonth: Pattern { Pattern(characters: 0x2d30_302d_3030_3030, carries: 0x7f76_767f_7676_7676) }
      /// `0-00-00` and anything.
      static var day: Pattern { Pattern(characters: 0x0030_302d_3030_2d30, carries: 0x0076_767f_7676_7f76) }
      /// `00:00:00`
      static var clock: Pattern { Pattern(characters: 0x3030_3a30_303a_3030, carries: 0x7676_7f76_767f_7676) }
      /// `.000000Z`
      static var microsecondsUTC: Pattern {
        Pattern(characters: 0x5a30_3030_3030_302e, carries: 0x7f76_7676_7676_767f)
      }
    }

    let match: Bool
    // Byte i: ten times what character i says, plus what character i + 1 says.
    private let pairs: UInt64

    @inline(__always) init(_ text: UnsafeRawPointer, pattern: Pattern) {
      let word = UInt64(littleEndian: text.loadUnaligned(as: UInt64.self))
      let isAnyLast: UInt64 = pattern.carries >> 56 == 0 ? 0x00ff_ffff_ffff_ffff : .max
      let difference = (word & isAnyLast) ^ pattern.characters
      match = (difference | (difference &+ pattern.carries)) & 0x8080_8080_8080_8080 == 0
      pairs = difference &* 10 &+ difference &>> 8
    }

    /// The number that the characters at `index` and behind it write.
    @inline(__always) func pair(_ index: Int) -> Int { Int(pairs &>> UInt64(8 * index) & 0xff) }
  }

  /// Writes `2024-03-31T09:05:00.000000Z`.
  ///
  /// Years outside 0 ... 9999 exist only where a file lies about a time; they are written with a sign and all their
  /// digits.
  public static func write(_ instant: Instant, to sink: inout ByteSink) {
    let microsecondsPerDay: Int64 = 86_400_000_000
    var (dayNumber, rest) = instant.quotientAndRemainder(dividingBy: microsecondsPerDay)
    if rest < 0 {
      dayNumber -= 1
      rest += microsecondsPerDay
    }
    let date = CivilDate(dayNumber: Int(dayNumber))
    var year = date.year
    if year < 0 || year > 9999 {
      sink.append(year < 0 ? 45 : 43)
      sink.append(decimal: UInt64(year.magnitude / 10_000))
      year = Int(year.magnitude % 10_000)
    }
    sink.write(atMost: byteCount) { out in
      writeDate(year, date, to: out)
      writeTimeOfDay(rest, to: out)
      return byteCount
    }
  }

  /// Writes `2024-03-31T`.
  @inline(__always)
  private static func writeDate(_ year: Int, _ date: CivilDate, to out: UnsafeMutablePointer<UInt8>) {
    writeTwoDigits(year / 100, to: out)
    writeTwoDigits(year % 100, to: out + 2)
    out[4] = 45
    writeTwoDigits(date.month, to: out + 5)
    out[7] = 45
    writeTwoDigits(date.day, to: out + 8)
    out[10] = 84
  }

  /// Writes what follows the date and `T`, which are at `out`.
  @inline(__always)
  private static func writeTimeOfDay(_ microseconds: Int64, to out: UnsafeMutablePointer<UInt8>) {
    let (seconds, fraction) = UInt64(microseconds).quotientAndRemainder(dividingBy: 1_000_000)
    let second = UInt32(truncatingIfNeeded: seconds)
    let micros = UInt32(truncatingIfNeeded: fraction)
    writeTwoDigits(Int(second / 3600), to: out + 11)
    out[13] = 58
    writeTwoDigits(Int(second / 60 % 60), to: out + 14)
    out[16] = 58
    writeTwoDigits(Int(second % 60), to: out + 17)
    out[19] = 46
    writeTwoDigits(Int(micros / 10_000), to: out + 20)
    writeTwoDigits(Int(micros / 100 % 100), to: out + 22)
    writeTwoDigits(Int(micros % 100), to: out + 24)
    out[26] = 90
  }

  /// Writes instants that often have the day of the one before, or are the same.
  struct Writer {
    private var last = Instant.absentInstant
    /// The instants of the day whose date is at the start of `text`.
    private var day: Range<Instant> = 0..<0
    /// `last` as text, filled up.
    private var text = InlineArray<32, UInt8>(repeating: 0)

    /// Writes what `RFC3339.write` writes.
    @inline(__always)
    mutating func write(_ instant: Instant, to sink: inout ByteSink) {
      if instant != last { spell(instant) }
      guard day.contains(instant) else { return RFC3339.write(instant, to: &sink) }
      sink.write(atMost: 32) { out in
        withUnsafeBytes(of: text) { UnsafeMutableRawPointer(out).copyMemory(from: $0.baseAddress!, byteCount: 32) }
        return byteCount
      }
    }

    private mutating func spell(_ instant: Instant) {
      last = instant
      let microsecondsPerDay: Int64 = 86_400_000_000
      let isNewDay = !day.contains(instant)
      if isNewDay {
        // Beyond the years a ledger takes a text may be longer.
        guard instant >= lowerLimit, instant < upperLimit else { return }
        let start = instant - (instant - lowerLimit) % microsecondsPerDay
        day = start..<start + microsecondsPerDay
      }
      let start = day.lowerBound
      withUnsafeMutableBytes(of: &text) { text in
        let out = text.baseAddress!.assumingMemoryBound(to: UInt8.self)
        if isNewDay {
          let date = CivilDate(dayNumber: Int(start / microsecondsPerDay))
          writeDate(date.year, date, to: out)
        }
        writeTimeOfDay(instant - start, to: out)
      }
    }
  }

  public static func string(_ instant: Instant) -> String {
    var sink = ByteSink(capacity: 32)
    write(instant, to: &sink)
    return sink.text()
  }
}
