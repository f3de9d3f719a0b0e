import Testing

@testable import KeptFormat

@Suite struct CheckpointTests {
  static let text = "kept.example/shop\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

  @Test func `a checkpoint prints the three lines it was read from`() throws {
    let checkpoint = try Checkpoint(parsing: Self.text)
    #expect(checkpoint.origin == "kept.example/shop")
    #expect(checkpoint.count == 20_852_163)
    #expect(checkpoint.root.hex == "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62")
    #expect(checkpoint.text == Self.text)
  }

  @Test func `a checkpoint of nothing round-trips`() throws {
    let empty = Checkpoint(origin: "leer", count: 0, root: MerkleTree().root)
    #expect(try Checkpoint(parsing: empty.text) == empty)
    #expect(empty.text == "leer\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")
  }

  static let signature =
    "\u{2014} kept.example/shop "
    + "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"

  @Test(arguments: ["\n" + signature, "an extension\n", "an extension\n\n" + signature + signature])
  func `signatures and extension lines are left alone`(rest: String) throws {
    #expect(try Checkpoint(parsing: Self.text + rest).text == Self.text)
  }

  @Test(arguments: [
    ("", Checkpoint.Failure.Reason.tooShort, 1), ("shop\n1\n", .tooShort, 3),
    ("shop\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", .tooShort, 3),
    ("\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", .origin, 1),
    ("shop\r\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", .origin, 1),
    ("shop\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", .size, 2),
    ("shop\n+1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", .size, 2),
    ("shop\n18446744073709551616\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", .size, 2),
    ("shop\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n", .rootHash, 3),
    ("shop\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n", .rootHash, 3),
    ("shop\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jx\n", .rootHash, 3),
    (text + "\n", .signatures, 4), (text + "\nno dash\n", .signatures, 5),
    (text + "\n\u{2014} a b\n\n", .signatures, 6),
  ]) func `a malformed checkpoint is refused with its line`(text: String, reason: Checkpoint.Failure.Reason, line: Int)
  {
    #expect(throws: Checkpoint.Failure(reason: reason, line: line)) { try Checkpoint(parsing: text) }
  }

  @Test func `base64 is read only in the one form it is written in`() {
    var generator = SeededGenerator(seed: 4)
    for count in 0...50 {
      let bytes = generator.bytes(count)
      #expect(Base64.decode(bytes.withUnsafeBytes { Base64.encode($0) }) == bytes)
    }
    for bad in ["A", "AA", "AAA", "AA=A", "A===", "====", "AB==", "AAB=", "AA-_", "AAAA=", "AA =", "=AAA"] {
      #expect(Base64.decode(bad) == nil, "\(bad)")
    }
  }
}
