import KeptFormat

/// Writes a run front to back: pages, their fences, the filter; each part streams to its place in the file.
struct IdentityRunWriter: ~Copyable {
  private let file: any DiskFile
  private let folder: LedgerFolder
  private let disk: any Disk
  private let name: String
  private let entryCount: Int
  private let filterBlockCount: Int
  private var pages = ByteSink(capacity: 1 << 20)
  private var pagesOffset = IdentityRun.pageByteCount
  private var entriesInPage = 0
  private var written = 0
  private var fences = ByteSink(capacity: 1 << 16)
  private var filter = ByteSink(capacity: 1 << 20)
  private var filterOffset: Int
  private var filterChecksum: UInt32 = 0
  /// The number of the filter's first line in `filter`.
  private var filterStart = 0

  static func create(
    _ positions: Range<UInt64>, in folder: LedgerFolder, disk: any Disk, ledgerID: LedgerID
  ) throws -> IdentityRunWriter {
    let file = try disk.open(folder(IdentityRun.name(positions)) + ".new", .replace(permissions: 0o600))
    var head = ByteSink(capacity: IdentityRun.pageByteCount)
    FileHeader(.run, ledgerID, firstPosition: positions.lowerBound, number: positions.upperBound).append(to: &head)
    head.append(zeros: IdentityRun.pageByteCount - head.count)
    try file.write(head.bytes(), at: 0)
    return IdentityRunWriter(positions, file, folder, disk)
  }

  private init(_ positions: Range<UInt64>, _ file: any DiskFile, _ folder: LedgerFolder, _ disk: any Disk) {
    self.file = file
    self.folder = folder
    self.disk = disk
    name = IdentityRun.name(positions)
    entryCount = positions.count
    filterBlockCount = IdentityRun.filterBlockCount(entryCount)
    filterOffset = IdentityRun.filterOffset(entryCount)
  }

  /// - Precondition: fingerprints do not descend.
  @inline(__always)
  mutating func append(_ fingerprint: UInt64, _ position: UInt64) throws {
    if entriesInPage == 0 { fences.append(fixed: fingerprint) }
    pages.append(fixed: fingerprint)
    pages.append(fixed: UInt32(truncatingIfNeeded: position))
    pages.append(UInt8(truncatingIfNeeded: position >> 32))
    entriesInPage += 1
    written += 1
    if entriesInPage == IdentityRun.pageEntryCount { try endPage() }
    let line = IdentityFilter.block(fingerprint, filterBlockCount)
    while filter.count <= (line - filterStart) * 64 { filter.append(zeros: 64) }
    filter.withUnsafeMutableBytes {
      IdentityFilter.insert(fingerprint, intoLine: $0.baseAddress! + (line - filterStart) * 64)
    }
    if filter.count >= 1 << 20 { try flushFilter(keepingLast: true) }
  }

  private mutating func endPage() throws {
    let used = entriesInPage * IdentityRun.entryByteCount
    pages.append(zeros: IdentityRun.pageByteCount - 4 - used)
    let start = pages.count - (IdentityRun.pageByteCount - 4)
    let checksum = pages.withUnsafeBytes { CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    pages.append(fixed: checksum)
    entriesInPage = 0
    if pages.count >= 1 << 20 { try flushPages() }
  }

  private mutating func flushPages() throws {
    try pages.withUnsafeBytes { try file.write($0, at: pagesOffset) }
    pagesOffset += pages.count
    pages.removeAll()
  }

  private mutating func flushFilter(keepingLast: Bool) throws {
    let end = filter.count - (keepingLast ? 64 : 0)
    let last = filter.withUnsafeBytes { Array($0[end...]) }
    try filter.withUnsafeBytes { bytes in
      let done = UnsafeRawBufferPointer(rebasing: bytes[..<end])
      filterChecksum = CRC32C.checksum(done, from: filterChecksum)
      try file.write(done, at: filterOffset)
    }
    filterOffset += end
    filterStart += end / 64
    filter.removeAll()
    filter.append(last)
  }

  /// Completes the file and gives it its name, once its bytes are on disk: a page is only checked when somebody asks for
  /// it, and what a power cut left of one would then stop the writer. The name may be lost; then the run is built again.
  consuming func finish() throws -> String {
    precondition(written == entryCount, "a run of \(entryCount) positions has \(written) entries")
    if entriesInPage > 0 { try endPage() }
    try flushPages()
    let fenceChecksum = fences.withUnsafeBytes { CRC32C.checksum($0) }
    fences.append(fixed: fenceChecksum)
    try file.write(fences.bytes(), at: IdentityRun.fencesOffset(entryCount))
    while filterStart + filter.count / 64 < filterBlockCount {
      filter.append(zeros: 64)
      if filter.count >= 1 << 20 { try flushFilter(keepingLast: false) }
    }
    try flushFilter(keepingLast: false)
    filter.append(fixed: filterChecksum)
    try file.write(filter.bytes(), at: filterOffset)
    try file.sync()
    file.close()
    try disk.rename(folder(name) + ".new", to: folder(name))
    return name
  }
}
