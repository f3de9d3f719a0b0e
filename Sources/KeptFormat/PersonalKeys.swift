/// The keys of `data` whose values are about a person, so that they are sealed unless told otherwise.
///
/// Capitals, `_`, `-`, `.` and spaces do not count: `firstName`, `First-Name` and `first_name` are one key. None of
/// them is a key of the vocabulary that a measure reads.
public enum PersonalKeys {
  public static let words: [String] = [
    "name", "fullname", "firstname", "lastname", "givenname", "familyname", "middlename", "maidenname", "surname",
    "nickname", "username", "screenname", "displayname", "customername", "contactname", "callername", "personname",
    "handle", "signature", "initials", "salutation",
    "email", "emailaddress", "mailaddress", "phone", "phonenumber", "telephone", "telephonenumber", "mobile",
    "mobilenumber", "cellphone", "fax", "faxnumber", "whatsapp", "skype",
    "address", "addressline1", "addressline2", "street", "streetaddress", "postaladdress", "homeaddress",
    "billingaddress", "shippingaddress", "deliveryaddress",
    "birthday", "birthdate", "dateofbirth", "dob", "age", "gender", "sex", "nationality", "religion", "maritalstatus",
    "passport", "passportnumber", "nationalid", "ssn", "socialsecuritynumber", "taxid", "driverslicense",
    "iban", "bic", "accountnumber", "bankaccount", "cardnumber", "creditcard", "cardholder", "cvv",
    "ip", "ipaddress", "useragent", "deviceid", "latitude", "longitude", "geolocation",
    "note", "notes", "comment", "comments", "remark", "remarks", "text", "freetext", "message", "messagetext", "body",
    "transcript", "verbatim", "feedback", "description", "photo", "picture", "avatar", "password",
  ]

  static let lengthMax = 20

  /// Every word by its length, so that most keys are dismissed by two or three comparisons.
  private static let byLength: [[[UInt8]]] = {
    var table = [[[UInt8]]](repeating: [], count: lengthMax + 1)
    for word in words { table[word.utf8.count].append(Array(word.utf8)) }
    return table
  }()

  /// For each length, a bit for each first letter that a word of this length has.
  private static let firstLetters: [UInt32] = byLength.map { words in
    words.reduce(0) { $0 | 1 << UInt32($1[0] - 97) }
  }

  public static func contains(_ base: UnsafePointer<UInt8>, count: Int) -> Bool {
    var folded = InlineArray<20, UInt8>(repeating: 0)
    var length = 0
    for at in 0..<count {
      var byte = base[at]
      if byte == 0x5F || byte == 0x2D || byte == 0x2E || byte == 0x20 { continue }
      if byte &- 65 < 26 { byte |= 0x20 }
      guard length < lengthMax else { return false }
      folded[length] = byte
      length += 1
    }
    let first = folded[0]
    guard first &- 97 < 26, firstLetters[length] & 1 << UInt32(first &- 97) != 0 else { return false }
    return byLength[length].contains { word in
      guard word[0] == first else { return false }
      for at in 1..<length where word[at] != folded[at] { return false }
      return true
    }
  }

  public static func contains(_ key: String) -> Bool {
    var key = key
    return key.withUTF8 { bytes in bytes.baseAddress.map { contains($0, count: bytes.count) } ?? false }
  }

  /// Whether a key at any depth of `value` is personal.
  public static func occur(in value: JSONValue) -> Bool {
    switch value {
    case .null, .boolean, .number, .string: false
    case .array(let values): values.contains { occur(in: $0) }
    case .object(let members): members.contains { contains($0.key) || occur(in: $0.value) }
    }
  }
}
