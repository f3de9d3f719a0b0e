#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Why a source cannot be read on. What is wrong with single lines is a `Reject` instead.
public enum IntakeError: Error, Sendable, Equatable {
  case cannotOpen(file: String, errno: Int32)
  case cannotRead(file: String, offset: UInt64, errno: Int32)
  /// Packed bytes that cannot be unpacked; the offset is of the stored file.
  case damagedLZ4(file: String, offset: UInt64, what: String)
  /// A file packed with something Kept does not unpack.
  case otherCompression(file: String, name: String)
  /// A CSV header that says no fields of an event.
  case header(file: String, column: String, what: String)
  /// The chosen mapping does not fit the file.
  case mapping(MappingError)
}

extension IntakeError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .cannotOpen(let file, let code): "\(file): cannot be opened: \(Self.reason(code))"
    case .cannotRead(let file, let offset, let code): "\(file): byte \(offset): cannot be read: \(Self.reason(code))"
    case .damagedLZ4(let file, let offset, let what): "\(file): byte \(offset): damaged LZ4 frame: \(what)"
    case .otherCompression(let file, let name): "\(file): packed with \(name), which Kept does not unpack"
    case .header(let file, let column, let what): "\(file): line 1: column \(column): \(what)"
    case .mapping(let error): error.description
    }
  }

  /// What to do about it.
  public var nextStep: String {
    switch self {
    case .cannotOpen: "Check the path and that you may read the file."
    case .cannotRead: "Read the file from another copy; importing again skips what is already recorded."
    case .damagedLZ4: "Take another copy of the file; importing again skips what is already recorded."
    case .otherCompression(let file, let name):
      name == "gzip"
        ? "`gzip -dc \(file) | kept import LEDGER -`" : "Unpack it and pipe it into `kept import LEDGER -`."
    case .header: "Name the columns as fields (source, id, kind, time, customer, data.KEY …) or import with --map."
    case .mapping(let error): error.nextStep
    }
  }

  private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
