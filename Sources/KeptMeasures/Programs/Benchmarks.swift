import KeptFormat
import KeptSnapshot

/// What others achieve, as the rulebook's `benchmarks` say; no figure is Kept's own.
struct Benchmark: Sendable {
  /// A measure of ours; what no measure is called is shown for its names only.
  var metric: String
  /// In the measure's unit: what peers of the same industry achieve, and the best of any.
  var peer: Double?
  var best: Double?
  /// Whose figure the best is.
  var holder: String?
  var source: String
}

extension Benchmark {
  init(_ reader: RulebookReader) throws(RulebookError) {
    let parts = try reader.record("metric", "peer?", "best?", "holder?", "source")
    metric = try parts["metric"]!.text()
    peer = try parts["peer"]?.real()
    best = try parts["best"]?.real()
    holder = try parts["holder"]?.text()
    source = try parts["source"]!.text()
  }
}

/// How far we are from the best of any industry; peers are shown, but never the verdict. Metrics S1.11, S3.11.
///
/// Example: a credit takes us 6.2 days, peers 5, the best 1: gap_best 5.2.
enum BenchmarksTable {
  private static let ofMetric = "as the measure"

  static let schema = TableSchema(
    name: "benchmarks", meaning: "a benchmark of the rulebook",
    columns: [
      ColumnSpec("metric", .string, meaning: "the measure", seed: "S1.11"),
      ColumnSpec("holder", .string, isNullable: true, meaning: "whose figure the best is", seed: "S3.11"),
      ColumnSpec(
        "period", .date, isNullable: true, meaning: "first local day of the last month in which ours has a value",
        formula: "last month whose value is not NULL"),
      ColumnSpec(
        "ours", .double, isNullable: true, unit: ofMetric, meaning: "our measure in that month", seed: "S1.11",
        direction: "WE"),
      ColumnSpec("peer", .double, isNullable: true, unit: ofMetric, meaning: "what peers achieve", seed: "S1.11"),
      ColumnSpec("best", .double, isNullable: true, unit: ofMetric, meaning: "the best of any industry", seed: "S1.11"),
      ColumnSpec(
        "gap_peer", .double, isNullable: true, unit: ofMetric, meaning: "how much worse ours is than peers",
        formula: "ours − peer, turned round where high is good", seed: "S1.11", direction: "WE", highIsGood: false),
      ColumnSpec(
        "gap_best", .double, isNullable: true, unit: ofMetric, meaning: "how much worse ours is than the best",
        formula: "ours − best, turned round where high is good", seed: "S1.11", direction: "WE", highIsGood: false),
      ColumnSpec("source", .string, meaning: "where the figures are from", seed: "S3.11"),
      ColumnSpec(
        "reason", .string, isNullable: true, meaning: "why there is no gap",
        formula: "what ours, or the rulebook, lacks"),
    ])

  static func make(_ benchmarks: [Benchmark], _ cells: MeasureCells) -> Table {
    var metrics = StringColumnBuilder()
    var holders = StringColumnBuilder()
    var periods = ColumnBuilder<Int32>()
    var reals = (0..<5).map { _ in ColumnBuilder<Double>() }
    var sources = StringColumnBuilder()
    var reasons = StringColumnBuilder()
    for benchmark in sorted(benchmarks) {
      let place = cells.measures.firstIndex { $0.name == benchmark.metric }
      let row = place.flatMap { cells.rows(of: $0, .firm).last { $0.result.value != nil } }
      let ours = row?.result.value
      let sign = place.flatMap { cells.measures[$0].highIsGood } ?? false ? -1.0 : 1
      func gap(_ theirs: Double?) -> Double? { ours.flatMap { ours in theirs.map { sign * (ours - $0) } } }
      metrics.append(benchmark.metric)
      holders.append(benchmark.holder)
      periods.append(row.map { Int32(cells.dayTable.firstDay(.month, $0.month)) })
      for (column, real) in [ours, benchmark.peer, benchmark.best, gap(benchmark.peer), gap(benchmark.best)].enumerated() {
        reals[column].append(real)
      }
      sources.append(benchmark.source)
      reasons.append(reason(benchmark, place, ours, cells))
    }
    return Table(
      schema: schema,
      columns: [metrics.finish(), holders.finish(), periods.finish()] + reals.map { $0.finish() }
        + [sources.finish(), reasons.finish()])
  }

  private static func reason(_ benchmark: Benchmark, _ place: Int?, _ ours: Double?, _ cells: MeasureCells) -> String? {
    guard let place else { return "no measure is called \(benchmark.metric)" }
    if ours == nil { return cells.missing(place) ?? "no month has a value" }
    return benchmark.best == nil ? "no figure given" : nil
  }

  private static func sorted(_ benchmarks: [Benchmark]) -> [Benchmark] {
    benchmarks.sorted { left, right in
      let (a, b) = ([left.metric, left.holder ?? "", left.source], [right.metric, right.holder ?? "", right.source])
      for (one, other) in zip(a, b) where one != other { return one.utf8.lexicographicallyPrecedes(other.utf8) }
      return false
    }
  }
}
