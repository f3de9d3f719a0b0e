import Glibc
import KeptFormat
import KeptIntake
import KeptLog
import KeptReplay
import KeptSnapshot

/// An error of the command line itself: something outside the ledger that could not be read or written.
struct FileError: Error {
  let path: String
  /// What is wrong, as the end of a sentence.
  let reason: String
  /// What to do next; empty where that is plain.
  var next = ""

  init(_ path: String, _ reason: String, next: String = "") {
    self.path = path
    self.reason = reason
    self.next = next
  }

  /// There is nothing to replay in a ledger.
  static func noEvents(_ ledger: String) -> FileError {
    FileError(ledger, "holds no events yet", next: "`kept import \(ledger) FILE`")
  }

  /// A system call failed; `code` is `errno`'s.
  init(_ path: String, code: Int32) { self.init(path, Self.text(code)) }

  static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}

extension Console {
  /// Turns the facts of an error into sentences: what, where, and what next.
  func explain(_ error: any Error) {
    let (what, next) = Self.sentences(error)
    complain("kept: " + what + (next.isEmpty ? "" : "\nNext: " + next))
  }

  private static func sentences(_ error: any Error) -> (what: String, next: String) {
    switch error {
    case let error as UsageError:
      (error.message, "`kept \(error.command.map { $0 + " " } ?? "")--help` shows what is possible.")
    case let error as FileError: ("\(error.path): \(error.reason)", error.next)
    case let error as UnanswerableQuestion: (error.what, error.next)
    case let error as LogError: sentences(error)
    case let error as DiskError: sentences(error)
    case let error as ExportError: sentences(error)
    case let error as Damage: sentences(.damage(error))
    case let error as ReplayError: sentences(error)
    case let error as IntakeError: (error.description, error.nextStep)
    case let error as MappingError: (error.description, error.nextStep)
    case let error as SnapshotError: sentences(error)
    default: (String(describing: error), "")
    }
  }

  private static func sentences(_ error: LogError) -> (String, String) {
    switch error {
    case .notALedger(let path, .noFolder):
      ("\(path): there is no such folder", "`kept init \(path)` makes a new ledger there.")
    case .notALedger(let path, .noSettings):
      ("\(path): not a ledger: it holds no ledger.json", "`kept init DIR` makes a new ledger in a folder of its own.")
    case .alreadyExists(let path):
      ("\(path): there is something already", "choose a folder that does not exist, or an empty one.")
    case .settings(let path, let reason):
      ("\(path): \(reason)", "restore this file from a copy; it is written once and never changed.")
    case .linkedFolder(let path):
      (
        "\(path): a symbolic link, which is not followed out of the ledger",
        "put the folder itself there; the path of the whole ledger may be a link."
      )
    case .damage(let damage) where damage.file == LedgerFolder.zone:
      (damage.sentence, "restore this file from a copy: days begin by these rules, which were copied when the ledger was made.")
    case .damage(let damage):
      (
        damage.sentence,
        "`kept verify LEDGER` lists every break; restore this file from a copy, or `kept salvage LEDGER DIR --reason R` "
          + "saves what verifies."
      )
    case .unknownVersion(let file, let version):
      (
        "\(file): format version \(version), which this program does not know",
        "use the version of kept that wrote it, or a newer one."
      )
    case .locked(let path, let holder):
      (
        "\(path): another process is writing to this ledger\(holder.isEmpty ? "" : " (\(holder))")",
        "wait until it is done; reading needs no lock."
      )
    case .untrustedLock(let path, let fileSystem):
      (
        "\(path): on \(fileSystem), where a lock does not keep other machines from writing",
        "put the ledger on a local file system."
      )
    case .clockBehind(let clock, let lastRecorded):
      (
        "the clock says \(RFC3339.string(clock)), but the last event was recorded at \(RFC3339.string(lastRecorded))",
        "set the clock; nothing was written."
      )
    case .personalIdentifier(let kind, let line):
      (
        "line \(line): the customer looks like \(kind == .emailAddress ? "an e-mail address" : "a phone number"), "
          + "which this ledger would keep in the open for ever",
        "import into a ledger made with `kept init DIR --seal customer`; nothing was written."
      )
    case .stopped(let cause):
      (
        "stopped: \(sentences(cause).0)",
        "see to the disk, then run the same command again: what was acknowledged is there, nothing will be twice."
      )
    case .full(let what): ("the ledger is full: \(what)", "")
    }
  }

  private static func sentences(_ error: DiskError) -> (String, String) {
    let next =
      switch error.code {
      case ENOSPC, EDQUOT: "free some space and run the same command again; nothing that was acknowledged is lost."
      case ELOOP: "it is a symbolic link, and no file of a ledger may be one: put the file itself there."
      case EACCES, EPERM: "see who owns the file and who may write to it."
      default: ""
      }
    return ("\(error.path): \(error.operation): \(FileError.text(error.code))", next)
  }

