/// How a subset of the rows 0 ..< n is written: LogFormat, "Row sets".
private enum SetForm {
  static let all: UInt8 = 0
  static let bitmap: UInt8 = 1
  static let list: UInt8 = 2
}

/// How small codes are written: LogFormat, "Codes".
private enum CodeForm {
  static let plain: UInt8 = 0
  /// The non-zero ones, and where they are.
  static let sparse: UInt8 = 1
  /// The same, and the codes that are one above the highest before them only as a bit.
  static let numbered: UInt8 = 2
}

/// What a code may depend on. Raw values are written to disk.
enum CodeParent: UInt8 {
  case none = 0
  case kind = 1
  /// The agent's code, or, where there is no agent, the agents' count plus 1 plus the kind's code.
  case agentOrKind = 2
  /// The index into the block's customers, 0 for none.
  case customer = 3
}

/// Codes that others may depend on: `codes[row]` < `limit`.
struct ParentCodes {
  var parent: CodeParent
  var codes: UnsafePointer<UInt32>
  var limit: Int
  /// For encoding: how many rows have each code.
  var counts: UnsafePointer<UInt32>?
}

/// Writes small codes, 0 standing for "absent", alone or as what a parent's code implies.
final class CodeStreamEncoder {
  private let ints: IntStreamEncoder
  private let blobs: BlobEncoder
  private let bits = Scratch<UInt8>()
  private let members = Scratch<UInt32>()
  private let rest = Scratch<UInt32>()
  private let fresh = Scratch<UInt32>()
  private let implied = Scratch<UInt32>()
  private let impliedBest = Scratch<UInt32>()
  private let varying = Scratch<UInt32>()
  private let unvaried = Scratch<UInt32>()
  private let residue = Scratch<UInt32>()

  init(ints: IntStreamEncoder, blobs: BlobEncoder) {
    self.ints = ints
    self.blobs = blobs
  }

  /// Estimated bytes of a set of `memberCount` out of `count` rows.
  private static func setByteCount(_ memberCount: Int, of count: Int) -> Int {
    if memberCount == count { return 1 }
    let gap = BitPacking.width(UInt64(count / max(memberCount, 1)))
    return min(count / 8, memberCount * (gap + 2) / 8) + 4
  }

  /// Writes which of `count` rows are meant; `rows` are theirs, ascending.
  func encodeSet(_ rows: UnsafePointer<UInt32>, memberCount: Int, of count: Int, to sink: inout ByteSink) {
    if memberCount == count {
      sink.append(SetForm.all)
    } else if Self.setByteCount(memberCount, of: count) < count / 8 {
      sink.append(SetForm.list)
      sink.append(varint: memberCount)
      ints.encode(rows, count: memberCount, isOrdered: true, to: &sink)
    } else {
      sink.append(SetForm.bitmap)
      let byteCount = (count + 7) / 8
      let out = bits.filled(byteCount, 0)
      for i in 0..<memberCount { out[Int(rows[i] >> 3)] |= 1 << UInt8(rows[i] & 7) }
      blobs.encode(out, count: byteCount, to: &sink)
    }
  }

  /// What decides between the forms, counted in one pass.
  private struct Shape {
    var present = 0
    var fresh = 0
    var highest: UInt32 = 0

    init(_ codes: UnsafePointer<UInt32>, count: Int) {
      for i in 0..<count {
        let code = codes[i]
        present += code == 0 ? 0 : 1
        if code > highest {
          fresh += code == highest + 1 ? 1 : 0
          highest = code
        }
      }
    }

    func byteCounts(_ count: Int) -> (plain: Int, sparse: Int, numbered: Int) {
      let width = BitPacking.width(UInt64(highest))
      let presence = setByteCount(present, of: count)
      return (
        count * width / 8, presence + present * width / 8,
        presence + setByteCount(fresh, of: present) + (present - fresh) * width / 8
      )
    }
  }

  /// Writes `count` codes that depend on nothing.
  func encode(_ codes: UnsafePointer<UInt32>, count: Int, to sink: inout ByteSink) {
    guard count > 0 else { return }
    let shape = Shape(codes, count: count)
    let sizes = shape.byteCounts(count)
    // The plain form decodes fastest and must be beaten by a tenth.
    if sizes.plain * 9 / 10 <= min(sizes.sparse, sizes.numbered) || shape.present == 0 {
      sink.append(CodeForm.plain)
      ints.encode(codes, count: count, to: &sink)
      return
    }
    let isNumbered = sizes.numbered < sizes.sparse
    sink.append(isNumbered ? CodeForm.numbered : CodeForm.sparse)
    let present = members.room(shape.present)
    let values = rest.room(shape.present)
    var at = 0
    for i in 0..<count where codes[i] != 0 {
      present[at] = UInt32(i)
      values[at] = codes[i]
      at += 1
    }
    encodeSet(present, memberCount: at, of: count, to: &sink)
    guard isNumbered else {
      ints.encode(values, count: at, to: &sink)
      return
    }
    let news = fresh.room(shape.fresh)
    var highest: UInt32 = 0
    var newCount = 0
    var oldCount = 0
    for i in 0..<at {
      if values[i] == highest + 1 {
        news[newCount] = UInt32(i)
        newCount += 1
        highest += 1
      } else {
        highest = max(highest, values[i])
        values[oldCount] = values[i]
        oldCount += 1
      }
    }
    encodeSet(news, memberCount: newCount, of: at, to: &sink)
    ints.encode(values, count: oldCount, to: &sink)
  }

