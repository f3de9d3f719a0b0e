import KeptFormat
import KeptReplay
import KeptSnapshot

/// One life, measured as it is and as it would be without some of its touches: what is behind any cell of any table
/// that a life makes, whatever rule the cell comes from.
///
/// Cost: a fold of the life, and the tables of it, each time.
public struct LifeExplainer {
  public let life: RecordedLife
  private let run: MeasureRun
  private let unit: ReplayPlan.Entity
  private let context: ReplayContext
  private let names: EntityNames
  private let sourceEnds: [String: Instant]
  private let logStart: Instant

  /// - Parameters:
  ///   - run: with `sources`; its tables are those to be explained.
  ///   - unit: whose life it is.
  ///   - context: of the replay that recorded the life, its plan being the run's, with positions where touches are asked
  ///     for.
  ///   - names: of the unit's entities.
  ///   - sourceEnds: when each source last recorded a touch of anyone.
  ///   - logStart: when the first touch of anyone occurred.
  public init(
    _ life: RecordedLife, run: MeasureRun, unit: ReplayPlan.Entity = .customer, context: ReplayContext,
    names: EntityNames, sourceEnds: [String: Instant], logStart: Instant
  ) {
    self.life = life
    self.run = run
    self.unit = unit
    self.context = context
    self.names = names
    self.sourceEnds = sourceEnds
    self.logStart = logStart
  }

  /// The tables that the life makes.
  ///
  /// - Parameter leftOut: places of touches in `life.rows` that are taken as if they had not been.
  public func tables(leavingOut leftOut: Set<Int> = []) -> [Table] {
    let fold = run.makeFold(unit, context)
    life.fold(into: fold, leavingOut: leftOut)
    let isCustomer = unit == .customer
    return run.finish(
      customers: isCustomer ? [fold] : [], accounts: isCustomer ? [] : [fold], names: names, accountNames: names,
      words: isCustomer ? context.words : [], accountWords: isCustomer ? [] : context.words, sources: nil,
      sourceEnds: [unit: sourceEnds], logStart: logStart)
  }

  /// A touch without which a cell would say something else, or several of a kind that only together make a difference.
  public struct Cause<Reading> {
    /// nil: several.
    public let position: Int64?
    /// Of the first.
    public let time: Instant
    public let kind: String
    public let count: Int
    /// What the cell would say; nil: its row would not be there.
    public let without: Reading?
  }

  /// Every touch without which a cell would say something else, in order of time.
  ///
  /// Touches of a kind without all of which the cell stays the same are passed over.
  ///
  /// - Parameter cell: what the cell says in tables made like these; nil where its row is not there.
  public func causes<Reading: Equatable>(of cell: ([Table]) -> Reading?) -> [Cause<Reading>] {
    let value = cell(tables())
    let byKind = Dictionary(grouping: life.rows.indices) { TouchClass.kind(life.rows[$0].touchClass) }
    var found: [(places: [Int], without: Reading?)] = []
    for places in byKind.values {
      let without = cell(tables(leavingOut: Set(places)))
      if without == value { continue }
      let single = places.map { (places: [$0], without: places.count == 1 ? without : cell(tables(leavingOut: [$0]))) }
      let telling = single.filter { $0.without != value }
      found += telling.isEmpty ? [(places, without)] : telling
    }
    return found.sorted { $0.places[0] < $1.places[0] }.map { places, without in
      let row = life.rows[places[0]]
      let kind = TouchClass.kind(row.touchClass)
      let position = life.number(places[0], slot: context.slot(.position, ofKind: kind)!)
      return Cause(
        position: places.count == 1 ? position : nil, time: row.time, kind: context.kinds[kind], count: places.count,
        without: without)
    }
  }
}
