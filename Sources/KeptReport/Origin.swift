import KeptFormat
import KeptSnapshot

/// Where a report's numbers come from, and so the commands that open them again.
struct Origin {
  let manifest: Manifest
  /// The name of the ledger's folder.
  let ledger: String

  /// `kept explain …`, of the cell in this row.
  func explain(_ table: String, _ column: String, row: [String]) -> String {
    command("explain", ["--table", table, "--column", column] + row.flatMap { ["--row", $0] })
  }

  func explain(measure: String, row: [String]) -> String {
    command("explain", ["--measure", measure] + row.flatMap { ["--row", $0] })
  }

  func replay(_ table: String) -> String { command("replay", ["--table", table]) }

  func mirror(_ customer: String) -> String { command("mirror", [customer]) }

  /// As the ledger was then and by the rules of then, so that it says what the report says.
  private func command(_ name: String, _ words: [String]) -> String {
    var words = words + ["--as-of", RFC3339.string(manifest.asOf), "--known-at", String(manifest.position)]
    if case .file(let path) = manifest.rulebookOrigin { words += ["--rulebook", path] }
    return (["kept", name, ledger] + words).map(Self.quoted).joined(separator: " ")
  }

  private static func quoted(_ word: String) -> String {
    let plain = word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "-_./:=@+,".utf8.contains(byte)
      }
    }
    guard !plain || word.isEmpty else { return word }
    return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
  }

  /// What local clocks showed at as-of, in the zone in which the tables' days begin; those of UTC where an older program
  /// did not record it.
  var localTime: Instant { manifest.asOf + Int64(manifest.utcOffsetSeconds ?? 0) * 1_000_000 }

  /// The local day of as-of.
  var today: CivilDate {
    let microsecondsOfDay: Int64 = 86_400_000_000
    let (days, rest) = localTime.quotientAndRemainder(dividingBy: microsecondsOfDay)
    return CivilDate(dayNumber: Int(rest < 0 ? days - 1 : days))
  }

  /// "10 Aug 2024, 09:00 (UTC+02:00)"
  var asOf: String {
    let offset = manifest.utcOffsetSeconds ?? 0
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
    let (hours, minutes) = (offset.magnitude / 3600, offset.magnitude / 60 % 60)
    let zone = offset == 0 ? "" : (offset < 0 ? "−" : "+") + "\(two(Int(hours))):\(two(Int(minutes)))"
    return "\(Numbers.day(today)), \(RFC3339.string(localTime).dropFirst(11).prefix(5)) (UTC\(zone))"
  }

  /// Whether the month that begins on this day was not over yet at as-of.
  func isOpen(month day: CivilDate) -> Bool {
    let next =
      day.month == 12
      ? CivilDate(year: day.year + 1, month: 1, day: 1) : CivilDate(year: day.year, month: day.month + 1, day: 1)
    return today.dayNumber < next.dayNumber
  }
}
