import KeptLog

/// What a file holds: what was written, and what of it a power cut would leave.
final class SimulatedInode {
  /// What a read sees.
  var written: [UInt8] = []
  /// What is surely there after a power cut.
  var synced: [UInt8] = []
  /// Since the last sync, in order.
  var pending: [Change] = []

  enum Change {
    case write(offset: Int, bytes: [UInt8])
    case size(Int)
  }

  static let sectorByteCount = 512

  func write(_ bytes: [UInt8], at offset: Int) {
    Self.put(bytes, at: offset, in: &written)
    pending.append(.write(offset: offset, bytes: bytes))
  }

  func truncate(to byteCount: Int) {
    Self.resize(&written, to: byteCount)
    pending.append(.size(byteCount))
  }

  func sync() {
    for change in pending {
      switch change {
      case .write(let offset, let bytes): Self.put(bytes, at: offset, in: &synced)
      case .size(let byteCount): Self.resize(&synced, to: byteCount)
      }
    }
    pending = []
  }

  /// What a failed sync leaves: the pages count as clean, and no later sync writes them.
  func loseSync() { pending = [] }

  /// What a power cut leaves: of what was not synced any sectors and any sizes, in any order.
  func cut(_ chance: inout Chance) {
    let mood = chance.below(4)
    for change in pending {
      switch change {
      case .size(let byteCount): if mood == 0 || mood < 3 && chance.flip() { Self.resize(&synced, to: byteCount) }
      case .write(let offset, let bytes):
        var start = 0
        while start < bytes.count {
          let sectorEnd = ((offset + start) / Self.sectorByteCount + 1) * Self.sectorByteCount - offset
          let end = min(bytes.count, sectorEnd)
          // Everything, nothing, or sector by sector; a size may be there without its bytes.
          let isKept = mood == 0 || mood < 3 && chance.flip()
          if isKept {
            Self.put(Array(bytes[start..<end]), at: offset + start, in: &synced)
          } else if mood == 1, offset + end > synced.count, chance.flip() {
            Self.resize(&synced, to: offset + end)
          }
          start = end
        }
      }
    }
    pending = []
    written = synced
  }

  private static func put(_ bytes: [UInt8], at offset: Int, in target: inout [UInt8]) {
    if target.count < offset + bytes.count { resize(&target, to: offset + bytes.count) }
    target.replaceSubrange(offset..<offset + bytes.count, with: bytes)
  }

  private static func resize(_ target: inout [UInt8], to byteCount: Int) {
    if byteCount < target.count {
      target.removeLast(target.count - byteCount)
    } else {
      target.append(contentsOf: [UInt8](repeating: 0, count: byteCount - target.count))
    }
  }

  func copy() -> SimulatedInode {
    let other = SimulatedInode()
    (other.written, other.synced, other.pending) = (written, synced, pending)
    return other
  }
}

/// SplitMix64: the same seed, the same faults.
package struct Chance: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(_ seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  package mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
  package mutating func flip() -> Bool { next() & 1 == 0 }
}
