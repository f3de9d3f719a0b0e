import KeptFormat
import KeptReplay

/// A life from its first touch to its last: who of the measures begins, sees a chunk, and ends when.
extension MeasureFold: LifeFold {
  public func begin(entity: UInt32) {
    self.entity = entity
    // Events without a customer are touches of nobody's life; only promises and measures are told of them.
    isFirm = entity == 0
    retention?.begin()
    lifecycle?.begin()
    scores?.begin()
    customerMonths?.begin()
    standing?.begin()
    wordOfMouth?.begin()
    customers?.begin(customer: entity)
    churn?.begin(customer: entity)
    tenure?.begin(customer: entity)
    leavers?.begin(customer: entity)
    offerings?.begin()
    sources?.begin()
    absences?.begin()
    promises?.begin()
    matters?.begin()
    orders?.begin()
    cells?.begin(customer: entity)
    claims?.begin(customer: entity)
    growth?.begin()
    backtests?.begin()
    for fold in factFolds { fold.beginLife() }
  }

  public func apply(_ touches: Touches) {
    var start = 0
    while start < touches.rows.count {
      let count = min(Chunk.capacity, touches.rows.count - start)
      var chunk = Chunk(
        touches: touches, start: start, count: count, days: days, months: months, activity: activity, special: special,
        specialCount: 0, points: points, directions: base.directions, slots: base.slots.pointer)
      apply(&chunk)
      start += count
    }
  }

  public func end() {
    if let promises, base.parts.contains(.promises) { promiseRows.append(promises, customer: entity) }
    if isFirm {
      for fold in factFolds where fold.hearsFirm { fold.end(customer: entity) }
      return
    }
    retention?.end(orders, earliest: earliest)
    lifecycle?.end()
    wordOfMouth?.end()
    for fold in factFolds[..<base.traitStart] { fold.end(customer: entity) }
    // A row a life, as in `customers`.
    if let customers, customers.hasTouches {
      for fold in factFolds[base.traitStart...] {
        fold.firstAt = customers.firstAt
        fold.end(customer: entity)
      }
    }
    for fold in factFolds[base.hiddenStart..<base.traitStart] { fold.rows.removeAll() }
    let sourceSets = sources?.end() ?? (contact: 0, any: 0)
    churn?.end(sources: sourceSets.contact)
    tenure?.end(sources: sourceSets.any)
    claims?.end(tenure!.rows)
    leavers?.end(orders)
    offerings?.end()
    let purchase = purchases?.end(customer: entity, orders)
    if let scores {
      hearAbsences()
      scores.end(customer: entity)
      if let history = scores.history {
        moves?.end(history)
        standing?.end(history)
        customerMonths?.end(customer: entity, history)
        endClaims(history)
      }
      customers?.end(orders?.totals ?? (0, 0, nil), scores, sources: sourceSets.contact, purchase: purchase)
      if base.parts.contains(.scores), scores.heard != 0 { scoreRows.append(ScoreRow(customer: entity, scores)) }
    }
  }

  /// What did not happen in the life speaks, too.
  private func hearAbsences() {
    guard let absences, let scores else { return }
    promises?.end()
    matters?.end()
    for absence in absences.found {
      scores.take(absence, month: Int32(base.dayTable.bucket(.month, of: absence.at)))
    }
  }

  /// What claims and back-tests look for in a life that is over.
  private func endClaims(_ history: ScoreHistory) {
    guard growth != nil || backtests != nil else { return }
    occasions.removeAll(keepingCapacity: true)
    orders?.occasions(into: &occasions)
    growth?.end(history, occasions)
    backtests?.end(customer: entity, tenure!.rows, history, occasions)
  }
}
