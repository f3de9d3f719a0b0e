import KeptFormat
import Testing

@Suite struct JSONTests {
  static let accepted = [
    #"{}"#, #"[]"#, #" [1 , 2 ] "#, #""""#, #"0"#, #"-0"#, #"1.5e3"#, #"1E-2"#, #"true"#, #"null"#, "\t{\"a\"\n:\r1}",
    #""\u00e9\n\/\"""#, #""\ud83d\ude00""#, #"{"a":{"b":[{}]}}"#, "\"é😀\"", "\"\u{7F}\"", "\u{FEFF}1",
  ]

  @Test(arguments: accepted)
  func `JSON of RFC 8259 is read`(text: String) throws {
    _ = try JSONValue.parse(text)
  }

  static let rejected: [(String, JSONReason, Int)] = [
    ("", .endsEarly, 0), ("{", .endsEarly, 1), ("[1,]", .syntax, 3), ("{\"a\" 1}", .syntax, 5), ("{a:1}", .syntax, 1),
    ("01", .badNumber, 0), ("1.", .badNumber, 0), (".5", .syntax, 0), ("+1", .syntax, 0), ("1e", .badNumber, 0),
    ("-", .badNumber, 0), ("1 2", .trailing, 2), ("nul", .endsEarly, 3), ("nule", .syntax, 0), ("NaN", .syntax, 0),
    ("\"a", .endsEarly, 2), ("\"\\x\"", .badEscape, 1), ("\"\\u12G4\"", .badEscape, 1),
    ("\"\u{1}\"", .controlCharacter, 1),
    ("\"\\ud800\"", .loneSurrogate, 1), ("\"\\udc00\"", .loneSurrogate, 1), ("\"\\ud800\\u0041\"", .loneSurrogate, 1),
    ("{\"a\":1,\"a\":2}", .duplicateKey, 7), ("{\"a\":1,\"\\u0061\":2}", .duplicateKey, 7),
    ("1e400", .tooManyDigits, 0),
    ("1234567890123456789", .tooManyDigits, 0), ("[1,\u{FEFF}2]", .byteOrderMark, 3), ("[\u{0}]", .controlCharacter, 1),
  ]

  @Test(arguments: rejected)
  func `what is not JSON is refused with a reason and a place`(text: String, reason: JSONReason, offset: Int) {
    let error = #expect(throws: JSONError.self) { try JSONValue.parse(text) }
    #expect(error?.reason == reason)
    #expect(error?.offset == offset)
  }

  @Test(
    arguments: [
      [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80], [0xFF], [0xE2, 0x82], [0xC3],
    ] as [[UInt8]])
  func `bytes that are not UTF-8 are refused, alone and in a long text`(bytes: [UInt8]) {
    for before in ["\"", "\"long enough to be read in words of eight bytes "] {
      let text = Array(before.utf8) + bytes + Array(" and some more\"".utf8)
      let error = #expect(throws: JSONError.self) { try JSONValue.parse(text) }
      #expect(error?.reason == .notUTF8)
      #expect(error?.offset == before.utf8.count)
    }
  }

  @Test func `an error names line and column`() {
    let error = #expect(throws: JSONError.self) { try JSONValue.parse("{\n  \"a\": 1,\n  \"b\": x\n}") }
    #expect(error?.description == "line 3, column 8: not JSON here")
  }

  @Test func `32 levels are read and 33 are not`() throws {
    _ = try JSONValue.parse(String(repeating: "[", count: 32) + String(repeating: "]", count: 32))
    let error = #expect(throws: JSONError.self) {
      try JSONValue.parse(String(repeating: "[", count: 100_000))
    }
    #expect(error?.reason == .tooDeep)
    #expect(error?.offset == 32)
  }

  @Test func `two spellings of an accented letter are two keys`() throws {
    let value = try JSONValue.parse("{\"\\u00e9\":1,\"e\\u0301\":2}")
    #expect(value.members?.count == 2)
  }

  @Test func `keys are sorted by UTF-16 code units, as in the example of RFC 8785`() throws {
    let text = """
      {"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",
       "\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control","\\u00f6":"Latin Small Letter O With Diaeresis"}
      """
    let canonical = String(decoding: try JSONValue.parse(text).canonical(), as: UTF8.self)
    #expect(
      canonical == "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\","
        + "\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\","
        + "\"\u{FB33}\":\"Hebrew Letter Dalet With Dagesh\"}")
  }

  @Test func `strings are escaped as in the example of RFC 8785`() throws {
    let text = #"{"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#
    let canonical = String(decoding: try JSONValue.parse(text).canonical(), as: UTF8.self)
    #expect(canonical == #"{"literals":[null,true,false],"string":"€$\u000f\nA'B\"\\\\\"/"}"#)
  }

  @Test func `numbers stay exact`() throws {
    let text = "[333333333.333333329, 4.50, 2e-3, 0.000000000000001, 1e17, -0.0, 123456789012345678]"
    let canonical = String(decoding: try JSONValue.parse(text).canonical(), as: UTF8.self)
    #expect(canonical == "[333333333.333333329,4.5,0.002,1e-15,100000000000000000,0,123456789012345678]")
  }

  @Test func `text for people reads back as the same value`() throws {
    let value: JSONValue = [
      "windows": ["order": 90, "contact": 30], "list": [1, 2, 3], "note": "a \"quoted\" word", "empty": [:], "none": [],
    ]
    #expect(try JSONValue.parse(value.pretty(width: 10)) == value)
    #expect(try JSONValue.parse(value.pretty()) == value)
  }

  @Test func `every envelope key is found by its name and by no other`() {
    for key in EnvelopeKey.allCases where key != .unknown {
      for text in [key.name, key.name + "x", String(key.name.dropLast()), key.name.uppercased()] {
        let found = Array(text.utf8).withUnsafeBufferPointer { bytes in
          EnvelopeKey.find(bytes.baseAddress!, count: bytes.count, readable: bytes.count)
        }
        #expect(found == (text == key.name ? key : .unknown))
      }
    }
  }

  @Test func `personal keys are known in every spelling and depth`() throws {
    for key in ["name", "Name", "first_name", "firstName", "E-Mail", "phone number", "note", "Address.Line1"] {
      #expect(PersonalKeys.contains(key), "\(key)")
    }
    for key in ["", "names_count", "order_id", "reason", "template", "by_name", String(repeating: "a", count: 200)] {
      #expect(!PersonalKeys.contains(key), "\(key)")
    }
    #expect(PersonalKeys.occur(in: try JSONValue.parse(#"[{"to":[{"email":1}]}]"#)))
    #expect(!PersonalKeys.occur(in: try JSONValue.parse(#"[{"to":["email"]}]"#)))
  }

  @Test func `damaged text never traps`() {
    var random = SeededGenerator(seed: 11)
    let text = Array(#"{"a":[1.5e3,"\ud83d\ude00é",{"b":null,"c":[true,-0.25]}],"name":"x\\y"} "#.utf8)
    for _ in 0..<100_000 {
      var bytes = text
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random) / 2)
      if let value = try? JSONValue.parse(bytes) {
        #expect(throws: Never.self) { try JSONValue.parse(value.canonical()) }
      }
    }
  }
}
