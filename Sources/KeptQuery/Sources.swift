import KeptFormat
import KeptSnapshot

/// What may stand behind FROM: the tables there are, and those that WITH names.
struct Sources {
  /// By name, without `.parquet`.
  let tables: any QueryTables
  private var named: [String: Relation] = [:]

  init(_ tables: any QueryTables) { self.tables = tables }

  /// Runs a SELECT within another.
  func run(_ select: SelectSyntax) throws -> Relation { try SelectRun(select: select, sources: self).relation() }

  /// With the names of WITH, each of which sees those before it.
  func adding(_ with: [NamedSelect]) throws -> Sources {
    var result = self
    for item in with { result.named[item.name.lowercased()] = try result.run(item.select) }
    return result
  }

  /// - Parameter filter: WHERE, whose equalities join tables that only a comma stands between.
  func relation(_ source: SourceSyntax, where filter: ExpressionSyntax?) throws -> Relation {
    switch source {
    case .table(let name, let alias, let place): return try table(name, alias, place)
    case .select(let select, let alias): return try run(select).qualified(by: alias)
    case .join(let left, let right, let kind, let condition, let place):
      let (first, second) = (try relation(left, where: filter), try relation(right, where: nil))
      return try Join(kind: kind, left: first, right: second, place: place, run: run).relation(condition, where: filter)
    }
  }

  private func table(_ typed: String, _ alias: String?, _ place: Place) throws -> Relation {
    var name = typed.hasPrefix("./") ? String(typed.dropFirst(2)) : typed
    if name.hasSuffix(".parquet") { name = String(name.dropLast(".parquet".count)) }
    if let known = named[name.lowercased()] { return known.qualified(by: alias ?? name) }
    if let table = try tables.table(named: name.lowercased()) { return Relation(table, qualifier: alias ?? name.lowercased()) }
    let names = tables.names + Array(named.keys).sorted()
    throw QueryError(
      "there is no table \(typed)", at: place,
      next: nearest(to: name.lowercased(), among: names).map { "did you mean \($0)?" }
        ?? "there are \(names.joined(separator: ", ")).")
  }
}

/// The tables that a question may name.
package protocol QueryTables {
  var names: [String] { get }
  /// nil: there is none of that name.
  func table(named name: String) throws -> LazyTable?
}
