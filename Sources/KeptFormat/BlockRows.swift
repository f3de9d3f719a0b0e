/// The rows of a block turned into columns, before anything is packed.
///
/// Rows are visited in runs that fit the nearest caches, each run once: 65,536 rows are 14 MiB, and a pass over them for
/// every column would cost more than the packing.
final class BlockRows {
  /// A column of few different strings as codes by row.
  final class Coded {
    let interner = StringInterner()
    let codes = Scratch<UInt32>()
  }

  /// A column that not every row has: the rows that do, and their values.
  final class Sparse<Value: BitwiseCopyable> {
    let rows = Scratch<UInt32>()
    let values = Scratch<Value>()
    var count: Int { rows.count }

    func removeAll() {
      rows.count = 0
      values.count = 0
    }

    /// Appends `value(i)` for those of the next `runCount` rows that have one.
    @inline(__always)
    func append(
      _ first: Int, _ runCount: Int, _ value: (_ index: Int) -> Value, _ isPresent: (_ value: Value) -> Bool
    ) {
      var at = rows.count
      let rows = rows.grow(to: at + runCount)
      let values = values.grow(to: at + runCount)
      for i in 0..<runCount {
        let here = value(i)
        values[at] = here
        rows[at] = UInt32(truncatingIfNeeded: first + i)
        at += isPresent(here) ? 1 : 0
      }
      self.rows.count = at
      self.values.count = at
    }
  }

  struct Entries: BitwiseCopyable {
    var start: UInt32
    var count: UInt32

    var indices: Range<Int> { Int(start)..<Int(start) + Int(count) }
  }

  private(set) var count = 0
  private(set) var bytes = UnsafePointer<UInt8>(bitPattern: 1)!
  private(set) var data = UnsafePointer<DataEntry>(bitPattern: 16)!
  private(set) var survey = Survey()

  let times = Scratch<Int64>()
  let recorded = Scratch<Int64>()
  let customers = Scratch<UInt32>()
  /// Each row's entries in `data`.
  let entries = Scratch<Entries>()
  let otherCustomers = Sparse<UInt32>()
  let dues = Sparse<Int64>()
  let amounts = Sparse<ExactDecimal>()
  let scores = Sparse<ExactDecimal>()
  /// By `TextField.rawValue`: codes, or for `id` and `corrects` the plain strings themselves.
  let coded = TextField.allCases.map { _ in Coded() }
  let identifiers = TextField.allCases.map { _ in Sparse<ByteSlice>() }
  let sealed = TextField.allCases.map { _ in Sparse<ByteSlice>() }
  /// The customer's, then the other customer's.
  let names = [Sparse<ByteSlice>(), Sparse<ByteSlice>()]
  let sealedNames = [Sparse<ByteSlice>(), Sparse<ByteSlice>()]
  private(set) var hasData = false
  private let plain = Scratch<ByteSlice>()

  private static let runCount = 256

  /// The fields in the clear of some row and the sealed ones, as bits, and the ranges of the header.
  struct Survey {
    var present: UInt32 = 0
    var sealed: UInt32 = 0
    var timeMin = Instant.max
    var timeMax = Instant.min
    var recordedMin = Instant.max
    var recordedMax = Instant.min
    /// One below the lowest number: 0 - 1 wraps to the highest, so that 0 is never the lowest.
    var customerMinLess1 = UInt32.max
    var customerMax: UInt32 = 0
  }

  /// Forgets everything.
  func removeAll() {
    count = 0
    for column in coded {
      column.interner.begin(bytes)
      column.codes.count = 0
    }
    for column in identifiers + sealed + names + sealedNames { column.removeAll() }
    otherCustomers.removeAll()
    dues.removeAll()
    amounts.removeAll()
    scores.removeAll()
    times.count = 0
    recorded.count = 0
    customers.count = 0
    entries.count = 0
    hasData = false
    survey = Survey()
  }

  /// Where the arena and the entries of all rows are by now: they may move while they grow.
  func rebase(bytes: UnsafePointer<UInt8>?, data: UnsafePointer<DataEntry>?) {
    if let bytes { self.bytes = bytes }
    if let data { self.data = data }
    for column in coded { column.interner.rebase(self.bytes) }
  }

  /// Takes the next rows apart.
  func gather(_ rows: UnsafePointer<EventRow>, count rowCount: Int) {
    let start = count
    count += rowCount
    _ = times.grow(to: count)
    _ = recorded.grow(to: count)
    _ = customers.grow(to: count)
    _ = entries.grow(to: count)
    for column in coded { _ = column.codes.grow(to: count) }
    for first in stride(from: 0, to: rowCount, by: Self.runCount) {
      gather(start + first, min(Self.runCount, rowCount - first), rows + first)
    }
  }

