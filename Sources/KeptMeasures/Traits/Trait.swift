import KeptSnapshot

/// What the touches of a whole life say of its customer: columns of `customers` beside those of the index.
///
/// The traits of one theme are a `FactFamily` whose fold adds exactly one row a life, its columns in the order of the
/// family's, without one for the customer. A new theme stands in one file and in this list.
enum Trait {
  static let families: [FactFamily] = [
    CallTraits.family, CareTraits.family, NeedTraits.family, TalkTraits.family, ExchangeTraits.family, DepthTraits.family,
    FeelingTraits.family, FitTraits.family, PromiseTraits.family, SaleTraits.family, BurdenTraits.family,
    ServiceTraits.family, SplitTraits.family,
  ]

  static var columns: [ColumnSpec] { families.flatMap { $0.columns.map(\.spec) } }
}
