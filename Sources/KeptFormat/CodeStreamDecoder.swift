/// Knows the codes that others may depend on; decodes them if nobody asked for them yet.
protocol CodeParents: AnyObject {
  /// - Parameter rows: the rows whose codes are wanted, ascending, `codes[i]` being that of `rows[i]`; nil for all.
  func parentCodes(_ parent: CodeParent, at rows: UnsafeBufferPointer<UInt32>?) throws -> ParentCodes
  /// The rows of some kinds, ascending; nil where they are most of all.
  func rows(ofKinds isWanted: (Int) -> Bool) throws -> UnsafeBufferPointer<UInt32>?
}

/// Reads what `CodeStreamEncoder` writes.
final class CodeStreamDecoder {
  private let ints: IntStreamDecoder
  private let blobs: BlobDecoder
  private let members = Scratch<UInt32>()
  private let values = Scratch<UInt32>()
  private let fresh = Scratch<UInt32>()
  private let table = Scratch<UInt32>()
  private let constants = Scratch<UInt32>()
  private let residue = Scratch<UInt32>()
  private let openRows = Scratch<UInt32>()
  private let flags = Scratch<UInt32>()
  private let all = Scratch<UInt32>()

  init(ints: IntStreamDecoder, blobs: BlobDecoder) {
    self.ints = ints
    self.blobs = blobs
  }

  /// Reads a set of the rows 0 ..< `count`, ascending, into `rows`.
  ///
  /// - Returns: how many there are; `rows` then holds that many.
  func decodeSet(_ reader: inout ByteReader, of count: Int, into rows: Scratch<UInt32>) throws(FormatError) -> Int {
    let start = reader.offset
    let form = try reader.byte()
    switch form {
    case SetForm.all:
      let out = rows.room(count)
      for i in 0..<count { out[i] = UInt32(truncatingIfNeeded: i) }
      return count
    case SetForm.bitmap:
      let blob = try blobs.decode(&reader)
      guard blob.count == (count + 7) / 8 else {
        throw FormatError(.invalid("a bitmap of \(blob.count) bytes for \(count) rows"), offset: start)
      }
      if count & 7 != 0, blob[blob.count - 1] >> UInt8(count & 7) != 0 {
        throw FormatError(.invalid("a bit for a row that does not exist"), offset: start)
      }
      let out = rows.room(count + 8)
      var found = 0
      for byteIndex in 0..<blob.count {
        var byte = blob[byteIndex]
        while byte != 0 {
          out[found] = UInt32(truncatingIfNeeded: byteIndex << 3 + byte.trailingZeroBitCount)
          found += 1
          byte &= byte &- 1
        }
      }
      rows.count = found
      return found
    case SetForm.list:
      let memberCount = try reader.count(atMost: count, "a list of rows")
      let out = rows.room(memberCount)
      try ints.decode(&reader, count: memberCount, into: out)
      var isAscending = true
      var previous = -1
      for i in 0..<memberCount {
        isAscending = isAscending && Int(out[i]) > previous
        previous = Int(out[i])
      }
      guard isAscending && previous < count else {
        throw FormatError(.invalid("a list of rows that is not ascending below \(count)"), offset: start)
      }
      return memberCount
    default:
      throw FormatError(.unknown("form of a row set", UInt64(form)), offset: start)
    }
  }

  /// Reads `count` codes below `limit` that depend on nothing.
  func decode(
    _ reader: inout ByteReader, count: Int, below limit: Int, into out: UnsafeMutablePointer<UInt32>
  ) throws(FormatError) {
    guard count > 0 else { return }
    let start = reader.offset
    let form = try reader.byte()
    switch form {
    case CodeForm.plain:
      try ints.decode(&reader, count: count, into: out)
    case CodeForm.sparse, CodeForm.numbered:
      let present = try decodeSet(&reader, of: count, into: members)
      let codes = values.room(present)
      if form == CodeForm.sparse {
        try ints.decode(&reader, count: present, into: codes)
      } else {
        try decodeNumbered(&reader, count: present, into: codes)
      }
      out.update(repeating: 0, count: count)
      let rows = members.pointer
      for i in 0..<present { out[Int(rows[i])] = codes[i] }
    default:
      throw FormatError(.unknown("form of codes", UInt64(form)), offset: start)
    }
    var highest: UInt32 = 0
    for i in 0..<count { highest = max(highest, out[i]) }
    guard Int(highest) < limit else {
      throw FormatError(.invalid("code \(highest) where codes end at \(limit)"), offset: start)
    }
  }