  private func gather(_ first: Int, _ runCount: Int, _ rows: UnsafePointer<EventRow>) {
    let here = envelope(first, runCount, rows, &survey)
    for field in TextField.allCases {
      let number = field.rawValue
      let bit: UInt32 = 1 << UInt32(number)
      if here.sealed & bit != 0 {
        sealed[number].append(first, runCount, { rows[$0].sealed & bit != 0 ? rows[$0].fields[number] : .absent }) {
          $0.isPresent
        }
      }
      switch field {
      case .text:
        precondition(here.plain & bit == 0, "law 10: text goes into a block sealed or not at all")
      case .id, .corrects:
        guard here.plain & bit != 0 else { continue }
        identifiers[number].append(first, runCount, { rows[$0].sealed & bit != 0 ? .absent : rows[$0].fields[number] }) {
          $0.isPresent
        }
      default:
        let codes = coded[number].codes.pointer + first
        guard here.plain & bit != 0 else {
          codes.update(repeating: 0, count: runCount)
          continue
        }
        let plain = plain.room(runCount)
        for i in 0..<runCount { plain[i] = rows[i].sealed & bit != 0 ? .absent : rows[i].fields[number] }
        coded[number].interner.codes(plain, count: runCount, into: codes)
      }
    }
    if here.hasNames {
      append(first, runCount, rows, 0, EventRow.sealedCustomerBit) { $0.pointee.customerName }
      append(first, runCount, rows, 1, EventRow.sealedOtherCustomerBit) { $0.pointee.otherCustomerName }
    }
    amounts.append(first, runCount, { rows[$0].amount }) { $0.isPresent }
    scores.append(first, runCount, { rows[$0].score }) { $0.isPresent }
    dues.append(first, runCount, { rows[$0].due }) { $0 != .absentInstant }
    otherCustomers.append(first, runCount, { rows[$0].otherCustomer }) { $0 != 0 }
  }

  @inline(__always)
  private func append(
    _ first: Int, _ runCount: Int, _ rows: UnsafePointer<EventRow>, _ which: Int, _ sealedBit: UInt32,
    _ name: (UnsafePointer<EventRow>) -> ByteSlice
  ) {
    names[which].append(first, runCount, { rows[$0].sealed & sealedBit != 0 ? .absent : name(rows + $0) }) {
      $0.isPresent
    }
    sealedNames[which].append(first, runCount, { rows[$0].sealed & sealedBit != 0 ? name(rows + $0) : .absent }) {
      $0.isPresent
    }
  }

  /// What every row has, and which of the rest some row of this run has.
  private func envelope(
    _ first: Int, _ runCount: Int, _ rows: UnsafePointer<EventRow>, _ survey: inout Survey
  ) -> (plain: UInt32, sealed: UInt32, hasNames: Bool) {
    var seen = survey
    var plain: UInt32 = 0
    var sealed: UInt32 = 0
    var hasNames = false
    var entryCount: UInt32 = 0
    let times = times.pointer + first
    let recorded = recorded.pointer + first
    let customers = customers.pointer + first
    let entries = entries.pointer + first
    for i in 0..<runCount {
      let row = rows + i
      var present: UInt32 = 0
      for field in 0..<TextField.count { present |= row.pointee.fields[field].isPresent ? 1 << UInt32(field) : 0 }
      plain |= present & ~row.pointee.sealed
      sealed |= present & row.pointee.sealed
      hasNames = hasNames || row.pointee.customerName.isPresent || row.pointee.otherCustomerName.isPresent
      entryCount |= row.pointee.dataCount
      entries[i] = Entries(start: row.pointee.dataStart, count: row.pointee.dataCount)
      let time = row.pointee.time
      times[i] = time
      seen.timeMin = min(seen.timeMin, time)
      seen.timeMax = max(seen.timeMax, time)
      recorded[i] = row.pointee.recorded
      seen.recordedMin = min(seen.recordedMin, row.pointee.recorded)
      seen.recordedMax = max(seen.recordedMax, row.pointee.recorded)
      let customer = row.pointee.customer
      let other = row.pointee.otherCustomer
      customers[i] = customer
      seen.customerMax = max(seen.customerMax, customer, other)
      seen.customerMinLess1 = min(seen.customerMinLess1, customer &- 1, other &- 1)
    }
    hasData = hasData || entryCount != 0
    seen.present |= plain
    seen.sealed |= sealed
    survey = seen
    return (plain, sealed, hasNames)
  }
}
