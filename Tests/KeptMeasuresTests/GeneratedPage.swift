import Foundation
import Testing

/// A page beside the code that is made from declarations.
enum GeneratedPage {
  /// Holds the page that stands at a path against what is declared; writes it first where the variable is set.
  static func check(_ page: String, at path: String, writtenWith variable: String) throws {
    if ProcessInfo.processInfo.environment[variable] != nil {
      try page.write(to: Repository.folder.appending(path: path), atomically: true, encoding: .utf8)
    }
    let written = String(decoding: try Repository.bytes(path), as: UTF8.self)
    let old = Set(written.split(separator: "\n"))
    let changed = page.split(separator: "\n").filter { !old.contains($0) }
    #expect(written == page, "\(path) differs in \(changed.prefix(5)); the tests make it anew with \(variable)=1")
  }
}