  private func decodeNumbered(
    _ reader: inout ByteReader, count: Int, into out: UnsafeMutablePointer<UInt32>
  ) throws(FormatError) {
    let freshCount = try decodeSet(&reader, of: count, into: fresh)
    let oldCount = count - freshCount
    // The old codes wait at the end of the same memory; the loop never overtakes them.
    let old = out + freshCount
    try ints.decode(&reader, count: oldCount, into: old)
    let news = fresh.pointer
    var highest: UInt32 = 0
    var newIndex = 0
    var oldIndex = 0
    for i in 0..<count {
      if newIndex < freshCount && Int(news[newIndex]) == i {
        newIndex += 1
        highest &+= 1
        out[i] = highest
      } else {
        out[i] = old[oldIndex]
        highest = max(highest, out[i])
        oldIndex += 1
      }
    }
  }

  /// Reads `count` codes below `limit` that may depend on one of the `parents`, as those that are not 0: `codes[i]` is
  /// that of row `rows[i]`.
  ///
  /// Cost: where only some kinds can have a code, no more than that of their rows.
  func decodePresent(
    _ reader: inout ByteReader, count: Int, below limit: Int, into rows: Scratch<UInt32>, codes: Scratch<UInt32>,
    parents: some CodeParents
  ) throws {
    let parent = try decodeTable(&reader, below: limit, parents: parents)
    let lookup = table.pointer
    var found = 0
    if let parent, parent.codes.parent == .kind, let some = try parents.rows(ofKinds: { lookup[$0] != 0 }) {
      let kinds = parent.codes.codes
      let openCount = openCount(parent.codes)
      let varied = residue.room(openCount + 1)
      try decode(&reader, count: openCount, below: limit, into: varied)
      varied[openCount] = 0
      let (list, present) = (rows.room(some.count), codes.room(some.count))
      var next = 0
      for row in some {
        let implied = lookup[Int(kinds[Int(row)])]
        let code = implied == .max ? varied[min(next, openCount)] : implied
        next &+= implied == .max ? 1 : 0
        list[found] = row
        present[found] = code
        found &+= code != 0 ? 1 : 0
      }
      guard next == openCount else { throw FormatError(.invalid("other kinds than the header counts"), offset: 0) }
    } else {
      let all = flags.room(count)
      try decodeRows(&reader, count: count, below: limit, into: all, parent)
      let (list, present) = (rows.room(count), codes.room(count))
      for row in 0..<count {
        list[found] = UInt32(truncatingIfNeeded: row)
        present[found] = all[row]
        found &+= all[row] != 0 ? 1 : 0
      }
    }
    rows.count = found
    codes.count = found
  }

  /// Reads `count` codes below `limit` that may depend on one of the `parents`.
  func decode(
    _ reader: inout ByteReader, count: Int, below limit: Int, into out: UnsafeMutablePointer<UInt32>,
    parents: some CodeParents
  ) throws {
    let parent = try decodeTable(&reader, below: limit, parents: parents)
    try decodeRows(&reader, count: count, below: limit, into: out, parent)
  }

