/// The columns one by one. Layouts: LogFormat, "Columns".
extension BlockEncoder {
  func encodeTimes(to sink: inout ByteSink) {
    let count = input.count
    let times = input.times.pointer
    // Late events would spoil the small differences of the others, so they are told apart where they are few.
    let late = introducers.room(count)
    let lateness = moreValues.room(count)
    var lateCount = 0
    var highest = times[0]
    for i in 0..<count {
      let time = times[i]
      late[lateCount] = UInt32(truncatingIfNeeded: i)
      lateness[lateCount] = highest &- time
      lateCount += time < highest ? 1 : 0
      highest = max(highest, time)
    }
    guard lateCount > 0 && lateCount < count / 8 else {
      sink.append(TimeForm.plain)
      ints.encode(times, count: count, to: &sink)
      return
    }
    for i in 0..<lateCount { times[Int(late[i])] &+= lateness[i] }
    sink.append(TimeForm.runningMaximum)
    ints.encode(times, count: count, to: &sink)
    codes.encodeSet(late, memberCount: lateCount, of: count, to: &sink)
    ints.encode(lateness, count: lateCount, to: &sink)
  }

  /// Leaves each row's index in `input.customers`.
  func encodeCustomers() {
    let distinct = customers.rank(input.customers.pointer, count: input.count)
    guard customers.count > 0 else { return }
    column(.customer) { sink in
      sink.append(varint: customers.count)
      ints.encode(distinct, count: customers.count, isOrdered: true, to: &sink)
      ints.encode(input.customers.pointer, count: input.count, to: &sink)
    }
  }

  func encodeOtherCustomers(to sink: inout ByteSink) {
    encodePresence(input.otherCustomers.rows, to: &sink)
    ints.encode(input.otherCustomers.values.pointer, count: input.otherCustomers.count, isOrdered: true, to: &sink)
  }

  func encodeDues(to sink: inout ByteSink) {
    encodePresence(input.dues.rows, to: &sink)
    encodeGrouped(input.dues.values.pointer, rows: input.dues.rows, to: &sink)
  }

  func encodeNumbers(_ numbers: BlockRows.Sparse<ExactDecimal>, to sink: inout ByteSink) {
    encodePresence(numbers.rows, to: &sink)
    let mantissas = values.room(numbers.count)
    let scales = moreValues.room(numbers.count)
    let all = numbers.values.pointer
    for i in 0..<numbers.count {
      mantissas[i] = all[i].mantissa
      scales[i] = Int64(all[i].scale)
    }
    encodeNumbers(mantissas, scales, rows: numbers.rows, to: &sink)
  }

