/// How a subset of the rows 0 ..< n is written: LogFormat, "Row sets".
enum SetForm {
  static let all: UInt8 = 0
  static let bitmap: UInt8 = 1
  static let list: UInt8 = 2
}

/// How small codes are written: LogFormat, "Codes".
enum CodeForm {
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
  /// How many rows have each code; for decoding only of kinds, whose header says it.
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
