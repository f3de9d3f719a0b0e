import KeptFormat
import KeptLog

/// How the last run of `Scripts/nightly` ended: the last line of what it writes.
struct LastNight {
  /// In words, and what went wrong.
  let sentence: String
  let reasons: [String]
  let isFine: Bool

  /// Nights are 24 hours apart; a job that is half a day late did not run.
  private static let overdueAfter: Int64 = 36 * 3_600_000_000

  /// nil where no line was ever written.
  ///
  /// - Parameter folder: where the job keeps its lines.
  init?(inFolder folder: String, now: Instant, disk: any Disk) throws {
    let path = "\(folder)/nights.jsonl"
    guard try disk.exists(path) else { return nil }
    let lines = try disk.contents(path).split(separator: UInt8(ascii: "\n"))
    guard let last = lines.last else { return nil }
    guard let line = try? JSONValue.parse(Array(last)), let status = line["status"]?.string,
      let finished = line["finished_at"]?.string, let finishedAt = try? RFC3339.parse(finished)
    else { throw FileError(path, "line \(lines.count): not what the nightly job writes") }
    func number(_ value: JSONValue?) -> String { value.map { String(decoding: $0.canonical(), as: UTF8.self) } ?? "?" }
    func count(_ key: String) -> String { line[key]?.integer.map(grouped) ?? "?" }
    func seconds(_ phase: String) -> String { "\(phase) \(number(line["seconds"]?[phase])) s" }
    let snapshot = line["snapshot"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    let isOverdue = now - finishedAt > Self.overdueAfter
    isFine = status == "fine" && !isOverdue
    let verdict = ["fine": "fine", "no": "an answer was no", "failed": "failed"][status] ?? status
    sentence =
      "\(verdict), \(finished): \(count("files")) files, \(count("accepted")) accepted, \(count("duplicates")) duplicates, "
      + "\(count("conflicts")) conflicts, \(count("rejected")) rejected; "
      + [seconds("import"), seconds("verify"), seconds("rebuild")].joined(separator: ", ")
      + "; " + (snapshot ?? "nothing published")
    var reasons = line["reasons"]?.array?.compactMap(\.string) ?? []
    if isOverdue { reasons.append("it has not run since, which is \((now - finishedAt) / 3_600_000_000) hours") }
    self.reasons = reasons
  }
}
