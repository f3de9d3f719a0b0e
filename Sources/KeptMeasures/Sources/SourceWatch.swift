import KeptFormat
import KeptReplay

/// Through which sources lives were in contact, and until when each source said anything of anyone: silence is observed
/// only that long. Metrics 3.01.
final class SourceWatch {
  /// By source code: the last instant at which the source said anything of anyone.
  private(set) var ends: [Instant] = []
  /// The different sets of sources that lives had touches from, or were in contact through; codes ascending.
  private(set) var sets: [[UInt32]] = []
  private var setNumbers: [[UInt32]: Int] = [:]
  private let slots: FieldSlots
  private var contacts: [UInt32] = []
  private var all: [UInt32] = []

  init(slots: FieldSlots) { self.slots = slots }

  func begin() {
    contacts.removeAll(keepingCapacity: true)
    all.removeAll(keepingCapacity: true)
  }

  func apply(_ chunk: borrowing Chunk, anyMask: UInt8, contactMask: UInt8) {
    let rows = chunk.rows
    for place in 0..<chunk.count where chunk.activity[place] & anyMask != 0 {
      let slot = slots.slot(TouchClass.kind(rows[place].touchClass), .source)
      let source = slot < 0 ? 0 : chunk.touches.code(chunk.start + place, slot)
      while ends.count <= source { ends.append(.min) }
      ends[Int(source)] = max(ends[Int(source)], rows[place].time)
      if all.last != source, !all.contains(source) { all.append(source) }
      if chunk.activity[place] & contactMask != 0, contacts.last != source, !contacts.contains(source) {
        contacts.append(source)
      }
    }
  }

  /// The life's sets of sources, as places in `sets`: those it was in contact through, and those of any touch.
  func end() -> (contact: Int, any: Int) { (number(&contacts), number(&all)) }

  private func number(_ sources: inout [UInt32]) -> Int {
    sources.sort()
    if let known = setNumbers[sources] { return known }
    setNumbers[sources] = sets.count
    sets.append(sources)
    return sets.count - 1
  }

  /// By source code: the last instant of any of the watches, or one known from elsewhere.
  static func ends(of watches: [SourceWatch], known: [Instant]) -> [Instant] {
    var ends = known
    for watch in watches {
      while ends.count < watch.ends.count { ends.append(.min) }
      for (code, end) in watch.ends.enumerated() { ends[code] = max(ends[code], end) }
    }
    return ends
  }

  /// The last local day on which one of the sources of a set still said something; nil for the empty set.
  func observedDay(ofSet set: Int, ends: [Instant], _ dayTable: DayTable) -> Int? {
    sets[set].map { ends[Int($0)] }.max().map { dayTable.day(of: $0) }
  }
}
