import KeptSnapshot

/// A measure of `measures` that is no sum over touches: computed from lives or models when they are over.
struct DerivedMeasure: Sendable {
  struct Row {
    var measure: DerivedMeasure
    var grain: MeasureGrain
    /// nil for the firm.
    var entity: String?
    /// 12 · year + month; nil: of no month.
    var month: Int?
    var result: MeasureCells.Result
  }

  let spec: ColumnSpec
  var name: String { spec.name }

  init(
    _ name: String, _ seed: String, _ meaning: String, formula: String, _ direction: String, high: Bool?,
    unit: String = ""
  ) {
    spec = ColumnSpec(
      name, .double, isNullable: true, unit: unit, meaning: meaning, formula: formula, seed: seed,
      direction: direction, highIsGood: high)
  }

  /// Every one there is.
  static let all: [DerivedMeasure] = LeavingMeasures.all

  /// As the dictionary lists them, under the table that shows them.
  static var schema: TableSchema {
    TableSchema(name: MeasuresTable.schema.name, meaning: MeasuresTable.schema.meaning, columns: all.map(\.spec))
  }
}
