import KeptFormat
import KeptSnapshot

/// External customer ids by number, in the order of their bytes: the dictionary that the customer columns of all tables
/// share, and the order of their rows. A customer whose id is sealed is called `c<number>`.
public struct EntityNames: Sendable {
  /// The names in order; a name's place is its code.
  let dictionary: StringDictionary
  /// By number: the name's place. Customers with one name (a forgotten one and a newcomer called `c17`, say) stand by
  /// number.
  let ranks: [UInt32]

  /// - Parameters:
  ///   - bytes: all names one after another.
  ///   - ends: where the name of each number ends, `ends[0]` being 0 for number 0, which nobody has.
  ///   - unknown: numbers without a known name.
  public init(bytes: [UInt8], ends: [UInt32], unknown: Set<UInt32> = []) {
    var bytes = bytes
    var spans: [(start: Int, count: Int)] = [(0, 0)]
    spans.reserveCapacity(ends.count)
    for number in stride(from: 1, to: ends.count, by: 1) {
      if unknown.contains(UInt32(number)) {
        let text = "c\(number)".utf8
        spans.append((bytes.count, text.count))
        bytes.append(contentsOf: text)
      } else {
        spans.append((Int(ends[number - 1]), Int(ends[number]) - Int(ends[number - 1])))
      }
    }
    let order = Self.order(bytes, spans)
    var ranks = Array(repeating: UInt32(0), count: spans.count)
    var dictionary = StringDictionary()
    dictionary.reserveCapacity(strings: order.count, bytes: bytes.count)
    bytes.withUnsafeBytes { bytes in
      for (rank, number) in order.enumerated() {
        ranks[Int(number)] = UInt32(rank)
        let span = spans[Int(number)]
        dictionary.append(UnsafeRawBufferPointer(rebasing: bytes[span.start..<span.start + span.count]))
      }
    }
    self.ranks = ranks
    self.dictionary = dictionary
  }

  /// The names of some customers, for a replay of their lives: a ledger may have millions of others.
  public init(of customers: Set<UInt32>, bytes: [UInt8], ends: [UInt32], unknown: Set<UInt32>) {
    let numbers = customers.filter { $0 > 0 && Int($0) < ends.count }.sorted()
    let few = EntityNames(
      numbers.map { number in
        guard !unknown.contains(number) else { return "c\(number)" }
        return String(decoding: bytes[Int(ends[Int(number) - 1])..<Int(ends[Int(number)])], as: UTF8.self)
      })
    var ranks = Array(repeating: UInt32(0), count: Int(numbers.last ?? 0) + 1)
    for (index, number) in numbers.enumerated() { ranks[Int(number)] = few.ranks[index + 1] }
    self.ranks = ranks
    dictionary = few.dictionary
  }

  /// Customer number n is `names[n - 1]`; nil: not known. For tests and small ledgers.
  public init(_ names: [String?]) {
    var bytes: [UInt8] = []
    var ends: [UInt32] = [0]
    var unknown: Set<UInt32> = []
    for (index, name) in names.enumerated() {
      if let name { bytes.append(contentsOf: name.utf8) } else { unknown.insert(UInt32(index + 1)) }
      ends.append(UInt32(bytes.count))
    }
    self.init(bytes: bytes, ends: ends, unknown: unknown)
  }

  /// The code of a customer in `dictionary`.
  /// - Precondition: the ledger has named or numbered the customer.
  func code(_ customer: UInt32) -> UInt32 { ranks[Int(customer)] }

  /// The numbers 1 … n by the bytes of their names: by the eight bytes after what all names begin with, then by the
  /// rest.
  private static func order(_ bytes: [UInt8], _ spans: [(start: Int, count: Int)]) -> [UInt32] {
    guard spans.count > 1 else { return [] }
    return bytes.withUnsafeBytes { bytes in
      var common = spans[1].count
      for span in spans.dropFirst(2) {
        var same = 0
        while same < common, same < span.count, bytes[span.start + same] == bytes[spans[1].start + same] { same += 1 }
        common = same
      }
      var keyed: [(key: UInt64, number: UInt32)] = []
      keyed.reserveCapacity(spans.count - 1)
      var isSorted = true
      for number in 1..<spans.count {
        let span = spans[number]
        var key: UInt64 = 0
        let taken = min(8, span.count - common)
        for place in 0..<taken { key = key << 8 | UInt64(bytes[span.start + common + place]) }
        if taken < 8 { key <<= UInt64(8 * (8 - taken)) }
        if let last = keyed.last, last.key > key { isSorted = false }
        keyed.append((key, UInt32(number)))
      }
      if !isSorted { radixSort(&keyed) }
      var first = 0
      while first < keyed.count {
        var last = first + 1
        while last < keyed.count, keyed[last].key == keyed[first].key { last += 1 }
        if last - first > 1 {
          keyed[first..<last].sort { left, right in
            let a = spans[Int(left.number)]
            let b = spans[Int(right.number)]
            let x = bytes[a.start..<a.start + a.count]
            let y = bytes[b.start..<b.start + b.count]
            return x.elementsEqual(y) ? left.number < right.number : x.lexicographicallyPrecedes(y)
          }
        }
        first = last
      }
      return keyed.map(\.number)
    }
  }

  /// Byte by byte from the last, leaving out bytes in which no keys differ; stable.
  private static func radixSort(_ keyed: inout [(key: UInt64, number: UInt32)]) {
    var differing: UInt64 = 0
    for entry in keyed { differing |= entry.key ^ keyed[0].key }
    var scratch = keyed
    for shift in stride(from: UInt64(0), to: 64, by: 8) where differing >> shift & 0xFF != 0 {
      var starts = Array(repeating: 0, count: 257)
      for entry in keyed { starts[Int(entry.key >> shift & 0xFF) + 1] += 1 }
      for value in 0..<256 { starts[value + 1] += starts[value] }
      for entry in keyed {
        let value = Int(entry.key >> shift & 0xFF)
        scratch[starts[value]] = entry
        starts[value] += 1
      }
      swap(&keyed, &scratch)
    }
  }
}

/// Rows of lives from several folds, in the order of their customers' names.
struct LifeOrder {
  /// Fold, and the index of the life's first row there.
  private(set) var places: [(fold: Int, row: Int)] = []

  /// - Parameter customers: by fold: the customer of each row; the rows of a life stand together.
  init(_ customers: [[UInt32]], _ names: EntityNames) {
    let none = UInt64.max
    var firstRow = Array(repeating: none, count: names.dictionary.count + 1)
    var lifeCount = 0
    for (fold, list) in customers.enumerated() {
      var last: UInt32?
      for (row, customer) in list.enumerated() where customer != last {
        last = customer
        // Firm-side rows, which have no customer, come first, as NULLs do.
        let place = customer == 0 ? 0 : Int(names.code(customer)) + 1
        precondition(firstRow[place] == none, "the life of customer \(customer) was folded twice")
        firstRow[place] = UInt64(fold) << 48 | UInt64(row)
        lifeCount += 1
      }
    }
    places.reserveCapacity(lifeCount)
    for packed in firstRow where packed != none {
      places.append((Int(packed >> 48), Int(packed & 0xFFFF_FFFF_FFFF)))
    }
  }
}
