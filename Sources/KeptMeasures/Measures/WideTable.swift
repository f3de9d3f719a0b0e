import KeptFormat
import KeptSnapshot

/// The measures of `measures` side by side: `months` of the firm, `channels`, `departments` and `agents` by month.
///
/// A ratio stands as `x, x_num, x_den`; why there is no value, `measures` says.
enum WideTable {
  static func schema(_ grain: MeasureGrain) -> TableSchema {
    TableSchema(
      name: grain == .firm ? "months" : grain.name + "s",
      meaning: grain == .firm ? "month" : "\(grain.name) × month in which anything of it counted",
      columns: keys(grain) + (grain == .firm ? [periodKind] : []) + measures(.standard, grain).flatMap(columns))
  }

  private static let periodKind = ColumnSpec(
    "period_kind", .string, isNullable: true,
    meaning: "the sorts of time declared for some of the month, sorted, set apart by commas; NULL: none",
    formula: "period.declared, until its end or the next one", seed: "S1.10b", direction: "NEI")

  /// Those that can be told of the grain.
  private static func measures(_ rules: Rulebook, _ grain: MeasureGrain) -> [MeasureSpec] {
    MeasureSpec.all(rules).filter { $0.grains.contains(grain) }
  }

  private static func keys(_ grain: MeasureGrain) -> [ColumnSpec] {
    let period = ColumnSpec("period", .date, meaning: "first local day of the month")
    return grain == .firm ? [period] : [ColumnSpec(grain.name, .string, meaning: "its name"), period]
  }

  private static func columns(_ measure: MeasureSpec) -> [ColumnSpec] {
    func part(_ suffix: String, _ part: MeasurePart?) -> [ColumnSpec] {
      guard let part else { return [] }
      return [
        ColumnSpec(
          measure.name + suffix, .decimal, isNullable: true, unit: part.unit,
          meaning: "of \(measure.name): \(part.meaning)", seed: measure.seed, direction: measure.direction)
      ]
    }
    return [measure.column] + part("_num", measure.num) + part("_den", measure.den)
  }

  /// An entity and a month.
  private struct Key: Hashable {
    var entity: String?
    var month: Int
  }

  static func make(_ grain: MeasureGrain, _ cells: MeasureCells) -> Table {
    let places = cells.measures.indices.filter { cells.measures[$0].grains.contains(grain) }
    let keys = keys(grain, cells, places)
    let rowOf = Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1, $0) })
    var names = StringColumnBuilder()
    var periods = ColumnBuilder<Int32>()
    for key in keys {
      if let name = key.entity { names.append(name) }
      periods.append(Int32(cells.dayTable.firstDay(.month, key.month)))
    }
    var columns = grain == .firm ? [periods.finish()] : [names.finish(), periods.finish()]
    if grain == .firm {
      var kinds = StringColumnBuilder()
      for key in keys {
        let found = (cells.periodKinds[key.month] ?? []).joined(separator: ", ")
        kinds.append(found.isEmpty ? nil : found)
      }
      columns.append(kinds.finish())
    }
    for place in places {
      var results: [MeasureResult?] = Array(repeating: nil, count: keys.count)
      for row in cells.rows(of: place, grain) {
        // Only a month in which nothing was counted has no row, see `MeasureRow.makesMonth`.
        if let place = rowOf[Key(entity: row.entity, month: row.month)] { results[place] = row.result }
      }
      var values = ColumnBuilder<Double>()
      var nums = ColumnBuilder<Int64>()
      var dens = ColumnBuilder<Int64>()
      for result in results {
        values.append(result?.value)
        nums.append(result?.num)
        dens.append(result?.den)
      }
      columns.append(values.finish())
      if cells.measures[place].num != nil { columns.append(nums.finish()) }
      if cells.measures[place].den != nil { columns.append(dens.finish()) }
    }
    return Table(schema: schema(grain), columns: columns)
  }

  /// By entity and month; the firm has every month.
  private static func keys(_ grain: MeasureGrain, _ cells: MeasureCells, _ places: [Int]) -> [Key] {
    if grain == .firm { return (cells.span.map(Array.init) ?? []).map { Key(entity: nil, month: $0) } }
    var keys: Set<Key> = []
    for place in places { for row in cells.rows(of: place, grain) { keys.insert(Key(entity: row.entity, month: row.month)) } }
    return keys.sorted { left, right in
      if left.entity != right.entity {
        return (left.entity ?? "").utf8.lexicographicallyPrecedes((right.entity ?? "").utf8)
      }
      return left.month < right.month
    }
  }
}
