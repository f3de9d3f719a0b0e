/// One file of C2SP `tlog-tiles`, and where it stands.
///
/// A tile of level L holds up to 256 roots of subtrees of 256^L leaves; an entry bundle up to 256 lines. Layout: Proofs,
/// "Tiles".
public struct TreeTile: Sendable, Equatable {
  public static let width = 256

  /// nil for an entry bundle.
  public var level: Int?
  public var number: UInt64
  /// How many hashes or entries: 1 … 256; fewer than 256 make a partial tile.
  public var width: Int

  public init(level: Int?, number: UInt64, width: Int) {
    precondition((1...Self.width).contains(width), "a tile of \(width)")
    self.level = level
    self.number = number
    self.width = width
  }

  /// Relative to the log's folder.
  public var path: String {
    let folder = "tile/\(level.map(String.init) ?? "entries")/"
    return folder + Self.path(number) + (width < Self.width ? ".p/\(width)" : "")
  }

  /// `x001/x234/067` of 1,234,067: groups of three digits, so that no folder has more than a thousand files.
  static func path(_ number: UInt64) -> String {
    var path = ""
    var rest = number
    repeat {
      let digits = String(rest % 1_000)
      let group = String(repeating: "0", count: 3 - digits.count) + digits
      path = path.isEmpty ? group : "x\(group)/\(path)"
      rest /= 1_000
    } while rest > 0
    return path
  }
}
