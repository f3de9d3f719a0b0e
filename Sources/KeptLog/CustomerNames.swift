import KeptFormat

/// External customer ids by number: derived from the events that introduce them.
package struct CustomerNames: Sendable {
  /// All ids one after another.
  package private(set) var bytes: [UInt8] = []
  /// The id of number n is `bytes[ends[n - 1] ..< ends[n]]`; `ends[0]` is 0.
  package private(set) var ends: [UInt32] = [0]
  /// Customers whose id is not known (sealed, and the vault does not have it); they have no bytes.
  package private(set) var unknown: Set<UInt32> = []

  package init() {}

  /// The highest number.
  package var count: Int { ends.count - 1 }

  /// The id of a number, or nil where it is not known.
  package subscript(number: UInt32) -> ArraySlice<UInt8>? {
    guard number > 0, Int(number) <= count, !unknown.contains(number) else { return nil }
    return bytes[Int(ends[Int(number) - 1])..<Int(ends[Int(number)])]
  }

  /// Adds the next number. `name` is nil where it is not known.
  @inline(__always)
  package mutating func append(_ name: UnsafeRawBufferPointer?) {
    if let name { bytes.append(contentsOf: name) } else { unknown.insert(UInt32(count + 1)) }
    ends.append(UInt32(bytes.count))
  }

  /// Adds the next numbers, whose names stand one after another.
  ///
  /// - Parameter lengths: 16 bits a name, little-endian; `NamesFile.unknownLength` where it is not known.
  /// - Returns: false, and adds nothing, where the names have another length together.
  fileprivate mutating func append(_ names: UnsafeRawBufferPointer, lengths: UnsafeRawBufferPointer) -> Bool {
    let first = count
    var end = UInt32(bytes.count)
    for at in stride(from: 0, to: lengths.count, by: 2) {
      let length = UInt16(littleEndian: lengths.loadUnaligned(fromByteOffset: at, as: UInt16.self))
      if length == NamesFile.unknownLength { unknown.insert(UInt32(count + 1)) } else { end += UInt32(length) }
      ends.append(end)
    }
    guard Int(end) - bytes.count == names.count else {
      ends.removeSubrange((first + 1)...)
      unknown = unknown.filter { $0 <= first }
      return false
    }
    bytes.append(contentsOf: names)
    return true
  }

  /// Takes away the names of some numbers, which stay numbers.
  mutating func forget(_ numbers: Set<UInt32>) {
    guard numbers.contains(where: { self[$0] != nil }) else { return }
    var left = CustomerNames()
    left.reserve(byteCount: bytes.count)
    bytes.withUnsafeBytes { all in
      for number in stride(from: 1, through: count, by: 1) {
        let isGone = unknown.contains(UInt32(number)) || numbers.contains(UInt32(number))
        let name = Int(ends[number - 1])..<Int(ends[number])
        left.append(isGone ? nil : UnsafeRawBufferPointer(rebasing: all[name]))
      }
    }
    self = left
  }

  fileprivate mutating func reserve(byteCount: Int) { bytes.reserveCapacity(byteCount) }
}

/// The file `index/names`: a header, then chunks {first number, count, end position, lengths, bytes}, appended whenever
/// the commit point moves; checked when read, rebuilt where that fails. Layout: LogFormat, "Customer names".
enum NamesFile {
  static let chunkHeaderByteCount = 32
  static let unknownLength: UInt16 = .max

