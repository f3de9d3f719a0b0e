import KeptFormat

/// Numbers as people read them, the same in every country: 5,648 and 3.2 and 43 %, a month as Jul 2024.
enum Numbers {
  static func whole(_ number: Int) -> String {
    let digits = String(number.magnitude)
    var text = number < 0 ? "−" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }

  /// Rounded to `places` decimals, whose last zeros stay.
  static func decimal(_ number: Double, _ places: Int = 1) -> String {
    let scale = [1, 10, 100, 1000][places]
    guard number.isFinite, abs(number) < 1e14 else { return number < 0 ? "very low" : "very high" }
    let scaled = Int((number * Double(scale)).rounded())
    let whole = Self.whole(abs(scaled) / scale)
    let sign = scaled < 0 ? "−" : ""
    guard places > 0 else { return sign + whole }
    let fraction = String(abs(scaled) % scale)
    return "\(sign)\(whole).\(String(repeating: "0", count: places - fraction.count))\(fraction)"
  }

  /// With its sign, so that no colour is needed to tell gain from loss.
  static func signed(_ number: Double, _ places: Int = 0) -> String {
    let text = decimal(number, places)
    return number > 0 && text.contains { $0 >= "1" && $0 <= "9" } ? "+" + text : text
  }

  /// A share as a percentage; what is neither nothing nor all is never said to be.
  static func percent(_ share: Double) -> String {
    if share > 0, share < 0.005 { return "<1 %" }
    if share < 1, share > 0.995 { return ">99 %" }
    return decimal(share * 100, 0) + " %"
  }

  /// "36 min", "4.1 h" or "3.2 days".
  static func hours(_ hours: Double) -> String {
    if hours < 1 { return decimal(hours * 60, 0) + " min" }
    return hours < 48 ? decimal(hours) + " h" : decimal(hours / 24) + " days"
  }

  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  static func month(_ day: CivilDate) -> String { "\(months[day.month - 1]) \(day.year)" }

  static func day(_ day: CivilDate) -> String { "\(day.day)\u{a0}\(months[day.month - 1])\u{a0}\(day.year)" }

  static func monthName(_ day: CivilDate) -> String { months[day.month - 1] }

  /// One of something, or many: "1 customer", "5 customers".
  static func count(_ number: Int, _ thing: String, many: String? = nil) -> String {
    "\(whole(number)) \(number == 1 ? thing : many ?? thing + "s")"
  }

  /// Exact below ten thousand, then as many figures as a narrow column holds: 9,999, 12.3k, 4.6M.
  static func compact(_ number: Int) -> String {
    guard number.magnitude >= 10_000 else { return whole(number) }
    let (scaled, unit) = number.magnitude < 999_500 ? (Double(number) / 1000, "k") : (Double(number) / 1_000_000, "M")
    return decimal(scaled, abs(scaled) < 99.95 ? 1 : 0).replacing(/\.0$/, with: "") + unit
  }

  /// A share as a whole number of hundred; what is neither nothing nor all is never said to be.
  static func ofHundred(_ share: Double) -> String { percent(share).replacing(" %", with: "") }

  /// "Jul 2024", or "Mar 2022 to Jul 2024".
  static func span(_ first: CivilDate, _ last: CivilDate) -> String {
    first == last ? month(first) : "\(month(first)) to \(month(last))"
  }

  /// Names may be long; a sentence has room for the beginning.
  static func short(_ name: String, _ length: Int = 18) -> String {
    name.count <= length ? name : name.prefix(length - 1) + "…"
  }

  /// A place in a picture, to a tenth.
  static func place(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return tenths % 10 == 0 ? String(tenths / 10) : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
  }
}
