import Foundation
import KeptSnapshot
import Testing

@testable import KeptMeasures

@Suite struct DictionaryTests {
  /// What the dictionary says of every column of every table there is, those made on request among them.
  private static let rows: [[String]] = DictionaryTable.make(TableName.allCases.map(\.schema), kinds: [])
    .texts("table_name", "column_name", "unit", "meaning", "formula", "seed")

  /// The rows of the claims, as the page has them that is made from the code.
  private static let seeds: Set<String> = Set(
    (try? String(decoding: Repository.bytes("Sources/KeptMeasures/Claims.md"), as: UTF8.self))
      .map { $0.matches(of: /^\| (S[0-4]\.[0-9]+[a-z]?) \|/.anchorsMatchLineEndings()).map { String($0.1) } } ?? [])

  @Test func `every column has a unit, a meaning, and a formula or a claim that it answers`() {
    #expect(Self.rows.count > 2000)
    #expect(Self.seeds.count > 100)
    for row in Self.rows {
      let (place, unit, meaning, formula, seed) = ("\(row[0]).\(row[1])", row[2], row[3], row[4], row[5])
      #expect(unit != "NULL" && unit != "number", "\(place): \(unit)")
      #expect(meaning.count > 3, "\(place)")
      #expect(formula != "NULL" || seed != "NULL", "\(place)")
      if seed != "NULL" {
        for claim in seed.split(separator: ",") {
          #expect(Self.seeds.contains(claim.trimmingCharacters(in: .whitespaces)), "\(place): \(claim)")
        }
      }
    }
  }
}
