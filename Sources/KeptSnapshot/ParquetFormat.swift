/// The names and numbers of Apache Parquet (parquet-format 2.10, `parquet.thrift`) that Kept writes and reads.
enum ParquetFormat {
  static let magic: [UInt8] = Array("PAR1".utf8)
  /// What a reader sees as the author; part of the bytes of every file, so it changes only with the layout.
  static let createdBy = "Kept version 1.0.0"
  /// The digits of a `decimal`, all told and after the point.
  static let decimalPrecision = 18
  static let decimalScale = 6

  enum PhysicalType: Int64 {
    case boolean = 0, int32 = 1, int64 = 2, double = 5, byteArray = 6
  }

  /// Written beside the logical type: without it DuckDB 2.0 reads strings as BLOB and dates as INTEGER.
  enum ConvertedType: Int64 {
    case utf8 = 0, decimal = 5, date = 6, timestampMicros = 10
  }

  enum Encoding: Int64 {
    case plain = 0, rle = 3, rleDictionary = 8
  }

  /// Codec 5, the older LZ4, means different frames to different readers; 7 is a bare LZ4 block to all.
  enum Codec: Int64 {
    case uncompressed = 0, lz4Raw = 7
  }

  enum PageType: Int64 {
    case data = 0, dictionary = 2
  }

  enum Repetition: Int64 {
    case required = 0, optional = 1
  }
}

extension ColumnType {
  var physicalType: ParquetFormat.PhysicalType {
    switch self {
    case .int64, .timestamp, .decimal: .int64
    case .int32, .date: .int32
    case .double: .double
    case .boolean: .boolean
    case .string: .byteArray
    }
  }

  var convertedType: ParquetFormat.ConvertedType? {
    switch self {
    case .int64, .int32, .double, .boolean: nil
    case .timestamp: .timestampMicros
    case .decimal: .decimal
    case .date: .date
    case .string: .utf8
    }
  }

  /// The field of the union `LogicalType`.
  var logicalTypeField: Int? {
    switch self {
    case .int64, .int32, .double, .boolean: nil
    case .string: 1
    case .decimal: 5
    case .date: 6
    case .timestamp: 8
    }
  }
}

/// How rows are cut into row groups and pages. The defaults are what Kept publishes; tests use small ones.
public struct ParquetLayout: Sendable {
  /// A row group is the unit of work for readers with several threads, and of skipping by statistics.
  public var rowGroupRowCount = 262_144
  /// 256 KiB of doubles: a page is encoded and compressed within the cache.
  public var pageRowCount = 32_768
  /// Pages of long strings hold fewer rows, so that they stay about this large.
  public var pageByteCount = 1 << 20

  public init() {}

  /// - Precondition: both counts are multiples of 64, so that a page starts at a whole word of validity.
  public init(rowGroupRowCount: Int, pageRowCount: Int) {
    precondition(rowGroupRowCount > 0 && rowGroupRowCount % 64 == 0 && pageRowCount > 0 && pageRowCount % 64 == 0)
    self.rowGroupRowCount = rowGroupRowCount
    self.pageRowCount = pageRowCount
  }
}
