/// A mapping file that cannot be used: where in it, what, and what to do.
public struct MappingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The mapping file.
  public var file: String
  /// The way to the value, as in `events[2].time.format`; "line 3, column 7" where the file is not JSON.
  public var place: String
  public var what: String
  public var nextStep: String

  public init(file: String, place: String, what: String, nextStep: String) {
    self.file = file
    self.place = place
    self.what = what
    self.nextStep = nextStep
  }

  public var description: String { "\(file): \(place.isEmpty ? "" : place + ": ")\(what)" }
}
