import KeptFormat

extension TimeStyle {
  /// Reads an instant in this style.
  func instant(_ text: UnsafeBufferPointer<UInt8>) throws(RFC3339.Failure) -> Instant {
    let instant: Instant
    switch format {
    case .seconds: instant = try Self.unix(text, unitsPerSecond: 1)
    case .milliseconds: instant = try Self.unix(text, unitsPerSecond: 1000)
    case .rfc3339: instant = try rfc3339(text)
    case .pattern(let pieces):
      let read = try Self.pattern(pieces, text)
      if let offset = read.offset {
        instant = read.local - offset
      } else {
        instant = (zone ?? .utc).instant(ofLocal: read.local)
      }
    }
    return try Self.inRange(isEndOfDay ? endOfDay(instant) : instant)
  }

  private static func inRange(_ instant: Instant) throws(RFC3339.Failure) -> Instant {
    guard instant >= RFC3339.lowerLimit, instant < RFC3339.upperLimit else { throw .outOfRange }
    return instant
  }

  /// The last microsecond of the local day.
  private func endOfDay(_ instant: Instant) -> Instant {
    let zone = zone ?? .utc
    let local = instant + Int64(zone.offsetSeconds(at: instant)) * 1_000_000
    let day = 86_400_000_000 as Int64
    let dayStart = local - ((local % day) + day) % day
    return zone.instant(ofLocal: dayStart + day) - 1
  }

  /// With an offset it says the instant; without one, the zone does.
  private func rfc3339(_ text: UnsafeBufferPointer<UInt8>) throws(RFC3339.Failure) -> Instant {
    guard let zone, !text.isEmpty else { return try RFC3339.parse(text.pointer, count: text.count) }
    let local = try RFC3339.parseLocal(text.pointer, count: text.count)
    guard local.byteCount == text.count else { return try RFC3339.parse(text.pointer, count: text.count) }
    return zone.instant(ofLocal: local.microseconds)
  }

  /// Seconds or milliseconds since 1970, perhaps with a fraction; what is finer than a microsecond is cut.
  private static func unix(
    _ text: UnsafeBufferPointer<UInt8>, unitsPerSecond: Int64
  ) throws(RFC3339.Failure) -> Instant {
    let number: ExactDecimal
    do throws(ExactDecimal.Failure) {
      number = try ExactDecimal(parsing: UnsafeRawBufferPointer(text))
    } catch {
      throw error == .malformed ? .malformed : .outOfRange
    }
    guard let product = number.multiplied(by: ExactDecimal(1_000_000 / unitsPerSecond)) else { throw .outOfRange }
    var value = product.mantissa
    var scale = product.scale
    while scale > 0 {
      value = value >= 0 ? value / 10 : -((-value + 9) / 10)
      scale -= 1
    }
    return value
  }