  /// Numbers of `rows`, at one scale where they all fit it.
  func encodeNumbers(
    _ mantissas: UnsafeMutablePointer<Int64>, _ scales: UnsafeMutablePointer<Int64>, rows: Scratch<UInt32>,
    to sink: inout ByteSink
  ) {
    let count = rows.count
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
      ints.encode(scales, count: count, to: &sink)
    }
    encodeGrouped(mantissas, rows: rows, to: &sink)
  }

  /// Values of `rows`, those of each kind by themselves.
  func encodeGrouped(_ values: UnsafePointer<Int64>, rows: Scratch<UInt32>, to sink: inout ByteSink) {
    let count = rows.count
    let kindOf = codes(of: rows, in: text(.kind).codes)
    guard GroupOrder.isWorthwhile(count: count, limit: kindLimit) else {
      sink.append(Grouping.none.rawValue)
      ints.encode(values, count: count, to: &sink)
      return
    }
    sink.append(Grouping.kind.rawValue)
    let starts = groups.starts(kindOf, count: count, limit: kindLimit)
    let sorted = grouped.room(count)
    groups.scatter(values, kindOf, count: count, to: sorted)
    for kind in 0..<kindLimit {
      let start = Int(starts[kind])
      ints.encode(sorted + start, count: Int(starts[kind + 1]) - start, to: &sink)
    }
  }

  /// What some rows have in a column of codes.
  func codes(of rows: Scratch<UInt32>, in all: Scratch<UInt32>) -> UnsafePointer<UInt32> {
    let out = groupCodes.room(rows.count)
    let list = rows.pointer
    let codes = all.pointer
    for i in 0..<rows.count { out[i] = codes[Int(list[i])] }
    return UnsafePointer(out)
  }

  /// Writes which rows have a value.
  func encodePresence(_ rows: Scratch<UInt32>, to sink: inout ByteSink) {
    let list = rows.pointer
    if rows.count < input.count / Self.scarce && rows.count > 0 {
      // A kind that never or always has the value may say it for nothing; that is worth a look at these rows only.
      let kinds = text(.kind).codes.pointer
      let first = kinds[Int(list[0])]
      var isMixed = false
      for i in 1..<rows.count where kinds[Int(list[i])] != first { isMixed = true }
      if isMixed || rows.count < Self.scarceMin {
        codes.encodeScarce(list, memberCount: rows.count, of: input.count, to: &sink)
        return
      }
    }
    let flags = rowCodes.filled(input.count, 0)
    for i in 0..<rows.count { flags[Int(list[i])] = 1 }
    codes.encode(flags, count: input.count, parents: [kindParent], to: &sink)
  }

  /// Where fewer than one row in this many has a value, and of several kinds, rows are listed without a look at the
  /// others: a block may have a thousand such columns.
  private static let scarce = 64
  private static let scarceMin = 16

  // MARK: Text

  /// A column with a dictionary: what the agent, kind or customer does not imply is a code a row.
  func encodeText(_ field: TextField, to sink: inout ByteSink) {
    let parents =
      switch field {
      case .department: [kindParent, agentOrKindParent]
      case .account, .party: [kindParent, customerParent]
      default: [kindParent]
      }
    if field == .account || field == .party { renumberByCustomer(text(field)) }
    encodeDictionary(text(field).interner, to: &sink)
    codes.encode(text(field).codes.pointer, count: input.count, parents: parents, to: &sink)
  }

  /// Numbers a dictionary in the order of the customers instead of the rows.
  ///
  /// Where the customer implies the code, most customers then have the next new one, which takes a bit.
  private func renumberByCustomer(_ coded: BlockRows.Coded) {
    let codes = coded.codes.pointer
    let customerOf = input.customers.pointer
    let codeOf = rowCodes.filled(customers.count + 1, 0)
    for i in 0..<input.count where codes[i] != 0 { codeOf[Int(customerOf[i])] = codes[i] }
    let order = introducers.room(coded.interner.count)
    let newCode = groupCodes.filled(coded.interner.count + 1, 0)
    var next = 0
    func number(_ code: UInt32) {
      guard code != 0 && newCode[Int(code)] == 0 else { return }
      order[next] = code
      next += 1
      newCode[Int(code)] = UInt32(next)
    }
    for customer in 0...customers.count { number(codeOf[customer]) }
    for code in 0..<coded.interner.count { number(UInt32(code + 1)) }
    for i in 0..<input.count { codes[i] = newCode[Int(codes[i])] }
    coded.interner.reorder(order)
  }

  func encodeDictionary(_ interner: StringInterner, to sink: inout ByteSink) {
    sink.append(varint: interner.count)
    strings.encode(input.bytes, interner.distinct(), count: interner.count, to: &sink)
  }

  /// Ids: all different, alike within their source.
  func encodeIdentifiers(_ ids: BlockRows.Sparse<ByteSlice>, to sink: inout ByteSink) {
    encodePresence(ids.rows, to: &sink)
    strings.encode(
      input.bytes, ids.values.pointer, count: ids.count, grouping: .source,
      of: codes(of: ids.rows, in: text(.source).codes), limit: text(.source).interner.count + 1, to: &sink)
  }

  /// The external ids that the block introduces.
  func encodeNames(_ names: BlockRows.Sparse<ByteSlice>, to sink: inout ByteSink) {
    encodePresence(names.rows, to: &sink)
    strings.encode(input.bytes, names.values.pointer, count: names.count, to: &sink)
  }

  /// Commitments do not compress and are not tried.
  func encodeCommitments(_ sealed: BlockRows.Sparse<ByteSlice>, to sink: inout ByteSink) {
    encodePresence(sealed.rows, to: &sink)
    appendCommitments(sealed.values.pointer, count: sealed.count, to: &sink)
  }

  func appendCommitments(_ sealed: UnsafePointer<ByteSlice>, count: Int, to sink: inout ByteSink) {
    sink.reserve(count * Digest.byteCount)
    let bytes = input.bytes
    for i in 0..<count {
      precondition(sealed[i].count == UInt32(Digest.byteCount), "a commitment of \(sealed[i].count) bytes")
      sink.append(bytes + Int(sealed[i].offset), count: Digest.byteCount)
    }
  }

  // MARK: Subjects

  /// What the customer's last subjects do not say is a new entry of the dictionary or a number in it.
  func encodeSubjects(to sink: inout ByteSink) {
    let count = input.count
    let subjects = text(.subject).codes.pointer
    let customerOf = input.customers.pointer
    let latest = recentSubjects.filled((customers.count + 1) * 2, 0)
    let references = subjectReferences.room(count)
    let explicit = values.room(count + 1)
    let first = introducers.room(count + 1)
    var explicitCount = 0
    var entryCount: UInt32 = 0
    for i in 0..<count {
      let subject = subjects[i]
      let recent = latest + Int(customerOf[i]) * 2
      let last = recent[0]
      let secondLast = recent[1]
      // Codes are given in order of first appearance.
      let isNew = subject > entryCount
      var reference = subject == 0 ? SubjectReference.absent : SubjectReference.explicit
      reference = subject == secondLast && subject != 0 ? SubjectReference.secondLatest : reference
      reference = subject == last && subject != 0 ? SubjectReference.latest : reference
      reference = isNew ? SubjectReference.new : reference
      references[i] = reference
      first[Int(entryCount)] = UInt32(truncatingIfNeeded: i)
      entryCount &+= isNew ? 1 : 0
      explicit[explicitCount] = Int64(subject)
      explicitCount &+= reference == SubjectReference.explicit ? 1 : 0
      recent[0] = isNew ? subject : last
      recent[1] = isNew ? last : secondLast
    }
    introducers.count = Int(entryCount)
    codes.encode(references, count: count, parents: [kindParent], to: &sink)
    ints.encode(explicit, count: explicitCount, to: &sink)
    strings.encode(
      input.bytes, text(.subject).interner.distinct(), count: Int(entryCount), grouping: .kind,
      of: codes(of: introducers, in: text(.kind).codes), limit: kindLimit, to: &sink)
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
