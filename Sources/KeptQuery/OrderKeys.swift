import KeptSnapshot

/// Values as unsigned numbers that compare as the values do; what stands at a NULL row means nothing.
///
/// Texts compare by their bytes, NaN equals itself and is the greatest double, −0 equals 0.
enum OrderKeys {
  /// Of vectors of one type, comparable with each other.
  ///
  /// - Parameter isOrdered: false: only equality is asked for, which is cheaper for texts.
  static func keys(of vectors: [Vector], isOrdered: Bool = true) -> [[UInt64]] {
    guard vectors.contains(where: { $0.type == .string }) else { return vectors.map { keys(of: $0) } }
    var codes = CommonCodes()
    let coded = vectors.map { codes.codes(of: $0.strings) }
    guard isOrdered else { return coded.map { $0.map { UInt64($0) } } }
    let ranks = ranks(of: codes.strings)
    return coded.map { $0.map { $0 == StringColumn.nullCode ? 0 : ranks[Int($0)] } }
  }

  private static func keys(of vector: Vector) -> [UInt64] {
    switch vector.values {
    case .integers(let values): values.map { UInt64(bitPattern: $0) ^ (1 << 63) }
    case .booleans(let values): values.map { $0 ? 1 : 0 }
    case .doubles(let values): values.map(key)
    case .strings: preconditionFailure("texts were numbered before")
    }
  }

  static func key(_ value: Double) -> UInt64 {
    if value.isNaN { return .max }
    let bits = (value == 0 ? 0 : value).bitPattern
    return bits >> 63 == 1 ? ~bits : bits | (1 << 63)
  }

  /// The place of each string among all, sorted.
  private static func ranks(of strings: StringDictionary) -> [UInt64] {
    let offsets = strings.offsets
    let order = strings.bytes.withUnsafeBytes { bytes in
      (0..<strings.count).sorted { left, right in
        bytes[offsets[left]..<offsets[left + 1]].lexicographicallyPrecedes(bytes[offsets[right]..<offsets[right + 1]])
      }
    }
    var ranks = [UInt64](repeating: 0, count: strings.count)
    for (rank, code) in order.enumerated() { ranks[code] = UInt64(rank) }
    return ranks
  }
}

/// Rows of equal keys as groups, numbered as they first appear. NULL is a value of its own here.
struct Grouping {
  /// The group of each row.
  private(set) var groups: [Int]
  /// The first row of each group.
  private(set) var firstRows: [Int] = []

  var count: Int { firstRows.count }

  /// - Parameter rowCount: all rows are one group where there are no keys, even if there are none.
  init(_ keys: [Vector], rowCount: Int) {
    groups = [Int](repeating: 0, count: rowCount)
    var groupCount = 1
    for key in keys {
      let (codes, codeCount) = Self.codes(key)
      groupCount = combine(codes, codeCount, groupCount)
    }
    firstRows = [Int](repeating: -1, count: rowCount == 0 ? 0 : groupCount)
    for row in groups.indices where firstRows[groups[row]] < 0 { firstRows[groups[row]] = row }
    if keys.isEmpty, rowCount == 0 { firstRows = [-1] }
  }

  /// Splits the groups by a further key; returns how many there are now.
  private mutating func combine(_ codes: [Int], _ codeCount: Int, _ groupCount: Int) -> Int {
    var next = 0
    let (pairCount, isTooLarge) = groupCount.multipliedReportingOverflow(by: codeCount)
    if !isTooLarge, pairCount <= 4 * groups.count + 1024 {
      var known = [Int](repeating: -1, count: pairCount)
      for row in groups.indices {
        let pair = groups[row] * codeCount + codes[row]
        if known[pair] < 0 {
          known[pair] = next
          next += 1
        }
        groups[row] = known[pair]
      }
    } else {
      var known: [SIMD2<Int>: Int] = [:]
      for row in groups.indices {
        let pair = SIMD2(groups[row], codes[row])
        if let group = known[pair] {
          groups[row] = group
        } else {
          known[pair] = next
          groups[row] = next
          next += 1
        }
      }
    }
    return next
  }

  /// A small number for each row, equal for equal values; 0 is NULL.
  private static func codes(_ vector: Vector) -> (codes: [Int], count: Int) {
    let keys = OrderKeys.keys(of: [vector], isOrdered: false)[0]
    let isPresent = vector.isPresent
    var codes = [Int](repeating: 0, count: keys.count)
    let present = keys.indices.lazy.filter { isPresent?[$0] ?? true }
    guard let least = present.map({ keys[$0] }).min(), let greatest = present.map({ keys[$0] }).max() else {
      return (codes, 1)
    }
    if greatest - least < UInt64(4 * keys.count + 1024) {
      for row in present { codes[row] = Int(keys[row] - least) + 1 }
      return (codes, Int(greatest - least) + 2)
    }
    var known: [UInt64: Int] = [:]
    for row in present {
      if let code = known[keys[row]] {
        codes[row] = code
      } else {
        codes[row] = known.count + 1
        known[keys[row]] = known.count + 1
      }
    }
    return (codes, known.count + 1)
  }
}
