/// The columns one by one. Layouts: LogFormat, "Columns".
extension BlockEncoder {
  func encodeTimes(to sink: inout ByteSink) {
    let count = input.count
    let times = values.room(count)
    for i in 0..<count { times[i] = input.rows[i].time }
    // Late events would spoil the small differences of the others, so they are told apart where they are few.
    let late = rowList.room(count)
    let lateness = moreValues.room(count)
    var lateCount = 0
    var highest = times[0]
    for i in 0..<count {
      if times[i] >= highest {
        highest = times[i]
      } else {
        late[lateCount] = UInt32(i)
        lateness[lateCount] = highest &- times[i]
        lateCount += 1
      }
    }
    guard lateCount > 0 && lateCount < count / 8 else {
      sink.append(TimeForm.plain)
      ints.encode(UnsafePointer(times), count: count, to: &sink)
      return
    }
    for i in 0..<lateCount { times[Int(late[i])] &+= lateness[i] }
    sink.append(TimeForm.runningMaximum)
    ints.encode(UnsafePointer(times), count: count, to: &sink)
    codes.encodeSet(UnsafePointer(late), memberCount: lateCount, of: count, to: &sink)
    ints.encode(UnsafePointer(lateness), count: lateCount, to: &sink)
  }

  func encodeRecorded(to sink: inout ByteSink) {
    let recorded = values.room(input.count)
    for i in 0..<input.count { recorded[i] = input.rows[i].recorded }
    ints.encode(UnsafePointer(recorded), count: input.count, to: &sink)
  }

  func encodeCustomers() {
    let indices = customerCodes.room(input.count)
    for i in 0..<input.count { indices[i] = input.rows[i].customer }
    let distinct = customers.rank(indices, count: input.count)
    guard customers.count > 0 else { return }
    column(.customer) { sink in
      sink.append(varint: customers.count)
      ints.encode(distinct, count: customers.count, to: &sink)
      ints.encode(UnsafePointer(indices), count: input.count, to: &sink)
    }
  }

  func encodeOtherCustomers(to sink: inout ByteSink) {
    let numbers = values.room(input.count)
    let count = encodePresence(to: &sink) { row, index in
      numbers[index] = Int64(row.pointee.otherCustomer)
      return row.pointee.otherCustomer != 0
    }
    ints.encode(UnsafePointer(numbers), count: count, to: &sink)
  }

  func encodeDues(to sink: inout ByteSink) {
    let dues = values.room(input.count)
    let count = encodePresence(to: &sink) { row, index in
      dues[index] = row.pointee.due
      return row.pointee.due != .absentInstant
    }
    encodeGrouped(UnsafePointer(dues), count: count, to: &sink)
  }

  func encodeNumbers(_ number: (UnsafePointer<EventRow>) -> ExactDecimal, to sink: inout ByteSink) {
    let mantissas = values.room(input.count)
    let scales = moreValues.room(input.count)
    let count = encodePresence(to: &sink) { row, index in
      let value = number(row)
      mantissas[index] = value.mantissa
      scales[index] = Int64(value.scale)
      return value.isPresent
    }
    encodeNumbers(mantissas, scales, count: count, to: &sink)
  }

  /// Numbers of the rows in `rowList`, at one scale where they all fit it.
  func encodeNumbers(
    _ mantissas: UnsafeMutablePointer<Int64>, _ scales: UnsafeMutablePointer<Int64>, count: Int,
    to sink: inout ByteSink
  ) {
    var common: Int64 = 0
    for i in 0..<count { common = max(common, scales[i]) }
    var fits = true
    for i in 0..<count where scales[i] != common {
      let power = Int64(powersOfTen(Int(common - scales[i])))
      fits = fits && !mantissas[i].multipliedReportingOverflow(by: power).overflow
    }
    if fits {
      sink.append(NumberForm.oneScale)
      sink.append(UInt8(common))
      for i in 0..<count where scales[i] != common { mantissas[i] *= Int64(powersOfTen(Int(common - scales[i]))) }
    } else {
      sink.append(NumberForm.scales)
      ints.encode(UnsafePointer(scales), count: count, to: &sink)
    }
    encodeGrouped(UnsafePointer(mantissas), count: count, to: &sink)
  }

