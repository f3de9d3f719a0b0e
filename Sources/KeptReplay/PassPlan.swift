import KeptFormat

/// How many passes a replay takes, and which entities each of them collects.
///
/// Sizes are guessed from what block headers say. A guess that was too low costs a pass that is begun and split, one
/// that was too high a pass too many.
struct PassPlan {
  let replay: Replay

  /// Every this many blocks one is asked whose touches it holds, where more than one pass is needed.
  private static let sampledBlocks = 16
  private static let bucketCount: UInt64 = 4096

  init(_ replay: Replay) { self.replay = replay }

  /// The passes, entities ascending.
  func ranges(regionByteCount: Int) throws -> [PassRange] {
    let asked = replay.askedEntities
    let end = UInt64(asked.upperBound)
    // A few lives are one pass, which is split like any other should it not fit.
    let passCount = asked.count == Int(replay.entityCount) ? (byteCount - 1) / regionByteCount + 1 : 1
    var cuts = [UInt64(asked.lowerBound)]
    if passCount > 1 {
      let weights = try weights()
      let total = weights.reduce(0, +)
      var sum = 0
      for (bucket, weight) in weights.enumerated() {
        // Where a bucket passes the next share of the whole, the pass ends before it.
        sum += weight
        if sum * passCount > total * cuts.count, cuts.count < passCount {
          let cut = end * UInt64(bucket) / Self.bucketCount
          if cut > cuts.last! { cuts.append(cut) }
        }
      }
    }
    return zip(cuts, cuts.dropFirst() + [end]).map { lower, upper in
      PassRange(entityLower: UInt32(lower), entityUpper: UInt32(upper), timeLower: .min, timeUpper: .max)
    }
  }

  /// What the rows of all touches and their details take, and the chunks that are begun and not filled.
  private var byteCount: Int {
    let context = replay.context
    var byteCount = 0
    for block in replay.blocks {
      for (kind, code) in zip(block.header.kinds, context.codes(of: block.header)) {
        let slotCount = context.slotCounts[code]
        // A touch with details says where, and about every other slot is a text of some sixteen bytes.
        byteCount += kind.count * (slotCount == 0 ? 8 : 16 + slotCount * 16)
      }
    }
    let partitionCount = Int(replay.entityCount >> context.partitionShift) + 1
    return byteCount / 64 * 65 + partitionCount * replay.unitCount * RowStore.chunkByteCount / 2
  }

  /// Touches by entity, in buckets of as many entities each, from a few of the blocks.
  private func weights() throws -> [Int] {
    var weights = Array(repeating: 0, count: Int(Self.bucketCount))
    guard replay.context.plan.entity == .customer else { return weights.map { _ in 1 } }
    let columns = BlockColumns()
    for place in stride(from: 0, to: replay.blocks.count, by: Self.sampledBlocks) {
      let block = replay.blocks[place]
      columns.begin(block.header, source: block.source)
      for customer in try columns.customers() {
        let entity = UInt64(replay.context.corrections.mergedInto[customer] ?? customer)
        weights[Int(entity * Self.bucketCount / UInt64(replay.entityCount))] += 1
      }
    }
    return weights
  }
}
