import KeptFormat

/// What is said once about CloudEvents 1.0, for reading and writing.
enum CloudEvent {
  /// Before the kind in `type`; left out or not, it means the same.
  static let typePrefix = "kept."

  /// `application/json`, any `…+json`, in any capitals and with parameters after a semicolon.
  static func isJSON(contentType: UnsafeBufferPointer<UInt8>) -> Bool {
    let name = String(decoding: contentType.prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self).lowercased()
    let trimmed = name.split(separator: " ").first ?? ""
    return trimmed.hasSuffix("/json") || trimmed.hasSuffix("+json")
  }
}
