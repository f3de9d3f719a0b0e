import KeptFormat

extension FunctionCall {
  func calendar() throws(QueryError) -> Vector {
    let isPresent = presence
    switch function {
    case .addDays:
      let (days, added) = (arguments[0].integers, arguments[1].integers)
      var result = [Int64](repeating: 0, count: count)
      for row in 0..<count where isPresent?[row] ?? true {
        let (day, isOver) = days[row].addingReportingOverflow(added[row])
        guard !isOver, Numbers.days.contains(Int(day)) else { throw beyondCalendar }
        result[row] = day
      }
      return Vector(.date, result, isPresent: isPresent)
    case .daysBetween:
      let (left, right) = (arguments[0].integers, arguments[1].integers)
      return Vector(.integer, left.indices.map { left[$0] - right[$0] }, isPresent: isPresent)
    case .addInterval(let interval):
      let instants = instants(0)
      var result = [Int64](repeating: 0, count: count)
      for row in 0..<count where isPresent?[row] ?? true {
        guard let instant = interval.added(to: instants[row]) else { throw beyondCalendar }
        result[row] = instant
      }
      return Vector(.timestamp, result, isPresent: isPresent)
    case .truncated(let unit):
      // 0001-01-01 was a Monday: no unit reaches back over the first year.
      return Vector(.timestamp, instants(0).map { unit.start(of: $0) }, isPresent: isPresent)
    case .part(let part): return Vector(.integer, instants(0).map { part.value(of: $0) }, isPresent: isPresent)
    case .secondsSince1970: return Vector(instants(0).map { Double($0) / 1e6 }, isPresent: isPresent)
    case .unitsBetween(let unit):
      let (start, end) = (instants(0), instants(1))
      return Vector(.integer, start.indices.map { unit.count(from: start[$0], to: end[$0]) }, isPresent: isPresent)
    case .formatted(let format):
      let instants = instants(0)
      return .strings(count: count) { isPresent?[$0] ?? true ? CalendarText.text(instants[$0], format) : nil }
    case .makeDate: return try dates(isPresent)
    default: preconditionFailure("\(function) is no function of the calendar")
    }
  }

  private var beyondCalendar: QueryError { QueryError("a day before the year 1 or after 9999", at: place) }

  /// A day is its midnight in UTC.
  private func instants(_ index: Int) -> [Int64] {
    let values = arguments[index].integers
    return arguments[index].type == .date ? values.map { $0 &* Numbers.microsecondsPerDay } : values
  }

  private func dates(_ isPresent: [Bool]?) throws(QueryError) -> Vector {
    var result = [Int64](repeating: 0, count: count)
    for row in 0..<count where isPresent?[row] ?? true {
      let parts = arguments.map { Int(clamping: $0.integers[row]) }
      let date = CivilDate(year: parts[0], month: parts[1], day: parts[2])
      guard (1...9999).contains(date.year), date.isValid else {
        throw QueryError("there is no day \(parts[0])-\(parts[1])-\(parts[2])", at: place)
      }
      result[row] = Int64(date.dayNumber)
    }
    return Vector(.date, result, isPresent: isPresent)
  }
}

/// Days and instants in a form of one's own: `%Y-%m`.
enum CalendarText {
  /// The first letter behind a `%` that has no meaning here; nil: the format can be used.
  static func unknownLetter(in format: String) -> Character? {
    var isLetter = false
    for character in format {
      if isLetter {
        if !"YmdHMSjaAbB%".contains(character) { return character }
        isLetter = false
      } else {
        isLetter = character == "%"
      }
    }
    return isLetter ? "%" : nil
  }

  static func text(_ instant: Int64, _ format: String) -> String {
    var text = ""
    var isLetter = false
    for character in format {
      if isLetter {
        text += part(instant, character)
        isLetter = false
      } else if character == "%" {
        isLetter = true
      } else {
        text.append(character)
      }
    }
    return text
  }

  private static let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
  ]

  private static func part(_ instant: Int64, _ letter: Character) -> String {
    func number(_ part: CalendarPart, _ digits: Int) -> String {
      let text = String(part.value(of: instant))
      return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
    let day = days[Int(CalendarPart.isodow.value(of: instant)) - 1]
    let month = months[Int(CalendarPart.month.value(of: instant)) - 1]
    switch letter {
    case "Y": return number(.year, 4)
    case "m": return number(.month, 2)
    case "d": return number(.day, 2)
    case "H": return number(.hour, 2)
    case "M": return number(.minute, 2)
    case "S": return number(.second, 2)
    case "j": return number(.doy, 3)
    case "a": return String(day.prefix(3))
    case "A": return day
    case "b": return String(month.prefix(3))
    case "B": return month
    default: return "%"
    }
  }
}
