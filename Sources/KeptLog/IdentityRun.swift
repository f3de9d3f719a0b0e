import CInstructions
import KeptFormat

/// A file of identities: entries of 13 bytes sorted by fingerprint, in checksummed pages, with the pages' first
/// fingerprints and a blocked Bloom filter after them. Immutable and disposable.
///
/// Layout: LogFormat, "Identity index".
final class IdentityRun {
  static let pageByteCount = 4_096
  static let entryByteCount = 13
  static let pageEntryCount = 314
  /// A cache line of filter for every 42 entries: about 12 bits each, six of them set.
  static let filterBlockByteCount = 64
  static let filterEntriesPerBlock = 42

  /// The events it covers: one entry for each position.
  let positions: Range<UInt64>
  let name: String
  private let file: any DiskFile
  let entryCount: Int
  let pageCount: Int
  private let filterBlockCount: Int
  private var fences: [UInt64] = []
  private var filter: [UInt8] = []
  /// All pages, once so many were asked for that reading them one by one costs more.
  private var resident: [UInt8] = []
  private var isChecked: [Bool] = []
  private var page = [UInt8](repeating: 0, count: pageByteCount)
  private var pagesRead = 0
  private var probeCount = 0
  /// The largest run that is kept in memory.
  private static let residentByteCountMax = 192 << 20

  static func pageCount(_ entryCount: Int) -> Int { (entryCount + pageEntryCount - 1) / pageEntryCount }
  static func filterBlockCount(_ entryCount: Int) -> Int { entryCount / filterEntriesPerBlock + 1 }
  static func fencesOffset(_ entryCount: Int) -> Int { pageByteCount * (1 + pageCount(entryCount)) }
  static func filterOffset(_ entryCount: Int) -> Int { fencesOffset(entryCount) + 8 * pageCount(entryCount) + 4 }
  static func byteCount(_ entryCount: Int) -> Int {
    filterOffset(entryCount) + filterBlockByteCount * filterBlockCount(entryCount) + 4
  }

  static func name(_ positions: Range<UInt64>) -> String {
    let lower = LedgerFolder.digits(positions.lowerBound)
    return "\(LedgerFolder.index)/run-\(lower)-\(LedgerFolder.digits(positions.upperBound))"
  }