  private static func sentences(_ error: ExportError) -> (String, String) {
    switch error {
    case .foreign(let path): ("\(path): there is something already that is no export", "name an empty folder, or a new one.")
    case .manifest(let path, let reason): ("\(path): no manifest of an export: \(reason)", "export into another folder.")
    case .otherLedger(let path, let origin, let expected):
      ("\(path): an export of \(origin), while this ledger is \(expected)", "name an empty folder, or a new one.")
    case .longer(let path, let position, let count):
      (
        "\(path): holds \(grouped(position)) events already, more than the \(grouped(count)) of the ledger or of --known-at",
        "export into another folder; a ledger that has fewer than before was cut, or is an older copy."
      )
    case .otherRoot(let path, let position, let exported, let ledger):
      (
        "\(path): the ledger's first \(grouped(position)) events have the root \(ledger.base64), those exported had "
          + exported.base64,
        "`kept verify LEDGER --deep` says whether the ledger was edited."
      )
    case .locked(let path, let holder):
      ("\(path): another process is exporting into it\(holder.isEmpty ? "" : " (\(holder))")", "wait until it is done.")
    case .untrustedLock(let path, let fileSystem):
      (
        "\(path): on \(fileSystem), where a lock does not keep other machines from writing",
        "export to a local file system and copy from there."
      )
    }
  }

  private static func sentences(_ error: ReplayError) -> (String, String) {
    switch error {
    case .notRecordedYet(let position, let count):
      ("the ledger holds \(count) events, not yet \(position)", "")
    case .memoryTooSmall(let byteCount):
      ("the memory given is too small: \(readable(byteCount: byteCount)) are needed", "give more with --memory.")
    case .noMemory(let byteCount):
      ("the system gave no \(readable(byteCount: byteCount)) of memory", "ask for less with --memory 256M.")
    case .tooManyKinds(let count):
      ("the ledger holds \(grouped(count)) kinds of events, more than a replay can tell apart", "")
    }
  }

  private static func sentences(_ error: SnapshotError) -> (String, String) {
    switch error {
    case .decimalOutOfRange(let column):
      ("\(column): a total has more than 18 digits", "")
    case .alreadyPublished(let name, let difference):
      (
        "\(name): a snapshot of this instant and these events is published already, and differs: "
          + difference.sentence,
        difference.isChosen
          ? "a published snapshot is never changed: --shadow publishes this one beside it, under a name of its own, `kept "
            + "replay` shows any table without publishing it; or remove the folder \(name) by hand and rebuild."
          : "a published snapshot is never changed: `kept verify --snapshot` tells whether it is what the log gives; or "
            + "remove the folder \(name) by hand and rebuild."
      )
    case .locked(let holder):
      (
        "another process is writing a snapshot\(holder.isEmpty ? "" : " (\(holder))")",
        "wait until it is done; reading needs no lock."
      )
    case .untrustedLock(let fileSystem):
      ("snapshots are on \(fileSystem), where a lock does not keep other machines from writing", "")
    case .manifest(let path, let reason): ("\(path): no manifest of a snapshot: \(reason)", "")
    }
  }
}

extension SnapshotDifference {
  /// Whether other options alone make it: other rules or other tables.
  fileprivate var isChosen: Bool {
    switch self {
    case .manifest("rulebook"), .missing, .unlisted: true
    case .manifest, .bytes: false
    }
  }

  var sentence: String {
    switch self {
    case .manifest("rulebook"): "it was made with other rules"
    case .manifest(let member): "its \(member) is another"
    case .missing(let file): "it has no \(file)"
    case .unlisted(let file): "it has \(file) too"
    case .bytes(let file): "\(file) has other bytes"
    }
  }
}

extension Damage {
  /// `log/000000000000.kept: byte 48213, positions 65536 to 131071: checksum 8a9136aa, expected 62a8ab43`.
  var sentence: String {
    let place = positions.map { range in
      range.count == 1 ? ", position \(range.lowerBound)" : ", positions \(range.lowerBound) to \(range.upperBound - 1)"
    }
    let what =
      switch kind {
      case .missing: "missing"
      case .cut(let byteCount): "the file ends after \(byteCount) bytes, before what it must hold"
      case .checksum(let stored, let computed):
        "checksum 0x\(String(computed, radix: 16)), expected 0x\(String(stored, radix: 16))"
      case .malformed(let what): what
      case .misplaced(let what): "does not belong here: \(what)"
      case .root(let stored, let computed): "root \(computed.hex), expected \(stored.hex)"
      case .commitment(let field): "the vault's value of \(field) does not open the log's commitment"
      case .valueMissing(let field): "the vault has no value of \(field), and the customer was not forgotten"
      case .header(let what): "the block's header is not true of its events: \(what)"
      }
    return "\(file): byte \(offset)\(place ?? ""): \(what)"
  }
}
