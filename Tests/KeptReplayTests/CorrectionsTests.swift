import Testing

@testable import KeptReplay

private func replaces(_ position: UInt64, _ target: UInt64) -> Corrections.Action {
  .init(position: position, effect: .replaces(target: target))
}
private func retracts(_ position: UInt64, _ target: UInt64) -> Corrections.Action {
  .init(position: position, effect: .retracts(target: target))
}
private func merges(_ position: UInt64, _ customer: UInt32, _ other: UInt32) -> Corrections.Action {
  .init(position: position, effect: .merges(customer: customer, other: other))
}

@Suite struct CorrectionsTests {
  @Test func `a corrected event does not count, its correction does`() {
    #expect(Corrections(resolving: [replaces(5, 2)]).dead == [2])
  }

  @Test func `of two corrections of one event the highest position wins`() {
    #expect(Corrections(resolving: [replaces(5, 2), replaces(9, 2)]).dead == [2, 5])
  }

  @Test func `correcting a correction leaves the first event replaced`() {
    #expect(Corrections(resolving: [replaces(5, 2), replaces(9, 5)]).dead == [2, 5])
  }

  @Test func `retracting a correction restores its target`() {
    #expect(Corrections(resolving: [replaces(5, 2), retracts(9, 5)]).dead == [5])
  }

  @Test func `retracting the later of two corrections brings the earlier one back`() {
    #expect(Corrections(resolving: [replaces(5, 2), replaces(7, 2), retracts(9, 7)]).dead == [2, 7])
  }

  @Test func `retracting a retraction restores the event`() {
    #expect(Corrections(resolving: [retracts(5, 2), retracts(9, 5)]).dead == [5])
  }

  @Test func `an event that speaks about itself changes nothing`() {
    #expect(Corrections(resolving: [replaces(5, 5), retracts(6, 6)]).dead == [])
  }

  @Test func `merges follow to the last survivor and retracting one splits again`() {
    #expect(Corrections(resolving: [merges(5, 1, 2), merges(6, 3, 1)]).mergedInto == [2: 3, 1: 3])
    #expect(Corrections(resolving: [merges(5, 1, 2), merges(6, 3, 1), retracts(8, 6)]).mergedInto == [2: 1])
  }

  @Test func `a merge that is replaced splits again`() {
    #expect(Corrections(resolving: [merges(5, 1, 2), replaces(8, 5), merges(8, 3, 2)]).mergedInto == [2: 3])
    #expect(Corrections(resolving: [merges(5, 1, 2), replaces(8, 5)]).mergedInto == [:])
    #expect(Corrections(resolving: [merges(5, 1, 2), merges(8, 3, 2), replaces(8, 5), replaces(9, 5)]).mergedInto == [:])
    #expect(Corrections(resolving: [merges(5, 1, 2), replaces(8, 5), retracts(9, 8)]).mergedInto == [2: 1])
  }

  @Test func `a merge that would close a circle is void`() {
    #expect(Corrections(resolving: [merges(5, 1, 2), merges(6, 2, 1)]).mergedInto == [1: 2])
    #expect(Corrections(resolving: [merges(5, 1, 1)]).mergedInto == [:])
  }

  @Test func `the order in which actions were found does not matter`() {
    let actions = [replaces(5, 2), replaces(7, 2), retracts(9, 7), merges(10, 1, 2), merges(12, 3, 1), retracts(11, 10)]
    #expect(Corrections(resolving: actions) == Corrections(resolving: actions.reversed()))
  }
}