  /// Values of the rows in `rowList`, those of each kind by themselves.
  func encodeGrouped(_ values: UnsafePointer<Int64>, count: Int, to sink: inout ByteSink) {
    let kindOf = codesOfRows(kindCodes, count: count)
    guard GroupOrder.isWorthwhile(kindOf, count: count, limit: kinds.count + 1) else {
      sink.append(Grouping.none.rawValue)
      ints.encode(values, count: count, to: &sink)
      return
    }
    sink.append(Grouping.kind.rawValue)
    let starts = groups.starts(kindOf, count: count, limit: kinds.count + 1)
    let sorted = grouped.room(count)
    groups.scatter(values, kindOf, count: count, to: sorted)
    for kind in 0...kinds.count {
      let start = Int(starts[kind])
      ints.encode(UnsafePointer(sorted + start), count: Int(starts[kind + 1]) - start, to: &sink)
    }
  }

  /// What the rows in `rowList` have in a column of codes.
  func codesOfRows(_ all: Scratch<UInt32>, count: Int) -> UnsafePointer<UInt32> {
    let out = groupCodes.room(count)
    let rows = rowList.pointer
    for i in 0..<count { out[i] = all.pointer[Int(rows[i])] }
    return UnsafePointer(out)
  }

  /// Writes which rows have a value and leaves them in `rowList`.
  ///
  /// - Parameter take: is asked for every row in turn: stores the row's value at `index`, which only rows with a value
  ///   move on, and says whether there is one.
  /// - Returns: how many rows have one.
  @inline(__always)
  func encodePresence(
    to sink: inout ByteSink, _ take: (_ row: UnsafePointer<EventRow>, _ index: Int) -> Bool
  ) -> Int {
    let count = input.count
    let flags = rowCodes.room(count)
    let list = rowList.room(count)
    var present = 0
    for i in 0..<count {
      let isPresent = take(input.rows + i, present)
      flags[i] = isPresent ? 1 : 0
      list[present] = UInt32(i)
      present += isPresent ? 1 : 0
    }
    codes.encode(UnsafePointer(flags), count: count, parents: [kindParent], to: &sink)
    return present
  }

  // MARK: Text

  /// A column with a dictionary: what the agent, kind or customer does not imply is a code a row.
  func encodeText(_ field: TextField, to sink: inout ByteSink) {
    let parents: [ParentCodes]
    var known: (StringInterner, Scratch<UInt32>) = (others, rowCodes)
    switch field {
    case .source:
      known = (sources, sourceCodes)
      parents = [kindParent]
    case .agent:
      known = (agents, agentCodes)
      parents = [kindParent]
    case .department: parents = [kindParent, agentOrKindParent]
    case .account, .party: parents = [kindParent, customerParent]
    default: parents = [kindParent]
    }
    if known.0 === others { intern(field, others, into: rowCodes) }
    encodeDictionary(known.0, to: &sink)
    codes.encode(UnsafePointer(known.1.pointer), count: input.count, parents: parents, to: &sink)
  }

  func encodeDictionary(_ interner: StringInterner, to sink: inout ByteSink) {
    sink.append(varint: interner.count)
    strings.encode(input.bytes, interner.distinct(), count: interner.count, to: &sink)
  }

  /// Ids: all different, alike within their source.
  func encodeIdentifiers(_ field: TextField, to sink: inout ByteSink) {
    let bit: UInt32 = 1 << UInt32(field.rawValue)
    let ids = slices.room(input.count)
    let count = encodePresence(to: &sink) { row, index in
      ids[index] = row.pointee.fields[field.rawValue]
      return ids[index].isPresent && row.pointee.sealed & bit == 0
    }
    strings.encode(
      input.bytes, ids, count: count, grouping: .source, of: codesOfRows(sourceCodes, count: count),
      limit: sources.count + 1, to: &sink)
  }

