import KeptFormat
import KeptSnapshot

/// One page about how an organisation treats its customers, made from a snapshot: a self-contained HTML file without
/// script, the same bytes for the same snapshot.
public struct Report {
  /// In the order in which they stand on the page.
  static let figures: [any (Figure & SendableMetatype).Type] = [
    CallFirstFigure.self, LifecycleFigure.self, LeavingFigure.self, RetentionFigure.self, SurvivalFigure.self,
    QuadrantFigure.self, WordOfMouthFigure.self, PromisesFigure.self, SignalsFigure.self, ReplyFigure.self,
    ChannelsFigure.self, KeepingFigure.self, ClaimsFigure.self,
  ]

  /// The columns that the page is made from, by table: nothing else of a snapshot need be read.
  public static let needs: [String: Set<String>] = {
    var needs: [String: Set<String>] = [
      "dictionary": ["table_name", "column_name", "unit", "meaning", "formula", "seed", "reason"],
      "sources": ["source", "day", "events"],
    ]
    for figure in figures {
      for (table, columns) in figure.subject.needs { needs[table, default: []].formUnion(columns) }
    }
    return needs
  }()

  private let manifest: Manifest
  private let tables: ReportTables
  private let shown: [(subject: FigureSubject, figure: (any Figure)?)]

  /// - Parameters:
  ///   - tables: those of `needs` that the snapshot has, with at least these columns.
  ///   - ledger: the name of the ledger's folder, for the commands that open a number.
  public init(_ manifest: Manifest, tables: [Table], ledger: String) {
    self.manifest = manifest
    let tables = ReportTables(origin: Origin(manifest: manifest, ledger: ledger), tables)
    self.tables = tables
    shown = Self.figures.map { ($0.subject, $0.init(tables)) }
  }

  public func html() -> [UInt8] {
    var page = Markup()
    page.raw("<!DOCTYPE html>\n")
    page.element("html", ["xmlns": "http://www.w3.org/1999/xhtml", "lang": "en"]) { page in
      page.element("head") { page in
        page.empty("meta", ["charset": "utf-8"])
        page.empty("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
        page.empty("meta", ["name": "color-scheme", "content": "light dark"])
        page.element("title", "\(tables.origin.ledger), \(tables.origin.asOf): how we and our customers treat each other")
        page.element("style") { $0.raw(Style.sheet) }
      }
      page.raw("\n")
      page.element("body") { page in
        page.raw(Style.patterns)
        head(into: &page)
        page.element("main") { page in
          for part in Layout.parts(shown) { draw(part, into: &page) }
        }
        foot(into: &page)
      }
    }
    page.raw("\n")
    return Array(page.text.utf8)
  }

  private func head(into page: inout Markup) {
    page.element("header") { page in
      page.element("p", ["class": "kicker"], "\(tables.origin.ledger), as of \(tables.origin.asOf)")
      page.element("h1", "How we and our customers treat each other")
      page.element(
        "p", ["class": "lead"],
        "Replayed from \(Numbers.count(Int(clamping: manifest.position), "event")). \(silence)")
      page.element("nav", ["aria-label": "On this page"]) { page in
        for (subject, figure) in shown {
          page.element("a", ["href": "#\(subject.id)", "class": figure == nil ? "absent" : ""], subject.name)
        }
      }
    }
    page.raw("\n")
  }

  /// Which sources said nothing for a week before as-of: what looks like silence of customers may be theirs.
  private var silence: String {
    let table = tables["sources"]
    guard table.rowCount > 0 else { return "" }
    let today = tables.origin.today.dayNumber
    var silent: [String] = []
    for (source, rows) in table.grouped(by: "source") {
      let days = rows.filter { table["events"].count($0) > 0 }.compactMap { table["day"].day($0)?.dayNumber }
      guard let last = days.max(), today - last >= 7 else { continue }
      silent.append("\(Numbers.short(source, 40)) since \(Numbers.day(CivilDate(dayNumber: last)))")
    }
    guard !silent.isEmpty else { return "Every source was heard of within the last week." }
    let more = silent.count > 12 ? " and \(Numbers.whole(silent.count - 12)) more" : ""
    return "Silent for a week or more, so that less is known: \(silent.prefix(12).joined(separator: ", "))\(more)."
  }

  private func draw(_ part: Layout.Part, into page: inout Markup) {
    switch part {
    case .wide(let place): section(place, into: &page)
    case .columns(let columns):
      page.element("div", ["class": "columns"]) { page in
        for places in columns {
          page.element("div", ["class": "column"]) { page in for place in places { section(place, into: &page) } }
        }
      }
    case .absent(let places):
      page.element("div", ["class": "absentees"]) { page in for place in places { section(place, into: &page) } }
    }
  }

  private func section(_ place: Int, into page: inout Markup) {
    let (subject, figure) = shown[place]
    // On a narrow page, where the columns become one, they stand in the order of `figures`.
    let style = "--place: \(place)"
    page.element("section", ["id": subject.id, "class": subject.shape.rawValue, "style": style]) { page in
      page.element("p", ["class": "kicker"], subject.name)
      page.element("h2", figure?.title ?? "No such events yet")
      if let figure {
        page.element("figure") { page in
          figure.draw(into: &page)
          page.element("figcaption") { page in
            page.element("span", ["class": "count"], figure.count)
            page.write(". " + figure.legend)
          }
        }
      }
      page.element("details") { page in
        page.element("summary", figure == nil ? "What would be shown" : "What it means, and where it comes from")
        definitions(of: subject, into: &page)
        for command in figure?.commands ?? [] {
          page.element("pre") { $0.element("code", command) }
        }
      }
    }
    page.raw("\n")
  }

  private func definitions(of subject: FigureSubject, into page: inout Markup) {
    page.element("dl") { page in
      for (table, column) in subject.defines {
        guard let definition = tables.definition(of: column, in: table) else { continue }
        page.element("dt") { page in
          page.element("code", "\(table).\(column)")
          if let seed = definition.seed { page.element("small", " \(seed)") }
        }
        page.element("dd") { page in
          page.write(definition.meaning)
          if let unit = definition.unit { page.write(" (\(unit))") }
          if let formula = definition.formula {
            page.write(": ")
            page.element("span", ["class": "formula"], formula)
          }
          if let reason = definition.reason { page.write("; here unknown: \(reason)") }
        }
      }
    }
  }

  private func foot(into page: inout Markup) {
    page.element("footer") { page in
      page.element("h2", "Where this comes from")
      page.element("dl", ["class": "origin"]) { page in
        for (name, value) in [
          ("events", Numbers.whole(Int(clamping: manifest.position))), ("as of", RFC3339.string(manifest.asOf)),
          ("root", manifest.root.base64), ("rulebook", "\(manifest.rulebook.hex) (\(rules))"), ("zone", manifest.zone.hex),
        ] {
          page.element("dt", name)
          page.element("dd") { $0.element("code", value) }
        }
      }
      page.element(
        "p", ["class": "screen"],
        "The commands below each figure run in the folder that holds the ledger and say what this page says, from the same "
          + "events by the same rules.")
    }
  }

  private var rules: String {
    switch manifest.rulebookOrigin {
    case .builtIn(let version): "built into version \(version)"
    case .adopted(let position): "adopted by event \(Numbers.whole(Int(clamping: position)))"
    case .file(let path): "tried from \(path)"
    case nil: "not recorded where from"
    }
  }
}
