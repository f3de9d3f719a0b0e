import Glibc
import KeptFormat
import KeptLog
import KeptMeasures
import KeptReplay
import KeptSnapshot

/// The causes that exist between two snapshots, and what is to be said of each.
struct CausesFound {
  private(set) var all: Set<Cause> = []
  private(set) var notes: [Cause: String] = [:]
  /// nil where the ledger is not known.
  private(set) var events: CauseEvents?
  /// Causes that one step adds together.
  private static let groups: [[Cause]] = [[.erasures, .version], [.late, .imports], [.corrections], [.rules], [.new, .asOf]]

  /// Those that the manifests tell by themselves.
  init(_ old: Manifest, _ new: Manifest) {
    func add(_ cause: Cause, _ note: String) {
      all.insert(cause)
      notes[cause] = note
    }
    if old.versions != new.versions { add(.version, "\(Self.text(old.versions)) → \(Self.text(new.versions))") }
    if old.rulebook != new.rulebook {
      add(.rules, "rulebook \(old.rulebook.hex.prefix(12)) → \(new.rulebook.hex.prefix(12))")
    } else if old.zone != new.zone {
      add(.rules, "the zone's rules \(old.zone.hex.prefix(12)) → \(new.zone.hex.prefix(12))")
    }
    if old.asOf != new.asOf { add(.asOf, "\(RFC3339.string(old.asOf)) → \(RFC3339.string(new.asOf))") }
  }

  private static func text(_ versions: [String: String]) -> String {
    versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
  }

  mutating func add(_ events: CauseEvents) {
    self.events = events
    all.formUnion(events.counts.keys)
    defer { noteTogether() }
    guard all.contains(.new), let moved = notes.removeValue(forKey: .asOf) else { return }
    all.remove(.asOf)
    notes[.new] = "as-of " + moved
  }

  private mutating func noteTogether() {
    for group in Self.groups.map({ $0.filter(all.contains) }) {
      for cause in group.dropFirst() {
        let note = "its cells are counted with \(group[0].rawValue)"
        notes[cause] = notes[cause].map { $0 + "; " + note } ?? note
      }
    }
  }

  /// What each cause changed. Where there is one only, all of it; where there are several and they cannot be told apart,
  /// nothing, and a message says why.
  func shares(
    _ old: OpenedSnapshot, _ new: OpenedSnapshot, _ ledger: LedgerReader?, _ differences: inout SnapshotDifferences,
    limit: Int, _ arguments: Arguments, _ context: Context
  ) throws -> [Cause: TableComparison.Counts] {
    let groups = Self.groups.map { $0.filter(all.contains) }.filter { !$0.isEmpty }
    if groups.count == 1 {
      var total = TableComparison.Counts()
      for row in differences.rows { total += row.counts }
      for index in differences.samples.indices { differences.samples[index].cause = groups[0][0] }
      return [groups[0][0]: total]
    }
    guard groups.count > 1, let ledger else { return [:] }
    let rules: (RulesInForce, RulesInForce)
    do {
      rules = try self.rules(old, new, ledger, arguments)
    } catch let refusal as Refusal {
      context.console.complain("kept: which cause changed which cells is not told: \(refusal.reason)\nNext: \(refusal.next)")
      return [:]
    }
    let steps = try CauseSteps(old, new, ledger, causes: all, rules: rules)
    let jobs = try arguments.integer("jobs", atLeast: 1) ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let changes = try steps.run(
      differences.compared, limit: limit, jobs: jobs,
      memoryByteCount: try arguments.byteCount("memory") ?? Replay.memoryByteCountDefault, context.progress)
    differences.samples = changes.flatMap(\.samples)
    return Dictionary(uniqueKeysWithValues: changes.map { ($0.cause, $0.counts) })
  }

  /// Why tables cannot be derived again.
  private struct Refusal: Error {
    var reason: String
    var next: String
  }

  private func rules(
    _ old: OpenedSnapshot, _ new: OpenedSnapshot, _ ledger: LedgerReader, _ arguments: Arguments
  ) throws -> (RulesInForce, RulesInForce) {
    guard new.manifest.versions["kept"] == Version.text else {
      let maker = new.manifest.versions["kept"] ?? "of another version"
      throw Refusal(
        reason: "\(new.folder) was made by kept \(maker); this is kept \(Version.text)", next: "use kept \(maker).")
    }
    let zone = SHA256.hash(ledger.zoneBytes)
    for snapshot in [old, new] where snapshot.manifest.zone != zone {
      throw Refusal(
        reason: "\(snapshot.folder) was made with other rules of the zone", next: "compare snapshots made with the same.")
    }
    let named = try arguments.all("rulebook").map {
      RulesInForce(rulebook: try RulebookCommand.readRulebook($0), origin: .file($0))
    }
    func find(_ snapshot: OpenedSnapshot) throws -> RulesInForce {
      let manifest = snapshot.manifest
      let rules = try named.first { $0.rulebook.digest == manifest.rulebook }
        ?? ledger.rules(digest: manifest.rulebook, inForceAt: manifest.position)
      guard let rules else {
        throw Refusal(
          reason: "the rules \(snapshot.folder) was made with are not at hand, digest \(manifest.rulebook.hex)",
          next: "give them with --rulebook FILE.")
      }
      return rules
    }
    return (try find(old), try find(new))
  }
}
