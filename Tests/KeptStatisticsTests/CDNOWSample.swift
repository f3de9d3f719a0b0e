import Foundation
import KeptStatistics

/// The one in ten of the CDNOW customers that the papers on purchase models use: 2,357 who first bought in early 1997.
///
/// The file is not ours to pass on: `KEPT_CDNOW` names a copy of CDNOW_master.txt, beside which the Python package lifetimes
/// 0.11.3 has CDNOW_sample.txt (number in the master, number, yyyymmdd, CDs, dollars), and what others had made of it with
/// two decimals, cdnow_customers_summary_with_transactions.csv. Without them these tests say that they were left out.
enum CDNOWSample {
  private static let folder = ProcessInfo.processInfo.environment["KEPT_CDNOW"].map {
    URL(filePath: $0).deletingLastPathComponent()
  }

  static var isHere: Bool {
    let here =
      folder.map { FileManager.default.fileExists(atPath: $0.appending(path: "CDNOW_sample.txt").path) } ?? false
    if !here { print("left out: KEPT_CDNOW does not name a file beside CDNOW_sample.txt") }
    return here
  }

  struct Customer {
    var history: PurchaseHistory
    /// Mean value of the repeat purchases; 0 without one.
    var meanValue: Double
  }

  /// Histories up to 1997-09-30 in weeks.
  ///
  /// - Parameter mergingDays: purchases of one day are one, as the models ask for.
  static func customers(mergingDays: Bool = true) throws -> [Customer] {
    let text = try String(contentsOf: folder!.appending(path: "CDNOW_sample.txt"), encoding: .utf8)
    var purchases: [Int: [(day: Int, value: Double)]] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let parts = line.split(separator: " ")
      guard parts.count == 5, let customer = Int(parts[1]), let date = Int(parts[2]), let value = Double(parts[4]),
        date <= 1997_09_30
      else { continue }
      purchases[customer, default: []].append((dayOf1997(date), value))
    }
    let end = dayOf1997(1997_09_30)
    return purchases.sorted { $0.key < $1.key }.map { _, bought in
      var occasions: [(day: Int, value: Double)] = []
      for purchase in bought.sorted(by: { $0.day < $1.day }) {
        if mergingDays, occasions.last?.day == purchase.day {
          occasions[occasions.count - 1].value += purchase.value
        } else {
          occasions.append(purchase)
        }
      }
      let first = occasions[0].day
      let repeats = occasions.dropFirst()
      // Two rows of one day that are not merged are a repeat at recency 0.
      let recency = Double(occasions[occasions.count - 1].day - first) / 7
      return Customer(
        history: PurchaseHistory(frequency: repeats.count, recency: recency, age: Double(end - first) / 7),
        meanValue: repeats.isEmpty ? 0 : repeats.reduce(0) { $0 + $1.value } / Double(repeats.count))
    }
  }

  /// The same histories as published, times and means rounded to two decimals.
  static func rounded() throws -> [Customer] {
    let name = "cdnow_customers_summary_with_transactions.csv"
    let text = try String(contentsOf: folder!.appending(path: name), encoding: .utf8)
    return text.split(whereSeparator: \.isNewline).dropFirst().compactMap { line in
      let fields = line.split(separator: ",").compactMap { Double($0) }
      guard fields.count == 5 else { return nil }
      return Customer(
        history: PurchaseHistory(frequency: Int(fields[1]), recency: fields[2], age: fields[3]), meanValue: fields[4])
    }
  }

  private static func dayOf1997(_ date: Int) -> Int {
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
    return (date / 10_000 - 1997) * 365 + before[date / 100 % 100 - 1] + date % 100
  }
}
