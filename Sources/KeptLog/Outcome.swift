import KeptFormat

/// What became of an event that was handed to the writer.
package enum Outcome: Sendable, Equatable {
  /// Recorded at this position.
  case accepted(UInt64)
  /// The event at this position has the same identity and says the same; nothing was written.
  case duplicate(UInt64)
  /// The event at this position has the same identity and says something else; nothing was written.
  case conflict(UInt64)
  /// Its canonical line would have so many bytes, more than a line may have; nothing was written.
  case tooLong(byteCount: Int)
}

/// What became of a batch: all rows were accepted but those listed.
package struct Admission: Sendable {
  package struct Exception: Sendable, Equatable {
    /// The row's index in the batch as it was handed over.
    package var row: Int
    /// `EventRow.line`.
    package var line: UInt64
    package var outcome: Outcome
  }

  /// The position of the first accepted row; the others follow without gaps.
  package var firstPosition: UInt64
  package var acceptedCount: Int
  /// Ascending by row.
  package var exceptions: [Exception]

  /// By row of the batch as it was handed over.
  package var outcomes: [Outcome] {
    var outcomes: [Outcome] = []
    outcomes.reserveCapacity(acceptedCount + exceptions.count)
    var position = firstPosition
    var next = exceptions.startIndex
    while outcomes.count < acceptedCount + exceptions.count {
      if next < exceptions.endIndex, exceptions[next].row == outcomes.count {
        outcomes.append(exceptions[next].outcome)
        next += 1
      } else {
        outcomes.append(.accepted(position))
        position += 1
      }
    }
    return outcomes
  }
}