  /// The external ids that the block introduces, plain or sealed.
  func encodeNames(
    _ code: ColumnCode, _ sealedCode: ColumnCode, _ name: (UnsafePointer<EventRow>) -> ByteSlice
  ) {
    let sealedBit = code == .customerName ? EventRow.sealedCustomerBit : EventRow.sealedOtherCustomerBit
    var hasPlain = false
    var hasSealed = false
    for i in 0..<input.count where name(input.rows + i).isPresent {
      if input.rows[i].sealed & sealedBit == 0 { hasPlain = true } else { hasSealed = true }
    }
    if hasPlain {
      column(code) { sink in
        let names = slices.room(input.count)
        let count = encodePresence(to: &sink) { row, index in
          names[index] = name(row)
          return names[index].isPresent && row.pointee.sealed & sealedBit == 0
        }
        strings.encode(input.bytes, names, count: count, to: &sink)
      }
    }
    if hasSealed {
      column(sealedCode) {
        encodeCommitments(to: &$0) { $0.pointee.sealed & sealedBit != 0 ? name($0) : .absent }
      }
    }
  }

  static func sealedSlice(_ field: TextField) -> (UnsafePointer<EventRow>) -> ByteSlice {
    { $0.pointee.sealed & 1 << UInt32(field.rawValue) != 0 ? $0.pointee.fields[field.rawValue] : .absent }
  }

  /// Commitments do not compress and are not tried.
  func encodeCommitments(to sink: inout ByteSink, _ commitment: (UnsafePointer<EventRow>) -> ByteSlice) {
    let sealed = slices.room(input.count)
    let count = encodePresence(to: &sink) { row, index in
      sealed[index] = commitment(row)
      return sealed[index].isPresent
    }
    appendCommitments(sealed, count: count, to: &sink)
  }

  func appendCommitments(_ sealed: UnsafePointer<ByteSlice>, count: Int, to sink: inout ByteSink) {
    sink.reserve(count * Digest.byteCount)
    for i in 0..<count {
      precondition(sealed[i].count == UInt32(Digest.byteCount), "a commitment of \(sealed[i].count) bytes")
      sink.append(input.bytes + Int(sealed[i].offset), count: Digest.byteCount)
    }
  }

  // MARK: Subjects

  /// What the customer's last subjects do not say is a new entry of the dictionary or a number in it.
  func encodeSubjects(to sink: inout ByteSink) {
    let count = input.count
    intern(.subject, others, into: rowCodes)
    let subjects = rowCodes.pointer
    let customerOf = customerCodes.pointer
    let latest = recentSubjects.filled((customers.count + 1) * 2, 0)
    let references = subjectReferences.room(count)
    let explicit = values.room(count)
    let introducers = rowList.room(count)
    var explicitCount = 0
    var entryCount = 0
    for i in 0..<count {
      let subject = subjects[i]
      let recent = latest + Int(customerOf[i]) * 2
      if subject == 0 {
        references[i] = SubjectReference.absent
      } else if Int(subject) > entryCount {
        // Codes are given in order of first appearance.
        references[i] = SubjectReference.new
        introducers[entryCount] = UInt32(i)
        entryCount += 1
        recent[1] = recent[0]
        recent[0] = subject
      } else if subject == recent[0] {
        references[i] = SubjectReference.latest
      } else if subject == recent[1] {
        references[i] = SubjectReference.secondLatest
      } else {
        references[i] = SubjectReference.explicit
        explicit[explicitCount] = Int64(subject)
        explicitCount += 1
      }
    }
    codes.encode(UnsafePointer(references), count: count, parents: [kindParent], to: &sink)
    ints.encode(UnsafePointer(explicit), count: explicitCount, to: &sink)
    strings.encode(
      input.bytes, others.distinct(), count: entryCount, grouping: .kind,
      of: codesOfRows(kindCodes, count: entryCount), limit: kinds.count + 1, to: &sink)
  }
}

/// How the time column is written. Raw values are on disk, as are those below.
enum TimeForm {
  static let plain: UInt8 = 0
  /// The highest time so far, and for the rows below it by how much.
  static let runningMaximum: UInt8 = 1
}

enum NumberForm {
  static let oneScale: UInt8 = 0
  static let scales: UInt8 = 1
}

enum SubjectReference {
  static let absent: UInt32 = 0
  /// The next entry of the dictionary.
  static let new: UInt32 = 1
  /// The entry that the row's customer introduced last, and the one before.
  static let latest: UInt32 = 2
  static let secondLatest: UInt32 = 3
  static let explicit: UInt32 = 4
  static let limit = 5
}
