/// What a schema says beyond names and types, as the key-value metadata of a file: `table`, `meaning`, and for a column
/// `revenue` the keys `revenue.unit`, `revenue.meaning`, `revenue.formula`, `revenue.seed`, `revenue.direction` and
/// `revenue.high_is_good`. What is empty is left out.
enum TableNotes {
  static func encode(_ schema: TableSchema) -> [(key: String, value: String)] {
    var notes = [(key: "table", value: schema.name), (key: "meaning", value: schema.meaning)]
    for column in schema.columns {
      notes.append(("\(column.name).unit", column.unit))
      notes.append(("\(column.name).meaning", column.meaning))
      notes.append(("\(column.name).formula", column.formula))
      notes.append(("\(column.name).seed", column.seed))
      notes.append(("\(column.name).direction", column.direction))
      notes.append(("\(column.name).high_is_good", column.highIsGood.map { $0 ? "true" : "false" } ?? ""))
    }
    return notes.filter { !$0.value.isEmpty }
  }

  /// - Parameter columns: name, type and nullability; the rest is filled in.
  static func decode(_ notes: [String: String], columns: [ColumnSpec]) -> TableSchema {
    let described = columns.map { column in
      var column = column
      column.unit = notes["\(column.name).unit"] ?? ""
      column.meaning = notes["\(column.name).meaning"] ?? ""
      column.formula = notes["\(column.name).formula"] ?? ""
      column.seed = notes["\(column.name).seed"] ?? ""
      column.direction = notes["\(column.name).direction"] ?? ""
      column.highIsGood = notes["\(column.name).high_is_good"].map { $0 == "true" }
      return column
    }
    return TableSchema(name: notes["table"] ?? "", meaning: notes["meaning"] ?? "", columns: described)
  }
}
