import KeptFormat
import Synchronization

/// What every worker of one replay shares: the kinds as codes, the plan by kind, the corrections, the words met.
public final class ReplayContext: Sendable {
  public let plan: ReplayPlan
  public let selection: Selection
  public let corrections: Corrections
  /// The kinds of the log's known-at prefix, sorted; a kind's code is its index.
  public let kinds: [String]
  let kindCodes: [String: Int]
  /// Kinds that are no touches in this replay: the ledger's own, and those not selected.
  let isLeftOut: [Bool]
  /// Words of detail a touch of each kind carries, by kind code.
  let slotCounts: [Int]
  let fields: [PlannedField]
  /// The accounts by number, where accounts' lives are replayed; number 0 is none.
  let accounts: Strings
  /// Partitions are runs of `1 << partitionShift` entities.
  let partitionShift: UInt32
  let rowLayout: RowLayout
  private let strings = Mutex(Strings())

  /// A field some kind asked for, with its slot in each kind's detail, by kind code; -1 where a kind has none.
  struct PlannedField: Sendable {
    let field: DetailField
    let slots: [Int]
  }

  init(
    plan: ReplayPlan, selection: Selection, corrections: Corrections, kinds: [String], accounts: Strings,
    partitionShift: UInt32
  ) {
    self.plan = plan
    self.selection = selection
    self.corrections = corrections
    self.kinds = kinds
    self.accounts = accounts
    self.partitionShift = partitionShift
    rowLayout = RowLayout(kindCount: kinds.count, partitionShift: partitionShift)
    kindCodes = Dictionary(uniqueKeysWithValues: kinds.enumerated().map { ($1, $0) })
    isLeftOut = kinds.map { kind in
      LedgerKind.all.contains(kind) || !(selection.kinds?.contains(kind) ?? true)
    }
    let details = kinds.map { plan.details[$0] ?? plan.detailsOfOthers }
    slotCounts = details.map(\.count)
    fields = Set(details.joined()).map { field in
      PlannedField(field: field, slots: details.map { $0.firstIndex(of: field) ?? -1 })
    }
  }

  /// The replay's codes of a block's kinds, in the block's order.
  func codes(of header: BlockHeader) -> [Int] { header.kinds.map { kindCodes[$0.kind]! } }

  /// The account behind `LifeFold.begin`'s entity, in a replay of accounts' lives.
  public func account(_ number: UInt32) -> String { accounts[number] }

  /// The accounts in order of their numbers, from 1.
  public var accountNames: [String] { Array(accounts.words.dropFirst()) }

  /// The word behind a code of `Touches.code`.
  public func word(_ code: UInt32) -> String { strings.withLock { $0[code] } }

  /// The code of a word, met or not: for folds that compare with a constant.
  public func code(of word: String) -> UInt32 { strings.withLock { $0.intern(word) } }

  /// All words met so far, by code.
  public var words: [String] { strings.withLock { $0.words } }
}
