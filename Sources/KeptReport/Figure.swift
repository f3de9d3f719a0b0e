/// One thing that the report shows: a sentence that says what is seen, a picture or a short table of it, how many it is
/// drawn from, what the numbers mean, and the commands that open them.
protocol Figure: Sendable {
  static var subject: FigureSubject { get }

  /// nil: there are no such events yet.
  init?(_ tables: ReportTables)

  /// A sentence with the numbers in it.
  var title: String { get }
  /// What was counted: "n = 118 customers".
  var count: String { get }
  /// How to read it: marks and their meaning, and what is not over yet.
  var legend: String { get }
  /// Each opens one of the numbers shown.
  var commands: [String] { get }
  /// Of its pictures, as drawn 480 wide; 0 of a table.
  var height: Double { get }
  func draw(into page: inout Markup)
}

/// What a figure is about, whether or not there is anything to show.
struct FigureSubject: Sendable {
  /// Unique within the page.
  let id: String
  /// A few words for the table of contents.
  let name: String
  /// The columns it reads, by table.
  let needs: KeyValuePairs<String, [String]>
  /// Those whose definitions are shown.
  let defines: [(table: String, column: String)]
  var shape = Shape.card

  /// How much of the page it takes where there are two columns: one of them, or both.
  enum Shape: String { case card, wide }
}

extension Figure {
  var height: Double { 0 }
}
