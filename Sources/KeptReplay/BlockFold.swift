import KeptFormat

/// A block's columns for a fold that counts events rather than lives (table `sources`), in log order within the block.
///
/// Every event of the known-at prefix is there, whatever its time, kind or correction. Valid only inside the call.
public struct BlockTouches {
  public let firstPosition: UInt64
  public let rowCount: Int
  public let times: UnsafeBufferPointer<Instant>
  public let recorded: UnsafeBufferPointer<Instant>
  /// Index + 1 into `kindNames`.
  public let kinds: UnsafeBufferPointer<UInt32>
  public let kindNames: [String]
  /// Index into `sourceCodes`.
  public let sources: UnsafeBufferPointer<UInt32>
  /// The replay's word code of each source of the block; see `ReplayContext.word`.
  public let sourceCodes: [UInt32]
}

/// A fold over blocks; one per worker, merged by its owner. Blocks come in any order.
public protocol BlockFold: AnyObject {
  func apply(_ block: BlockTouches)
}
