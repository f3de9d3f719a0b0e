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

  /// Whether the month that begins on this day is not over at as-of. The manifest does not say the business zone; in its
  /// first or last hours a month may be marked that is just over.
  func isOpen(month day: CivilDate) -> Bool {
    let next =
      day.month == 12
      ? CivilDate(year: day.year + 1, month: 1, day: 1)
      : CivilDate(year: day.year, month: day.month + 1, day: 1)
    let microsecondsOfDay: Int64 = 86_400_000_000
    let (days, rest) = manifest.asOf.quotientAndRemainder(dividingBy: microsecondsOfDay)
    return (rest < 0 ? days - 1 : days) < next.dayNumber
  }
}
