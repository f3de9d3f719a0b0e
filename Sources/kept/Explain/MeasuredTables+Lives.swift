import KeptFormat
import KeptMeasures
import KeptReplay

extension MeasuredTables {
  /// The lives asked for, to be measured with and without their touches.
  func explainers() throws -> [LifeExplainer] {
    var run = try measureRun()
    let replay = try Replay(
      log, selection: selection, plan: run.plan(.customer).withPositions(), jobs: jobs, memoryByteCount: memoryByteCount)
    if !run.settlingSorts.isEmpty { run.sources = try spans(run, replay) }
    let result = try replay.run(makeFold: LifeRecorder.init)
    let names = try entityNames(of: replay.context.selection.customers)
    let logStart = try replay.firstTouch()
    let lives = result.folds.flatMap(\.lives)
    let folds = lives.map { life in
      let fold = run.makeFold(.customer, result.context)
      life.fold(into: fold)
      return fold
    }
    let ends = try replay.lastTouches(
      ofSources: run.sourcesSeen(ReplayResult(context: result.context, folds: folds)))
    return lives.map { life in
      LifeExplainer(life, run: run, context: result.context, names: names, sourceEnds: ends, logStart: logStart)
    }
  }

  /// What each life by itself has to do with a number that many make.
  ///
  /// - Parameters:
  ///   - unit: whose lives.
  ///   - account: only this account's life; nil: everybody's, each without its name.
  ///   - part: asked on several threads at once; nil: nothing.
  func parts<Part>(
    _ unit: ReplayPlan.Entity, account: String? = nil, _ progress: Progress,
    _ part: @escaping (LifeExplainer, _ entity: UInt32, _ label: String?) -> Part?
  ) throws -> [Part] {
    var run = try measureRun(countingEveryAgent: true)
    let replay = try Replay(
      log, selection: selection, plan: run.plan(unit).withPositions(), jobs: jobs, memoryByteCount: memoryByteCount)
    let spans = try replay.sourceSpans(run.settlingSorts)
    if !run.settlingSorts.isEmpty { run.sources = spans }
    let ends = unit == .customer ? spans.mapValues(\.last) : try replay.lastTouches(ofSources: Set(spans.keys))
    let logStart = try replay.firstTouch()
    let accounts = replay.context.accountNames
    let isAsked = { (entity: UInt32) in account == nil || Int(entity) > 0 && accounts[Int(entity) - 1] == account }
    let names = account == nil ? EntityNames([nil]) : EntityNames(accounts)
    progress.begin("asking each life", total: 1000)
    defer { progress.finish() }
    let end = Double(end)
    let frozen = run
    let result = try replay.run(
      progress: { progress.update(done: Int($0 * 1000), events: Int($0 * end)) },
      makeFold: { context in
        LifePartsFold(context, isAsked: isAsked) { life in
          // Nobody's name is needed to tell what a life adds, and a ledger may have millions.
          let nameless = account == nil && life.entity > 0 ? life.numbered(1) : life
          let explainer = LifeExplainer(
            nameless, run: frozen, unit: unit, context: context, names: names, sourceEnds: ends, logStart: logStart)
          return part(explainer, life.entity, unit == .account ? accounts[Int(life.entity) - 1] : nil)
        }
      })
    return result.folds.flatMap(\.parts)
  }
}