  static func appendChunk(
    _ names: CustomerNames, from first: Int, through last: Int, end: UInt64, to sink: inout ByteSink
  ) {
    let count = last - first + 1
    let start = sink.count
    sink.append(fixed: UInt32(first))
    sink.append(fixed: UInt32(count))
    sink.append(fixed: end)
    sink.append(zeros: chunkHeaderByteCount - 16)
    let body = sink.count
    for number in first..<first + count {
      let length = Int(names.ends[number] - names.ends[number - 1])
      sink.append(fixed: names.unknown.contains(UInt32(number)) ? unknownLength : UInt16(length))
    }
    let bytes = Int(names.ends[first - 1])..<Int(names.ends[first + count - 1])
    names.bytes.withUnsafeBytes { sink.append(UnsafeRawBufferPointer(rebasing: $0[bytes])) }
    let byteCount = sink.count - body
    sink.overwrite(at: start + 16, fixed: UInt32(byteCount))
    let bodyChecksum = sink.withUnsafeBytes { CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[body...])) }
    sink.overwrite(at: start + 20, fixed: bodyChecksum)
    let headerChecksum = sink.withUnsafeBytes {
      CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[start..<start + 28]))
    }
    sink.overwrite(at: start + 28, fixed: headerChecksum)
  }

  /// The whole file.
  static func bytes(_ contents: Contents, _ ledgerID: LedgerID) -> [UInt8] {
    var sink = ByteSink(capacity: FileHeader.byteCount + contents.names.bytes.count + 2 * contents.names.count + 64)
    FileHeader(.names, ledgerID, number: contents.erasedEnd).append(to: &sink)
    if contents.names.count > 0 {
      appendChunk(contents.names, from: 1, through: contents.names.count, end: contents.end, to: &sink)
    }
    return sink.bytes()
  }

  /// Appends to the file of one ledger.
  struct Appender {
    private var count: Int
    private var byteCount: Int
    private let erasedEnd: UInt64

    /// Goes on after what was read.
    ///
    /// - Parameter erasedEnd: what a file that is begun anew says: everybody forgotten before is erased.
    init(_ contents: Contents, erasedEnd: UInt64) {
      count = contents.names.count
      byteCount = contents.byteCount
      self.erasedEnd = erasedEnd
    }

    /// Adds the names of numbers up to `last`, which were introduced before `end`.
    mutating func append(
      _ names: CustomerNames, upTo last: Int, end: UInt64, folder: LedgerFolder, disk: any Disk, ledgerID: LedgerID
    ) throws {
      guard last > count else { return }
      var sink = ByteSink(capacity: 1 << 12)
      let isNew = byteCount == 0
      if isNew { FileHeader(.names, ledgerID, number: erasedEnd).append(to: &sink) }
      NamesFile.appendChunk(names, from: count + 1, through: last, end: end, to: &sink)
      let path = folder(LedgerFolder.names)
      let file = try disk.open(path, isNew ? .replace(permissions: 0o600) : .update)
      defer { file.close() }
      if !isNew { try file.truncate(to: byteCount) }
      try sink.withUnsafeBytes { try file.write($0, at: byteCount) }
      byteCount += sink.count
      count = last
    }
  }

  /// What the file knows of customers introduced before `end`.
  struct Contents {
    var names = CustomerNames()
    /// Every introduction before this position is in `names`.
    var end: UInt64 = 0
    /// Everybody whose `customer.forgotten` is before this position is gone from names, tail and vault.
    var erasedEnd: UInt64 = 0
    /// Where the next chunk goes; 0 where there is no usable file.
    var byteCount = 0
  }

  /// Reads sound chunks that end at or before `end`; what follows the first other one is as good as missing.
  static func read(_ folder: LedgerFolder, _ disk: any Disk, _ ledgerID: LedgerID, end: UInt64) throws -> Contents {
    var contents = Contents()
    guard try disk.exists(folder(LedgerFolder.names)) else { return contents }
    let bytes = try disk.contents(folder(LedgerFolder.names))
    do {
      contents.erasedEnd = try FileHeader.parse(bytes, .names, of: ledgerID, file: LedgerFolder.names).number
    } catch {
      return contents
    }
    contents.byteCount = FileHeader.byteCount
    contents.names.reserve(byteCount: bytes.count)
    bytes.withUnsafeBytes { all in
      while all.count - contents.byteCount >= chunkHeaderByteCount {
        let rest = UnsafeRawBufferPointer(rebasing: all[contents.byteCount...])
        guard let byteCount = readChunk(rest, end: end, into: &contents) else { return }
        contents.byteCount += byteCount
      }
    }
    return contents
  }

  /// The chunk's byte count, or nil where it is not sound, out of order or beyond `end`.
  private static func readChunk(_ rest: UnsafeRawBufferPointer, end: UInt64, into contents: inout Contents) -> Int? {
    func word(_ at: Int) -> UInt32 { UInt32(littleEndian: rest.loadUnaligned(fromByteOffset: at, as: UInt32.self)) }
    guard CRC32C.checksum(UnsafeRawBufferPointer(rebasing: rest[..<28])) == word(28) else { return nil }
    let count = Int(word(4))
    let chunkEnd = UInt64(word(8)) | UInt64(word(12)) << 32
    let byteCount = Int(word(16))
    guard Int(word(0)) == contents.names.count + 1, chunkEnd >= contents.end, chunkEnd <= end,
      rest.count - chunkHeaderByteCount >= byteCount, byteCount >= 2 * count
    else { return nil }
    let body = UnsafeRawBufferPointer(rebasing: rest[chunkHeaderByteCount..<chunkHeaderByteCount + byteCount])
    guard CRC32C.checksum(body) == word(20) else { return nil }
    // The checksum holds, so lengths that do not add up are our own mistake; still they are not believed.
    let lengths = UnsafeRawBufferPointer(rebasing: body[..<(2 * count)])
    guard contents.names.append(UnsafeRawBufferPointer(rebasing: body[(2 * count)...]), lengths: lengths) else {
      return nil
    }
    contents.end = chunkEnd
    return chunkHeaderByteCount + byteCount
  }
}
