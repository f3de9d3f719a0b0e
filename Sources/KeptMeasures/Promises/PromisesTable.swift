import KeptFormat
import KeptSnapshot

/// Every promise and what became of it. Metrics 3.11; followed through each life by `PromiseTracker`.
///
/// A promise made Monday, due Wednesday: kept Tuesday is `kept`, kept Thursday `late`, said to be broken or unsettled
/// on Thursday `broken`, unsettled on Tuesday `open`; unsettled on Thursday in a source that never settles any
/// `unknown`.
enum PromisesTable {
  static let schema = TableSchema(
    name: "promises", meaning: "a promise",
    columns: [
      ColumnSpec("promise", .string, meaning: "its promise_id, else the subject it was made on"),
      ColumnSpec("made_by", .string, meaning: "us or customer", seed: "S3.22"),
      ColumnSpec(
        "customer", .string, isNullable: true, meaning: "external id; NULL for promises to nobody in particular"),
      ColumnSpec(
        "department", .string, isNullable: true, meaning: "who made it", formula: "department of promise.made"),
      ColumnSpec(
        "made_at", .timestamp, isNullable: true, meaning: "when; NULL where only its settling was recorded",
        formula: "time of promise.made"),
      ColumnSpec(
        "due_at", .timestamp, isNullable: true,
        meaning: "the due that counts: the first, or the one the customer asked for",
        formula: "due of promise.made, or of the last promise.revised that the customer asked for"),
      ColumnSpec(
        "settled_at", .timestamp, isNullable: true, meaning: "the first event that settled it",
        formula: "time of the first promise.kept, promise.broken or fulfilment of the rulebook"),
      ColumnSpec(
        "state", .string,
        meaning: "open, kept, late, broken, withdrawn, or unknown: past due in a source that settles none",
        formula: "kept: settled_at ≤ due_at; late: settled_at > due_at; broken: said so, or unsettled past due",
        seed: "S3.22", direction: "WE"),
      ColumnSpec(
        "late_hours", .double, isNullable: true, unit: "hours",
        meaning: "how long after its due it was kept; 0 in time",
        formula: "max(0, settled_at − due_at)", seed: "S3.22", direction: "WE", highIsGood: false),
      ColumnSpec(
        "revisions", .int32, meaning: "how often it was revised or repeated before it was settled", seed: "S4.2",
        direction: "WE", highIsGood: false),
      ColumnSpec(
        "source", .string, isNullable: true, meaning: "the source that recorded it",
        formula: "source of its first event"),
    ])

  static func make(_ folds: [MeasureFold], names: EntityNames, run: MeasureRun, strings: StringDictionary) -> Table {
    let all = folds.map(\.promiseRows)
    let order = LifeOrder(all.map { $0.rows.map(\.customer) }, names)
    let count = all.reduce(0) { $0 + $1.rows.count }
    let settling = all.reduce(into: Set<UInt32>()) { $0.formUnion($1.settling) }
    let makers = StringDictionary(["customer", "us"])
    let states = StringDictionary(["broken", "kept", "late", "open", "unknown", "withdrawn"])

    var promise: [UInt32] = []
    promise.reserveCapacity(count)
    var maker = StringColumnBuilder(dictionary: makers, rowCount: count)
    var customers = StringColumnBuilder(dictionary: names.dictionary, rowCount: count)
    var department = StringColumnBuilder(dictionary: strings, rowCount: count)
    var state = StringColumnBuilder(dictionary: states, rowCount: count)
    var source = StringColumnBuilder(dictionary: strings, rowCount: count)
    var made = ColumnBuilder<Int64>(rowCount: count)
    var due = ColumnBuilder<Int64>(rowCount: count)
    var settled = ColumnBuilder<Int64>(rowCount: count)
    var late = ColumnBuilder<Double>(rowCount: count)
    var revisions = ColumnBuilder<Int32>(rowCount: count)
    var dictionary = StringDictionary()
    dictionary.reserveCapacity(strings: count, bytes: all.reduce(0) { $0 + $1.names.count })
    for place in order.places {
      let rows = all[place.fold]
      let customer = rows.rows[place.row].customer
      var index = place.row
      while index < rows.rows.count, rows.rows[index].customer == customer {
        let row = rows.rows[index]
        promise.append(rows.appendName(index, to: &dictionary))
        maker.append(code: row.maker == .customer ? 0 : 1)
        if customer == 0 { customers.appendNull() } else { customers.append(code: names.code(customer)) }
        append(row.department, &department)
        append(row.source, &source)
        append(row.madeAt, &made)
        append(row.due, &due)
        append(row.settledAt, &settled)
        state.append(code: Self.state(row, asOf: run.asOf, settles: settling.contains(row.source)).rawValue)
        let hasBoth = row.settlement == .kept && row.due != .absentInstant
        late.append(hasBoth ? Double(max(0, row.settledAt - row.due)) / 3_600_000_000 : nil)
        revisions.append(row.revisions)
        index += 1
      }
    }
    return Table(
      schema: schema,
      columns: [
        ColumnData(.string(StringColumn(dictionary: dictionary, codes: promise))), maker.finish(), customers.finish(),
        department.finish(), made.finish(), due.finish(), settled.finish(), state.finish(), late.finish(),
        revisions.finish(), source.finish(),
      ])
  }

  /// In the order of the dictionary.
  enum State: UInt32 { case broken, kept, late, open, unknown, withdrawn }

  static func state(_ row: PromiseRows.Row, asOf: Instant, settles: Bool) -> State {
    switch row.settlement {
    case .kept: return row.due == .absentInstant || row.settledAt <= row.due ? .kept : .late
    case .broken: return .broken
    case .withdrawn: return .withdrawn
    case .open:
      if row.due == .absentInstant || asOf <= row.due { return .open }
      return settles ? .broken : .unknown
    }
  }

  private static func append(_ code: UInt32, _ column: inout StringColumnBuilder) {
    if code == 0 { column.appendNull() } else { column.append(code: code) }
  }

  private static func append(_ instant: Instant, _ column: inout ColumnBuilder<Int64>) {
    column.append(instant == .absentInstant ? nil : instant)
  }
}

extension PromiseRows {
  /// Adds the name of a row to a dictionary and returns its code there.
  func appendName(_ row: Int, to dictionary: inout StringDictionary) -> UInt32 {
    let name = Int(rows[row].name)
    let start = name == 0 ? 0 : nameEnds[name - 1]
    return names.withUnsafeBytes {
      dictionary.append(UnsafeRawBufferPointer(rebasing: $0[start..<nameEnds[name]]))
    }
  }
}
