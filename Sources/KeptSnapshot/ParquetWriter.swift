import KeptFormat

/// What was written of one table.
public struct WrittenFile: Sendable, Equatable {
  public var rowCount: Int
  public var byteCount: Int
  public var digest: Digest
}

/// Writes tables as Parquet: the same bytes for the same rows, whatever the number of workers.
///
/// A file is `PAR1`, row groups of one chunk a column, the footer, its length, `PAR1`. Chunks are encoded on all
/// workers; whichever worker completes the next one of a file appends all that are ready, so hashing and writing
/// overlap with encoding, and files with each other.
public enum ParquetWriter {
  /// A table and where its bytes go: pieces in order, then `finish`; one call at a time, on any thread.
  public struct Job {
    var schema: TableSchema
    var rowCount: Int
    /// A column, by its place, and where in it the rows of a row group stand; any thread may ask.
    var rows: (_ column: Int, _ group: Range<Int>) -> (data: ColumnData, rows: Range<Int>)
    var write: (UnsafeRawBufferPointer) throws -> Void
    var finish: () throws -> Void

    public init(
      _ table: Table, write: @escaping (UnsafeRawBufferPointer) throws -> Void,
      finish: @escaping () throws -> Void = {}
    ) {
      schema = table.schema
      rowCount = table.rowCount
      rows = { column, group in (table.columns[column], group) }
      self.write = write
      self.finish = finish
    }

    /// A table that is not in memory as a whole.
    ///
    /// - Parameter column: makes the rows of a row group of the column at a place; called on any thread, once for each.
    init(
      _ schema: TableSchema, rowCount: Int, column: @escaping (_ place: Int, _ group: Range<Int>) -> ColumnData,
      write: @escaping (UnsafeRawBufferPointer) throws -> Void, finish: @escaping () throws -> Void
    ) {
      self.schema = schema
      self.rowCount = rowCount
      rows = { place, group in (column(place, group), 0..<group.count) }
      self.write = write
      self.finish = finish
    }
  }

  /// - Throws: what a job's `write` throws, or `SnapshotError.decimalOutOfRange`.
  public static func write(
    _ jobs: [Job], layout: ParquetLayout = ParquetLayout(), workers: Int
  ) throws -> [WrittenFile] {
    let pool = EncodingPool(jobs.map { FileAssembly($0, layout) }, layout: layout, workers: max(1, workers))
    return try pool.run()
  }

  /// The whole file in memory.
  public static func encode(
    _ table: Table, layout: ParquetLayout = ParquetLayout(), workers: Int = 1
  ) throws -> [UInt8] {
    let file = PageMemory()
    _ = try write([Job(table) { file.buffer.append($0) }], layout: layout, workers: workers)
    return Array(file.buffer.bytes)
  }
}

/// One file on its way: its chunks, the bytes written so far and what the footer will say.
///
/// Chunks arrive in any order and are appended in theirs; one thread at a time appends (`EncodingPool` sees to it).
final class FileAssembly {
  let layout: ParquetLayout
  /// Encoded and not yet appended, by number: row group by row group, column by column.
  var ready: [Int: (chunk: EncodedChunk, pages: PageMemory)] = [:]
  var appendedCount = 0
  var isAppending = false
  private let job: ParquetWriter.Job
  private var hash = SHA256()
  private var byteCount = 0
  private var chunks: [(offset: Int, chunk: EncodedChunk)] = []

  init(_ job: ParquetWriter.Job, _ layout: ParquetLayout) {
    self.job = job
    self.layout = layout
  }

  private var columnCount: Int { job.schema.columns.count }

  var chunkCount: Int { (job.rowCount + layout.rowGroupRowCount - 1) / layout.rowGroupRowCount * columnCount }

  /// Encodes the chunk of a number.
  func encode(_ number: Int, with encoder: ChunkEncoder, to pages: PageMemory) throws -> EncodedChunk {
    let start = number / columnCount * layout.rowGroupRowCount
    let group = start..<min(start + layout.rowGroupRowCount, job.rowCount)
    let (data, rows) = job.rows(number % columnCount, group)
    return try encoder.encode(data, spec: job.schema.columns[number % columnCount], rows: rows, to: pages)
  }

  func begin() throws { try emit(ParquetFormat.magic) }

  func append(_ chunk: EncodedChunk, _ pages: UnsafeRawBufferPointer) throws {
    chunks.append((byteCount, chunk))
    try emit(pages)
  }

  func finish() throws -> WrittenFile {
    let footer = ParquetFooter.encode(job.schema, rowCount: job.rowCount, chunks: chunks)
    try emit(footer + ColumnStatistics.littleEndian(UInt32(footer.count)) + ParquetFormat.magic)
    try job.finish()
    return WrittenFile(rowCount: job.rowCount, byteCount: byteCount, digest: hash.finish())
  }

  private func emit(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try emit($0) } }

  private func emit(_ bytes: UnsafeRawBufferPointer) throws {
    hash.update(bytes)
    try job.write(bytes)
    byteCount += bytes.count
  }
}
