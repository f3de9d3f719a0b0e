import KeptFormat
import KeptIntake
import KeptLog

/// Tells rejects and conflicts as they come, the first of a file one by one, and counts the others.
struct RejectTeller {
  private static let toldCountMax = 20

  private let console: Console
  private var toldCount = 0
  private var untoldCount = 0

  init(_ console: Console) { self.console = console }

  mutating func tell(_ reject: Reject) { tell("kept: \(reject)") }

  /// What the ledger did not take, although it could be read.
  mutating func tell(_ exception: Admission.Exception, _ file: String) {
    switch exception.outcome {
    case .accepted, .duplicate: break
    case .conflict(let position):
      tell(
        "kept: \(file): line \(exception.line): the event at position \(position) has the same source and id, but says "
          + "something else; corrections are events of their own (corrects)")
    case .tooLong(let byteCount):
      tell("kept: \(file): line \(exception.line): \(byteCount) bytes; \(RejectReason.eventTooLong.sentence)")
    }
  }

  private mutating func tell(_ text: String) {
    guard toldCount < Self.toldCountMax else {
      untoldCount += 1
      return
    }
    toldCount += 1
    console.complain(text)
  }

  /// Says how many were not told.
  func finish() {
    if untoldCount > 0 { console.complain("kept: … and \(grouped(untoldCount)) more, not told one by one") }
  }
}

/// The ledger's own list of what an import did not take: where and why, never the line itself.
final class RejectList {
  private let ledger: String
  private let position: UInt64
  private var file: RejectsFile?
  private var buffer = ByteSink()

  /// - Parameter position: the first that the import may give; the list is named by it.
  init(_ ledger: String, position: UInt64) {
    self.ledger = ledger
    self.position = position
  }

  func add(_ reject: Reject) throws {
    reject.appendJSON(to: &buffer)
    try endLine()
  }

  /// A line that could be read, and was not taken.
  func add(_ exception: Admission.Exception, _ file: String) throws {
    var members = [
      JSONMember("file", .string(file)), JSONMember("line", .number(ExactDecimal(Int64(clamping: exception.line)))),
    ]
    switch exception.outcome {
    case .accepted, .duplicate: return
    case .conflict(let position):
      members.append(JSONMember("position", .number(ExactDecimal(Int64(clamping: position)))))
      members.append(JSONMember("reason", "conflict"))
    case .tooLong:
      members.append(JSONMember("field", ""))
      members.append(JSONMember("reason", .string(RejectReason.eventTooLong.rawValue)))
    }
    JSONValue.object(members).appendCanonical(to: &buffer)
    try endLine()
  }

  func finish() throws {
    try flush()
    try file?.finish()
  }

  private func endLine() throws {
    buffer.append("\n")
    if buffer.count >= 1 << 16 { try flush() }
  }

  private func flush() throws {
    guard buffer.count > 0 else { return }
    if file == nil { file = try RejectsFile(ledger, position: position) }
    try file?.append(lines: buffer.bytes())
    buffer.removeAll()
  }
}

/// `--rejects FILE`: the rejected records themselves, byte for byte, one a line.
final class RejectFile {
  private let file: any DiskFile
  private var offset = 0
  private var buffer = ByteSink()

  init(_ path: String) throws { file = try PosixDisk().open(path, .replace(permissions: 0o600)) }

  /// - Parameter record: nil where it was too long to be kept.
  func write(_ record: ArraySlice<UInt8>?) throws {
    guard let record else { return }
    record.withUnsafeBytes { buffer.append($0) }
    if record.last != UInt8(ascii: "\n") { buffer.append("\n") }
    if buffer.count >= 1 << 16 { try flush() }
  }

  func close() throws {
    try flush()
    try file.sync()
    file.close()
  }

  private func flush() throws {
    try buffer.withUnsafeBytes { try file.write($0, at: offset) }
    offset += buffer.count
    buffer.removeAll()
  }
}

/// Counts what an import has read, for the progress bar.
final class ImportMeter {
  private let progress: Progress
  private var byteCount = 0
  private var eventCount = 0

  /// - Parameter verb: what is being done, as the bar says it.
  init(_ file: String, _ verb: String, _ progress: Progress) {
    self.progress = progress
    // How far a packed file or standard input is cannot be told from what it unpacks to.
    let total = file == "-" || file.hasSuffix(".lz4") ? 0 : (try? Self.byteCount(file)) ?? 0
    progress.begin(verb, total: total)
  }

  func add(byteCount: Int, eventCount: Int) {
    self.byteCount += byteCount
    self.eventCount += eventCount
    progress.update(done: self.byteCount, events: self.eventCount)
  }

  func finish() { progress.finish() }

  private static func byteCount(_ path: String) throws -> Int {
    let file = try PosixDisk().open(path, .read)
    defer { file.close() }
    return try file.byteCount()
  }
}
