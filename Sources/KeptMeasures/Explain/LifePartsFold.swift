import KeptReplay

/// What each life by itself has to do with a number that many lives make: one of these per worker.
///
/// A life is held only until it is asked, so memory follows the longest life. Cost: a fold of each life, and what `part`
/// does with it.
public final class LifePartsFold<Part>: LifeFold {
  public private(set) var parts: [Part] = []
  private let recorder: LifeRecorder
  private let isAsked: (UInt32) -> Bool
  private let part: (RecordedLife) -> Part?
  private var isSkipped = false

  /// - Parameters:
  ///   - isAsked: which entities are of interest.
  ///   - part: what a life has to do with it; nil: nothing.
  public init(
    _ context: ReplayContext, isAsked: @escaping (UInt32) -> Bool = { _ in true },
    part: @escaping (RecordedLife) -> Part?
  ) {
    recorder = LifeRecorder(context)
    self.isAsked = isAsked
    self.part = part
  }

  public func begin(entity: UInt32) {
    isSkipped = !isAsked(entity)
    if !isSkipped { recorder.begin(entity: entity) }
  }

  public func apply(_ touches: Touches) {
    if !isSkipped { recorder.apply(touches) }
  }

  public func end() {
    if isSkipped { return }
    recorder.end()
    if let part = part(recorder.takeLast()) { parts.append(part) }
  }
}

/// Hands every life but one on to another fold.
public final class LeavingOutFold: LifeFold {
  public let fold: MeasureFold
  private let leftOut: UInt32
  private var isLeftOut = false

  public init(_ fold: MeasureFold, leavingOut leftOut: UInt32) {
    self.fold = fold
    self.leftOut = leftOut
  }

  public func begin(entity: UInt32) {
    isLeftOut = entity == leftOut
    if !isLeftOut { fold.begin(entity: entity) }
  }

  public func apply(_ touches: Touches) {
    if !isLeftOut { fold.apply(touches) }
  }

  public func end() {
    if !isLeftOut { fold.end() }
  }
}