  /// Writes `count` codes with whichever of the `parents` leaves least to say.
  func encode(
    _ codes: UnsafePointer<UInt32>, count: Int, parents: [ParentCodes], to sink: inout ByteSink
  ) {
    let shape = Shape(codes, count: count)
    let sizes = shape.byteCounts(count)
    var best = min(sizes.plain, sizes.sparse, sizes.numbered)
    var chosen: ParentCodes?
    for parent in parents {
      let byteCount = measure(codes, count: count, shape, parent: parent)
      guard byteCount < best else { continue }
      best = byteCount
      chosen = parent
      impliedBest.room(parent.limit).update(from: implied.pointer, count: parent.limit)
    }
    sink.append((chosen?.parent ?? .none).rawValue)
    guard let chosen else {
      encode(codes, count: count, to: &sink)
      return
    }
    let table = impliedBest.pointer
    let varyingParents = varying.room(chosen.limit)
    let constants = unvaried.room(chosen.limit)
    var varyingCount = 0
    var constantCount = 0
    for code in 0..<chosen.limit {
      if table[code] == Self.isVarying {
        varyingParents[varyingCount] = UInt32(code)
        varyingCount += 1
      } else {
        constants[constantCount] = table[code] == Self.isUnused ? 0 : table[code]
        constantCount += 1
      }
    }
    encodeSet(varyingParents, memberCount: varyingCount, of: chosen.limit, to: &sink)
    encode(constants, count: constantCount, to: &sink)
    guard varyingCount > 0 else { return }
    let open = residue.room(count)
    var openCount = 0
    for i in 0..<count {
      open[openCount] = codes[i]
      openCount += table[Int(chosen.codes[i])] == Self.isVarying ? 1 : 0
    }
    encode(open, count: openCount, to: &sink)
  }

  /// Writes codes 1 for a few rows and 0 for all others, which depend on nothing, in time for the few.
  func encodeScarce(_ rows: UnsafePointer<UInt32>, memberCount: Int, of count: Int, to sink: inout ByteSink) {
    sink.append(CodeParent.none.rawValue)
    sink.append(CodeForm.sparse)
    encodeSet(rows, memberCount: memberCount, of: count, to: &sink)
    ints.encode(rest.filled(memberCount, 1), count: memberCount, to: &sink)
  }

  private static let isUnused = UInt32.max
  private static let isVarying = UInt32.max - 1

  /// Fills `implied` with the one code that each of the parent's codes goes with, and estimates the bytes.
  private func measure(
    _ codes: UnsafePointer<UInt32>, count: Int, _ shape: Shape, parent: ParentCodes
  ) -> Int {
    guard let counts = parent.counts else { preconditionFailure("a parent for encoding comes with its counts") }
    let table = implied.filled(parent.limit, Self.isUnused)
    let parentCodes = parent.codes
    for i in 0..<count {
      let of = Int(parentCodes[i])
      let known = table[of]
      if known != codes[i] { table[of] = known == Self.isUnused ? codes[i] : Self.isVarying }
    }
    var openCount = 0
    var known = 0
    var constant: UInt32 = 0
    for code in 0..<parent.limit {
      if table[code] < Self.isVarying {
        known += table[code] == 0 ? 0 : 1
        constant = max(constant, table[code])
      } else if table[code] == Self.isVarying {
        openCount += Int(counts[code])
      }
    }
    // At most as many of the open rows have a code as rows at all.
    let width = BitPacking.width(UInt64(shape.highest))
    let present = min(shape.present, openCount)
    let open = min(openCount * width / 8, Self.setByteCount(present, of: openCount) + present * width / 8)
    let tableByteCount =
      Self.setByteCount(known, of: parent.limit) + known * BitPacking.width(UInt64(constant)) / 8 + parent.limit / 8
    return open + tableByteCount + 8
  }
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

  /// Reads which of `count` rows have a value.
  ///
  /// The same as codes below 2 by row, but without writing them where the parent says it all.
  func decodePresence(
    _ reader: inout ByteReader, count: Int, into rows: Scratch<UInt32>,
    parentCodes: (CodeParent) throws -> ParentCodes
  ) throws {
    let list = rows.room(count)
    var found = 0
    let parent = try decodeTable(&reader, below: 2, parentCodes: parentCodes)
    if let parent, parent.varyingCount == 0 {
      let lookup = table.pointer
      let codes = parent.codes.codes
      for i in 0..<count {
        list[found] = UInt32(truncatingIfNeeded: i)
        found &+= Int(truncatingIfNeeded: lookup[Int(codes[i])])
      }
    } else {
      let flags = flags.room(count)
      try decodeRows(&reader, count: count, below: 2, into: flags, parent)
      for i in 0..<count {
        list[found] = UInt32(truncatingIfNeeded: i)
        found &+= Int(truncatingIfNeeded: flags[i])
      }
    }
    rows.count = found
  }

  /// Reads `count` codes below `limit` that may depend on one of the parents which `parentCodes` knows.
  func decode(
    _ reader: inout ByteReader, count: Int, below limit: Int, into out: UnsafeMutablePointer<UInt32>,
    parentCodes: (CodeParent) throws -> ParentCodes
  ) throws {
    let parent = try decodeTable(&reader, below: limit, parentCodes: parentCodes)
    try decodeRows(&reader, count: count, below: limit, into: out, parent)
  }

  /// Reads the parent and fills `table` with the code that each of its codes implies, `.max` where codes vary.
  ///
  /// - Returns: nil where there is no parent.
  private func decodeTable(
    _ reader: inout ByteReader, below limit: Int, parentCodes: (CodeParent) throws -> ParentCodes
  ) throws -> (codes: ParentCodes, varyingCount: Int)? {
    let start = reader.offset
    let number = try reader.byte()
    guard let kind = CodeParent(rawValue: number) else {
      throw FormatError(.unknown("parent of codes", UInt64(number)), offset: start)
    }
    if kind == .none { return nil }
    let parent = try parentCodes(kind)
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
