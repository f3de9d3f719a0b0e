import KeptFormat

/// Why a ledger could not be read or written, as facts; the command line makes a sentence of them.
///
/// Everything in this module that throws throws a `LogError` or, where a file operation failed, its `DiskError`.
package enum LogError: Error, Sendable, Equatable {
  case notALedger(path: String, reason: NotALedger)
  /// `init` into a folder that holds something already.
  case alreadyExists(path: String)
  case settings(path: String, reason: String)
  /// A folder of the ledger is a symbolic link, which may lead anywhere.
  case linkedFolder(path: String)
  case damage(Damage)
  /// A version that this program does not know.
  case unknownVersion(file: String, version: UInt64)
  case locked(path: String, holder: String)
  case untrustedLock(path: String, fileSystem: String)
  /// The clock is more than 24 hours behind the last recorded instant.
  case clockBehind(clock: Instant, lastRecorded: Instant)
  /// A customer id looks like an e-mail address or phone number, and `sealed` does not list `customer`.
  case personalIdentifier(PersonalIdentifier, line: UInt64)
  /// An earlier write or sync failed: what the disk holds is not known until the ledger is opened again.
  case stopped(after: DiskError)
  /// The ledger holds as many of something as its format can number.
  case full(String)
}

package enum NotALedger: Sendable, Equatable {
  case noFolder, noSettings
}

/// What an external customer id looks like that a ledger should not hold openly.
package enum PersonalIdentifier: Sendable, Equatable {
  case emailAddress, phoneNumber
}

/// Bytes that are not what they were when they were written, or not there.
package struct Damage: Error, Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    case missing
    /// The file ends before what it must hold does.
    case cut(byteCount: Int)
    case checksum(stored: UInt32, computed: UInt32)
    case malformed(String)
    /// Of another ledger, or of another place in this one.
    case misplaced(String)
    case root(stored: Digest, computed: Digest)
    /// The vault's value does not open the log's commitment.
    case commitment(field: String)
    /// The vault has no value for a commitment, and the customer was not forgotten.
    case valueMissing(field: String)
    /// What a block's header says about its events is not true of them.
    case header(String)
  }

  /// Relative to the ledger's folder.
  package var file: String
  /// In bytes from the start of the file.
  package var offset: Int
  /// The events concerned, as far as that is known.
  package var positions: Range<UInt64>?
  package var kind: Kind

  package init(file: String, offset: Int, positions: Range<UInt64>? = nil, kind: Kind) {
    self.file = file
    self.offset = offset
    self.positions = positions
    self.kind = kind
  }

  /// Damage found while decoding bytes that start at `offset` of a file.
  package init(file: String, offset: Int, positions: Range<UInt64>? = nil, _ error: FormatError) {
    let kind: Kind =
      switch error.kind {
      case .truncated: .malformed("ends early")
      case .overlongVarint: .malformed("a number of more than 64 bits")
      case .checksumMismatch(let stored, let computed): .checksum(stored: stored, computed: computed)
      case .unknown(let what, let number): .malformed("\(what) \(number) is not known")
      case .invalid(let what): .malformed(what)
      }
    self.init(file: file, offset: offset + error.offset, positions: positions, kind: kind)
  }
}
