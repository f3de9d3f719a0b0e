import KeptFormat
import KeptLog

/// What became of a file's lines, and the amounts that it brought: what an import must be able to account for (law 7).
struct ImportTally {
  private(set) var acceptedCount = 0
  private(set) var duplicateCount = 0
  private(set) var conflictCount = 0
  var rejectedCount = 0
  private(set) var firstPosition: UInt64?
  private(set) var lastPosition: UInt64?
  /// By currency; nil where a sum has more than 18 digits.
  private(set) var amounts: [String: ExactDecimal?] = [:]

  var lineCount: Int { acceptedCount + duplicateCount + conflictCount + rejectedCount }

  mutating func add(_ admission: Admission, _ batchAmounts: BatchAmounts) {
    acceptedCount += admission.acceptedCount
    if admission.acceptedCount > 0 {
      firstPosition = firstPosition ?? admission.firstPosition
      lastPosition = admission.firstPosition + UInt64(admission.acceptedCount) - 1
    }
    for exception in admission.exceptions {
      switch exception.outcome {
      case .accepted: break
      case .duplicate: duplicateCount += 1
      case .conflict: conflictCount += 1
      case .tooLong: rejectedCount += 1
      }
    }
    let sums =
      admission.exceptions.isEmpty ? batchAmounts.sums : batchAmounts.sums(without: admission.exceptions.map { $0.row })
    for (currency, sum) in sums { amounts[currency] = BatchAmounts.add(sum, to: amounts[currency]) }
  }
}

/// The amounts of a batch by currency: summed where the batch was parsed, on its thread, before its rows are admitted.
struct BatchAmounts: Sendable {
  let sums: [String: ExactDecimal?]
  private let items: [(row: Int, currency: Int, amount: ExactDecimal)]
  private let currencies: [String]

  init(_ batch: EventBatch) {
    var items: [(row: Int, currency: Int, amount: ExactDecimal)] = []
    var currencies: [String] = []
    for (index, row) in batch.rows.enumerated() where row.amount.isPresent {
      items.append((index, Self.code(of: row[.currency], batch, &currencies), row.amount))
    }
    self.items = items
    self.currencies = currencies
    sums = Self.sum(items, currencies)
  }

  /// - Parameter rows: ascending.
  func sums(without rows: [Int]) -> [String: ExactDecimal?] {
    let left = Set(rows)
    return Self.sum(items.filter { !left.contains($0.row) }, currencies)
  }

  /// Few currencies and many rows: compared byte by byte, the last one first, so that no row makes a string.
  private static func code(of slice: ByteSlice, _ batch: EventBatch, _ currencies: inout [String]) -> Int {
    let bytes = slice.isPresent ? batch.bytes[Int(slice.offset)..<Int(slice.offset) + Int(slice.count)] : []
    if let code = currencies.firstIndex(where: { $0.utf8.elementsEqual(bytes) }) { return code }
    currencies.append(String(decoding: bytes, as: UTF8.self))
    return currencies.count - 1
  }

  private static func sum(
    _ items: [(row: Int, currency: Int, amount: ExactDecimal)], _ currencies: [String]
  ) -> [String: ExactDecimal?] {
    var sums: [ExactDecimal?] = Array(repeating: ExactDecimal(0), count: currencies.count)
    for item in items { sums[item.currency] = sums[item.currency].flatMap { $0.adding(item.amount) } }
    var byName: [String: ExactDecimal?] = [:]
    for (currency, sum) in zip(currencies, sums) where items.contains(where: { currencies[$0.currency] == currency }) {
      byName.updateValue(sum, forKey: currency)
    }
    return byName
  }

  /// A sum that cannot be said stays so.
  static func add(_ sum: ExactDecimal?, to total: ExactDecimal??) -> ExactDecimal? {
    guard let total else { return sum }
    guard let total, let sum else { return nil }
    return total.adding(sum)
  }
}