  /// The same, but only what `rows`, ascending, have: `out[i]` is the code of row `rows[i]`.
  ///
  /// Cost: little more than that of the rows asked for where a parent implies the codes.
  func decode(
    _ reader: inout ByteReader, count: Int, below limit: Int, at rows: UnsafeBufferPointer<UInt32>,
    into out: UnsafeMutablePointer<UInt32>, parents: some CodeParents
  ) throws {
    let start = reader
    if let parent = try decodeTable(&reader, below: limit, at: rows, parents: parents) {
      let lookup = table.pointer
      let codes = parent.codes.codes
      if parent.varyingCount == 0 {
        for i in 0..<rows.count { out[i] = lookup[Int(codes[i])] }
        return
      }
      if parent.codes.parent == .kind {
        // The kinds of all rows are known: which of the open codes is whose is a matter of counting.
        let all = try parents.parentCodes(.kind, at: nil).codes
        let openCount = openCount(parent.codes)
        let varied = residue.room(openCount + 1)
        try decode(&reader, count: openCount, below: limit, into: varied)
        varied[openCount] = 0
        var row = 0
        var open = 0
        for i in 0..<rows.count {
          while row < Int(rows[i]) {
            open &+= lookup[Int(all[row])] == .max ? 1 : 0
            row &+= 1
          }
          let code = lookup[Int(all[row])]
          out[i] = code == .max ? varied[min(open, openCount)] : code
        }
        guard open <= openCount else { throw FormatError(.invalid("other kinds than the header counts"), offset: 0) }
        return
      }
    }
    reader = start
    let whole = all.room(count)
    try decode(&reader, count: count, below: limit, into: whole, parents: parents)
    for i in 0..<rows.count { out[i] = whole[Int(rows[i])] }
  }

  /// Reads the parent and fills `table` with the code that each of its codes implies, `.max` where codes vary.
  ///
  /// - Parameter rows: the rows whose parents' codes are returned; nil for all.
  /// - Returns: nil where there is no parent.
  private func decodeTable(
    _ reader: inout ByteReader, below limit: Int, at rows: UnsafeBufferPointer<UInt32>? = nil,
    parents: some CodeParents
  ) throws -> (codes: ParentCodes, varyingCount: Int)? {
    let start = reader.offset
    let number = try reader.byte()
    guard let kind = CodeParent(rawValue: number) else {
      throw FormatError(.unknown("parent of codes", UInt64(number)), offset: start)
    }
    if kind == .none { return nil }
    let parent = try parents.parentCodes(kind, at: rows)
    let varyingCount = try decodeSet(&reader, of: parent.limit, into: members)
    let lookup = table.filled(parent.limit, 0)
    for i in 0..<varyingCount { lookup[Int(members.pointer[i])] = .max }
    let constantCount = parent.limit - varyingCount
    let known = constants.room(constantCount)
    try decode(&reader, count: constantCount, below: limit, into: known)
    var at = 0
    for code in 0..<parent.limit where lookup[code] == 0 {
      lookup[code] = known[at]
      at += 1
    }
    return (parent, varyingCount)
  }

  /// How many rows' codes vary, from the counts of the parent's codes.
  private func openCount(_ parent: ParentCodes) -> Int {
    guard let counts = parent.counts else { preconditionFailure("a parent without counts") }
    var openCount = 0
    for code in 0..<parent.limit where table.pointer[code] == .max { openCount += Int(counts[code]) }
    return openCount
  }

  private func decodeRows(
    _ reader: inout ByteReader, count: Int, below limit: Int, into out: UnsafeMutablePointer<UInt32>,
    _ parent: (codes: ParentCodes, varyingCount: Int)?
  ) throws(FormatError) {
    guard let parent else { return try decode(&reader, count: count, below: limit, into: out) }
    let lookup = table.pointer
    let codes = parent.codes.codes
    if parent.varyingCount == 0 {
      for i in 0..<count { out[i] = lookup[Int(codes[i])] }
      return
    }
    if parent.codes.counts != nil {
      let openCount = openCount(parent.codes)
      let varied = residue.room(openCount + 1)
      try decode(&reader, count: openCount, below: limit, into: varied)
      varied[openCount] = 0
      var next = 0
      for i in 0..<count {
        let code = lookup[Int(codes[i])]
        out[i] = code == .max ? varied[min(next, openCount)] : code
        next &+= code == .max ? 1 : 0
      }
      guard next == openCount else { throw FormatError(.invalid("other kinds than the header counts"), offset: 0) }
      return
    }
    let open = openRows.room(count)
    var openCount = 0
    for i in 0..<count {
      let code = lookup[Int(codes[i])]
      out[i] = code
      open[openCount] = UInt32(truncatingIfNeeded: i)
      openCount &+= code == .max ? 1 : 0
    }
    let varied = residue.room(openCount)
    try decode(&reader, count: openCount, below: limit, into: varied)
    for i in 0..<openCount { out[Int(open[i])] = varied[i] }
  }
}
