import Testing

@testable import KeptMeasures

/// Bits are numbered by hand.
@Suite struct KindRolesTests {
  @Test(arguments: ["KindRoles": UInt64.bitWidth, "Parts": UInt32.bitWidth])
  func `every role of a kind and every part of a run has a bit of its own`(name: String, width: Int) throws {
    let text = String(decoding: try Repository.bytes("Sources/KeptMeasures/Touches/KindRoles.swift"), as: UTF8.self)
    let declared = try #require(text.split(separator: "struct \(name): OptionSet").last).prefix { $0 != "}" }
    let bits = declared.matches(of: /= (?<set>[A-Za-z]+)\(rawValue: 1 << (?<bit>[0-9]+)\)/).map { match in
      #expect(match.set == name)
      return Int(match.bit)!
    }
    #expect(bits.count == declared.split(separator: "(rawValue:").count - 1)
    #expect(bits.sorted() == Array(bits.indices) && bits.count > 20 && bits.count <= width)
  }
}
