import KeptReplay

/// Where a thing belongs: by grain (`MeasureGrain.rawValue`) what its touches were the first to say, 0 where none did.
///
/// A code of the replay's words, or of `FactRows.placeNames` + 1 for grains told by their bytes. While a thing is
/// followed, the firm's place holds the account, which tells a business from a consumer where no party is said.
typealias FactPlace = SIMD8<UInt32>

/// Reads places off touches.
struct PlaceReader: Sendable {
  /// What a touch may say of where it belongs.
  static let fields: [DetailField] = [
    .text(.account), .text(.party), .dataText("region"), .text(.channel), .text(.department), .text(.agent),
    .dataText("offering"), .dataText("found_via"),
  ]

  /// By grain; the account stands at the firm's place.
  private let readers: [FactField]
  private let business: UInt32
  private let consumer: UInt32

  init(kinds: [String], plan: DetailPlan, code: (String) -> UInt32) {
    readers = Self.fields.map { FactField($0, kinds: kinds, plan: plan) }
    business = code("b2b")
    consumer = code("b2c")
  }

  /// Adds to a place what the touch is the first to say.
  func note(_ touch: Touch, _ place: inout FactPlace, _ names: inout KeyTable) {
    for grain in MeasureGrain.allCases where place[grain.rawValue] == 0 {
      let reader = readers[grain.rawValue]
      if grain.isNamed {
        if let text = reader.text(touch) { place[grain.rawValue] = UInt32(names.insert(tag: 0, text).key + 1) }
      } else {
        place[grain.rawValue] = reader.code(touch)
      }
    }
  }

  /// The place of a thing that is over: whoever has an account is a business unless it was said.
  func settled(_ place: FactPlace, customer: UInt32) -> FactPlace {
    var place = place
    if place[MeasureGrain.party.rawValue] == 0, customer != 0 {
      place[MeasureGrain.party.rawValue] = place[0] == 0 ? consumer : business
    }
    place[0] = 0
    return place
  }
}

/// The places of a family's rows, those of all workers one after another, so that names sort as numbers do.
struct PlaceBook {
  /// By grain: its entities, sorted by their bytes.
  private(set) var names: [[String]] = Array(repeating: [], count: MeasureGrain.allCases.count)
  /// By grain and place: the entity, −1 where none is told.
  private var entities: [[Int32]] = Array(repeating: [], count: MeasureGrain.allCases.count)
  /// By worker.
  private var firsts: [UInt32] = []

  init(_ all: [FactRows], words: [String]) {
    var count = 0
    for rows in all {
      firsts.append(UInt32(count))
      count += rows.places.count
    }
    for grain in MeasureGrain.allCases where grain != .firm {
      let told = all.flatMap { rows in rows.places.map { rows.name(grain, of: $0, words: words) } }
      let sorted = Set(told.compactMap(\.self)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      let numbers = Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($1, Int32($0)) })
      names[grain.rawValue] = sorted
      entities[grain.rawValue] = told.map { name in name.map { numbers[$0]! } ?? -1 }
    }
  }

  /// The first place of a worker.
  func first(of worker: Int) -> UInt32 { firsts[worker] }

  /// By place: the entity of a grain, −1 where none is told; nil for the firm, of which there is one.
  func entities(_ grain: MeasureGrain) -> [Int32]? { grain == .firm ? nil : entities[grain.rawValue] }
}

extension FactRows {
  /// What a place says of a grain; nil for the firm, and where nothing is said.
  func name(_ grain: MeasureGrain, of place: FactPlace, words: [String]) -> String? {
    let code = place[grain.rawValue]
    if grain == .firm || code == 0 { return nil }
    if grain.isNamed { return placeNames[Int(code) - 1] }
    return words[Int(code)]
  }
}
