import KeptFormat
import KeptSnapshot

/// What is known of each B2B account at the as-of instant: the same as of a customer, of all touches that carry the
/// account, whichever customer they name and also where they name none. Its indices add up the points of those touches,
/// never the indices of its people.
enum AccountsTable {
  static let schema = TableSchema(
    name: "accounts", meaning: "a B2B account",
    columns: [
      ColumnSpec("account", .string, meaning: "as its events name it"),
      ColumnSpec(
        "people", .int64, meaning: "customers that its touches name", formula: "|{customers of its touches}|"),
    ] + LifeColumns.specs + Trait.columns + AccountTrait.columns + [
      ColumnSpec(
        "ours_only_quarters", .int32, unit: "quarters",
        meaning: "how many quarters, one after the other up to the last that is over, ended with love that only we give",
        formula: "ends of quarters with quadrant unrequited_ours", seed: "S2.13", direction: "BOTH", highIsGood: false),
      ColumnSpec(
        "consider_leaving", .boolean, meaning: "whether to consider leaving them: they cannot or will not love us",
        formula: "ours_only_quarters ≥ accounts.leave_quarters", seed: "S2.13", direction: "BOTH", highIsGood: false),
      ColumnSpec(
        "is_repeat", .boolean, meaning: "whether they came back to buy", formula: "orders ≥ 2", seed: "S2.18",
        direction: "NEI"),
      ColumnSpec(
        "repeat_but_wrong", .boolean, isNullable: true,
        meaning: "whether they buy again and are still the wrong ones for us; NULL where the quadrant is unknown",
        formula: "is_repeat, and quadrant is not mutual or fit < accounts.misfit", seed: "S2.18", direction: "NEI"),
    ])

  /// - Parameters:
  ///   - names: of the accounts.
  ///   - sourceEnds: by word code, how long each source is known to have recorded touches of accounts.
  static func make(
    _ folds: [MeasureFold], names: EntityNames, run: MeasureRun, strings: StringDictionary, sourceEnds: [Instant],
    outlook: CustomerOutlook
  ) -> Table {
    let lives = LifeColumns(folds, names: names)
    var people = ColumnBuilder<Int64>(rowCount: lives.count)
    lives.each { row, _, _ in people.append(row.people) }
    let families = Trait.families + AccountTrait.families
    let traits = lives.columns(
      of: families, run: run, strings: strings, sourceEnds: sourceEnds, isPartial: outlook.isPartial)
    let fit = families.flatMap(\.columns).firstIndex { $0.spec.name == "fit" }!
    return Table(
      schema: schema,
      columns: [lives.nameColumn(), people.finish()]
        + lives.columns(run: run, strings: strings, sourceEnds: sourceEnds, outlook: outlook)
        + traits + judgements(lives, fit: traits[fit], run))
  }

  /// What the index, the orders and the fit say together.
  private static func judgements(_ lives: LifeColumns, fit: ColumnData, _ run: MeasureRun) -> [ColumnData] {
    let rules = run.rulebook.accounts
    let affinity = Affinity(rules: run.rulebook.index)
    guard case .double(let fits) = fit.values else { preconditionFailure("fit is no number") }
    var quarters = ColumnBuilder<Int32>(rowCount: lives.count)
    var leaving = ColumnBuilder<Bool>(rowCount: lives.count)
    var repeats = ColumnBuilder<Bool>(rowCount: lives.count)
    var wrong = ColumnBuilder<Bool>(rowCount: lives.count)
    var shown = 0
    lives.each { row, fold, place in
      let isMisfit = !fit.isNull(shown) && fits[shown] < rules.misfit
      shown += 1
      let count = fold.customers!.oursOnly[place]
      quarters.append(count)
      leaving.append(count >= rules.leaveQuarters)
      let quadrant = affinity.standing(done: row.sums(.weDone), felt: row.sums(.weFelt), they: row.sums(.they)).quadrant
      let isRepeat = row.orders >= 2
      repeats.append(isRepeat)
      if !isRepeat {
        wrong.append(false)
      } else if isMisfit {
        wrong.append(true)
      } else {
        wrong.append(quadrant == .unknown ? nil : quadrant != .mutual)
      }
    }
    return [quarters.finish(), leaving.finish(), repeats.finish(), wrong.finish()]
  }
}
