import Foundation
import KeptFormat

@testable import KeptMeasures

/// The CDNOW purchases (Fader and Hardie), of whose retention and movements published figures exist.
///
/// The file is not ours to pass on: `KEPT_CDNOW` names a copy of CDNOW_master.txt (customer, yyyymmdd, CDs, dollars),
/// which the Python package lifetimes 0.11.3 brings along. Without it these tests say that they were left out.
enum CDNOW {
  static let path = ProcessInfo.processInfo.environment["KEPT_CDNOW"]

  static var isHere: Bool {
    if path == nil { print("left out: KEPT_CDNOW does not name a copy of CDNOW_master.txt") }
    return path != nil
  }

  static func lives() throws -> Lives { try lives(path!) }

  /// The one in ten of them that the papers on purchase models use: CDNOW_sample.txt beside the other file, which has
  /// another number for each customer between the master's and the day.
  static func sample() throws -> Lives {
    try lives(URL(filePath: path!).deletingLastPathComponent().appending(path: "CDNOW_sample.txt").path)
  }

  private static func lives(_ path: String) throws -> Lives {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    var byCustomer: [UInt32: [TestTouch]] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let parts = line.split(separator: " ").suffix(4).map { $0 }
      guard parts.count == 4, let customer = UInt32(parts[0]), let day = Int(parts[1]), let amount = Double(parts[3])
      else { continue }
      let date = CivilDate(year: day / 10_000, month: day / 100 % 100, day: day % 100)
      byCustomer[customer, default: []].append(
        TestTouch("order.placed", Instant(date.dayNumber) * 86_400_000_000, .in, [.amount: .number(amount)]))
    }
    return Lives(byCustomer.keys.sorted().map { ($0, byCustomer[$0]!.sorted { $0.time < $1.time }) })
  }
}