  private static let months: [StaticString] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ]

  /// Microseconds on the clock that wrote the text, and that clock's offset where the text says it.
  private static func pattern(
    _ pieces: [Piece], _ text: UnsafeBufferPointer<UInt8>
  ) throws(RFC3339.Failure) -> (local: Int64, offset: Int64?) {
    var year = 1970
    var month = 1
    var day = 1
    var hour = 0
    var minute = 0
    var second = 0
    var fraction = 0
    var dayOfYear: Int?
    var isAfternoon: Bool?
    var offset: Int64?
    var at = 0

    func number(_ digitCountMax: Int, exactly: Bool = false) throws(RFC3339.Failure) -> Int {
      var value = 0
      let start = at
      while at < text.count, at - start < digitCountMax, text[at] &- 48 < 10 {
        value = value * 10 + Int(text[at] - 48)
        at += 1
      }
      guard at > start, !exactly || at - start == digitCountMax else { throw .malformed }
      return value
    }

    for piece in pieces {
      switch piece {
      case .literal(let byte):
        guard at < text.count, text[at] == byte else { throw .malformed }
        at += 1
      case .field(let letter):
        switch letter {
        case UInt8(ascii: "Y"): year = try number(4, exactly: true)
        case UInt8(ascii: "y"):
          // As POSIX has it: 69 … 99 are of the last century.
          let short = try number(2, exactly: true)
          year = short < 69 ? 2000 + short : 1900 + short
        case UInt8(ascii: "m"): month = try number(2)
        case UInt8(ascii: "d"): day = try number(2)
        case UInt8(ascii: "j"): dayOfYear = try number(3)
        case UInt8(ascii: "H"): hour = try number(2)
        case UInt8(ascii: "I"):
          hour = try number(2)
          guard hour >= 1, hour <= 12 else { throw .noSuchTime }
          hour %= 12
        case UInt8(ascii: "M"): minute = try number(2)
        case UInt8(ascii: "S"): second = try number(2)
        case UInt8(ascii: "f"):
          let start = at
          fraction = try number(6)
          for _ in at - start..<6 { fraction *= 10 }
          while at < text.count, text[at] &- 48 < 10 { at += 1 }
        case UInt8(ascii: "p"):
          guard at + 2 <= text.count, text[at + 1] | 0x20 == UInt8(ascii: "m") else { throw .malformed }
          guard text[at] | 0x20 == UInt8(ascii: "a") || text[at] | 0x20 == UInt8(ascii: "p") else { throw .malformed }
          isAfternoon = text[at] | 0x20 == UInt8(ascii: "p")
          at += 2
        case UInt8(ascii: "b"):
          guard at + 3 <= text.count else { throw .malformed }
          let found = months.firstIndex { name in
            (0..<3).allSatisfy { text[at + $0] | 0x20 == name.utf8Start[$0] }
          }
          guard let found else { throw .malformed }
          month = found + 1
          at += 3
        default: offset = try Self.offset(text, &at)
        }
      }
    }
    guard at == text.count else { throw .malformed }
    if isAfternoon == true { hour += 12 }
    var date = CivilDate(year: year, month: month, day: day)
    if let dayOfYear {
      guard dayOfYear >= 1, dayOfYear <= (CivilDate.isLeapYear(year) ? 366 : 365) else { throw .noSuchTime }
      date = CivilDate(dayNumber: CivilDate(year: year, month: 1, day: 1).dayNumber + dayOfYear - 1)
    }
    guard date.isValid, hour < 24, minute < 60 else { throw .noSuchTime }
    guard second < 60 else { throw second == 60 ? .leapSecond : .noSuchTime }
    let seconds = Int64(date.dayNumber) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
    return (seconds * 1_000_000 + Int64(fraction), offset)
  }

  /// `Z`, `+0100` or `+01:00`, in microseconds.
  private static func offset(_ text: UnsafeBufferPointer<UInt8>, _ at: inout Int) throws(RFC3339.Failure) -> Int64 {
    guard at < text.count else { throw .missingOffset }
    if text[at] | 0x20 == UInt8(ascii: "z") {
      at += 1
      return 0
    }
    guard text[at] == UInt8(ascii: "+") || text[at] == UInt8(ascii: "-") else { throw .missingOffset }
    let isBehind = text[at] == UInt8(ascii: "-")
    var digits: [Int] = []
    at += 1
    while at < text.count, digits.count < 4 {
      if text[at] == UInt8(ascii: ":"), digits.count == 2 {
        at += 1
        continue
      }
      guard text[at] &- 48 < 10 else { break }
      digits.append(Int(text[at] - 48))
      at += 1
    }
    guard digits.count == 4 else { throw .malformed }
    let hours = digits[0] * 10 + digits[1]
    let minutes = digits[2] * 10 + digits[3]
    guard hours < 24, minutes < 60 else { throw .noSuchTime }
    return Int64((hours * 60 + minutes) * (isBehind ? -60 : 60)) * 1_000_000
  }
}
