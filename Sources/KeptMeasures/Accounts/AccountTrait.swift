import KeptSnapshot

/// What the touches of a whole life say of an account alone: columns of `accounts` beside those of `Trait`.
///
/// Like traits, the columns of one theme are a `FactFamily` whose fold adds exactly one row a life. A new theme stands in
/// one file and in this list.
enum AccountTrait {
  static let families: [FactFamily] = [
    EndingTraits.family, MarginTraits.family, SameOldTraits.family, EffortTraits.family, WordTraits.family,
    NormTraits.family,
  ]

  static var columns: [ColumnSpec] { families.flatMap { $0.columns.map(\.spec) } }
}