  /// Opens a run; its pages are checked when they are read.
  ///
  /// - Throws: `LogError.damage`: the index is to be rebuilt.
  init(_ name: String, in folder: LedgerFolder, disk: any Disk, ledgerID: LedgerID) throws {
    self.name = name
    file = try disk.open(folder(name), .read)
    let head = try file.read(at: 0, upTo: FileHeader.byteCount)
    let header = try FileHeader.parse(head, .run, of: ledgerID, file: name)
    guard header.number >= header.firstPosition, header.number - header.firstPosition < 1 << 40 else {
      throw LogError.damage(Damage(file: name, offset: 32, kind: .malformed("positions that are no range")))
    }
    positions = header.firstPosition..<header.number
    entryCount = Int(header.number - header.firstPosition)
    pageCount = Self.pageCount(entryCount)
    filterBlockCount = Self.filterBlockCount(entryCount)
    let size = try file.byteCount()
    guard size == Self.byteCount(entryCount) else {
      throw LogError.damage(Damage(file: name, offset: size, kind: .cut(byteCount: size)))
    }
    let fenceBytes = try checked(Self.fencesOffset(entryCount), 8 * pageCount)
    fences = fenceBytes.withUnsafeBytes { bytes in
      (0..<pageCount).map { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)) }
    }
  }

  /// `count` bytes at `offset` that are followed by their CRC-32C.
  private func checked(_ offset: Int, _ count: Int) throws -> [UInt8] {
    var bytes = try file.read(at: offset, upTo: count + 4)
    guard bytes.count == count + 4 else {
      throw LogError.damage(Damage(file: name, offset: offset, kind: .cut(byteCount: offset + bytes.count)))
    }
    let (stored, computed) = bytes.withUnsafeBytes {
      (
        UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: count, as: UInt32.self)),
        CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[..<count]))
      )
    }
    guard stored == computed else {
      throw LogError.damage(Damage(file: name, offset: offset, kind: .checksum(stored: stored, computed: computed)))
    }
    bytes.removeLast(4)
    return bytes
  }

  // MARK: Looking up

  /// Marks the fingerprints that the run may hold; no mark is certain. The filter is loaded once enough was asked of it:
  /// it costs as much to read as so many pages.
  func mark(_ fingerprints: UnsafeBufferPointer<UInt64>, _ marks: UnsafeMutablePointer<Bool>) throws {
    if filter.isEmpty {
      probeCount += fingerprints.count
      guard probeCount * Self.pageByteCount > filterBlockCount * Self.filterBlockByteCount else {
        for index in fingerprints.indices { marks[index] = true }
        return
      }
      filter = try checked(Self.filterOffset(entryCount), Self.filterBlockByteCount * filterBlockCount)
    }
    filter.withUnsafeBytes { bytes in
      let base = bytes.baseAddress!
      for index in fingerprints.indices {
        if index + 12 < fingerprints.count {
          kept_prefetch(base + 64 * IdentityFilter.block(fingerprints[index + 12], filterBlockCount))
        }
        if IdentityFilter.contains(base, filterBlockCount, fingerprints[index]) { marks[index] = true }
      }
    }
  }

  /// Whether the run may hold `fingerprint`, as far as its filter is loaded.
  @inline(__always)
  private func mayContain(_ fingerprint: UInt64) -> Bool {
    filter.isEmpty || filter.withUnsafeBytes { IdentityFilter.contains($0.baseAddress!, filterBlockCount, fingerprint) }
  }

  /// Adds the positions under `fingerprint` to `found`.
  func find(_ fingerprint: UInt64, into found: inout [UInt64]) throws {
    guard mayContain(fingerprint) else { return }
    // The first page that may hold it: the last that begins before it.
    var index = Int(truncatingIfNeeded: fingerprint.multipliedFullWidth(by: UInt64(pageCount)).high)
    while index + 1 < pageCount, fences[index + 1] < fingerprint { index += 1 }
    while index > 0, fences[index] >= fingerprint { index -= 1 }
    while index < pageCount, fences[index] <= fingerprint {
      let entries = min(Self.pageEntryCount, entryCount - index * Self.pageEntryCount)
      try withPage(index) { bytes in
        var lower = 0
        var upper = entries
        while lower < upper {
          let middle = (lower + upper) / 2
          if Self.fingerprint(bytes, middle) < fingerprint { lower = middle + 1 } else { upper = middle }
        }
        while lower < entries, Self.fingerprint(bytes, lower) == fingerprint {
          found.append(Self.position(bytes, lower))
          lower += 1
        }
      }
      index += 1
    }
  }

  @inline(__always)
  static func fingerprint(_ page: UnsafeRawPointer, _ entry: Int) -> UInt64 {
    UInt64(littleEndian: page.loadUnaligned(fromByteOffset: entry * entryByteCount, as: UInt64.self))
  }

  @inline(__always)
  static func position(_ page: UnsafeRawPointer, _ entry: Int) -> UInt64 {
    let at = page + entry * entryByteCount + 8
    return UInt64(UInt32(littleEndian: at.loadUnaligned(as: UInt32.self))) | UInt64((at + 4).load(as: UInt8.self)) << 32
  }

  private func withPage(_ index: Int, _ body: (UnsafeRawPointer) -> Void) throws {
    if resident.isEmpty {
      pagesRead += 1
      if pagesRead * 4 > pageCount, pageCount * Self.pageByteCount <= Self.residentByteCountMax {
        resident = try file.read(at: Self.pageByteCount, upTo: pageCount * Self.pageByteCount)
        isChecked = Array(repeating: false, count: pageCount)
      }
    }
    if resident.isEmpty {
      let count = try page.withUnsafeMutableBytes { try file.read(at: Self.pageByteCount * (1 + index), into: $0) }
      try page.withUnsafeBytes {
        try check(UnsafeRawBufferPointer(rebasing: $0[..<count]), index)
        body($0.baseAddress!)
      }
    } else {
      let start = index * Self.pageByteCount
      try resident.withUnsafeBytes { all in
        if !isChecked[index] {
          try check(UnsafeRawBufferPointer(rebasing: all[min(start, all.count)..<min(start + 4_096, all.count)]), index)
          isChecked[index] = true
        }
        body(all.baseAddress! + start)
      }
    }
  }

  private func check(_ page: UnsafeRawBufferPointer, _ index: Int) throws {
    let offset = Self.pageByteCount * (1 + index)
    guard page.count == Self.pageByteCount else {
      throw LogError.damage(Damage(file: name, offset: offset, kind: .cut(byteCount: offset + page.count)))
    }
    let stored = UInt32(littleEndian: page.loadUnaligned(fromByteOffset: 4_092, as: UInt32.self))
    let computed = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: page[..<4_092]))
    guard stored == computed else {
      throw LogError.damage(Damage(file: name, offset: offset, kind: .checksum(stored: stored, computed: computed)))
    }
  }

  /// Reads pages `[lower, upper)` and checks each.
  func pages(_ range: Range<Int>) throws -> [UInt8] {
    let bytes = try file.read(at: Self.pageByteCount * (1 + range.lowerBound), upTo: range.count * Self.pageByteCount)
    try bytes.withUnsafeBytes { all in
      for (place, index) in range.enumerated() {
        let start = min(place * Self.pageByteCount, all.count)
        let end = min(start + Self.pageByteCount, all.count)
        try check(UnsafeRawBufferPointer(rebasing: all[start..<end]), index)
      }
    }
    return bytes
  }
}

/// A Bloom filter of cache lines: a fingerprint's line is chosen by its high bits, so that a sorted run builds its
/// filter from front to back; six bits in the line by the rest.
enum IdentityFilter {
  @inline(__always)
  static func block(_ fingerprint: UInt64, _ blockCount: Int) -> Int {
    Int(truncatingIfNeeded: fingerprint.multipliedFullWidth(by: UInt64(blockCount)).high)
  }

  /// 54 bits, nine for each place in the line.
  @inline(__always)
  static func places(_ fingerprint: UInt64) -> UInt64 { (fingerprint &* 0x9E37_79B9_7F4A_7C15) >> 10 }

  @inline(__always)
  static func contains(_ filter: UnsafeRawPointer, _ blockCount: Int, _ fingerprint: UInt64) -> Bool {
    let line = filter + block(fingerprint, blockCount) * 64
    var rest = places(fingerprint)
    for _ in 0..<6 {
      let bit = Int(truncatingIfNeeded: rest & 511)
      if line.load(fromByteOffset: bit >> 3, as: UInt8.self) & (1 << UInt8(bit & 7)) == 0 { return false }
      rest >>= 9
    }
    return true
  }

  @inline(__always)
  static func insert(_ fingerprint: UInt64, intoLine line: UnsafeMutableRawPointer) {
    var rest = places(fingerprint)
    for _ in 0..<6 {
      let bit = Int(truncatingIfNeeded: rest & 511)
      let byte = line.load(fromByteOffset: bit >> 3, as: UInt8.self)
      line.storeBytes(of: byte | 1 << UInt8(bit & 7), toByteOffset: bit >> 3, as: UInt8.self)
      rest >>= 9
    }
  }
}
