import Foundation
import Testing

/// The real program while the system refuses it something: what `Scripts/torture` does at length, in small.
@Suite(.serialized) struct SystemCallTests {
  /// Whether strace may watch a program here; some containers forbid it.
  private static let canTrace: Bool = {
    guard let place = try? Workplace() else { return false }
    return (try? place.shell("strace -f -o /dev/null -e inject=fsync:error=EIO true").status) == 0
  }()

  @Test(.enabled(if: canTrace, "strace may not run here: ptrace is forbidden, or the package strace is missing"))
  func `a system call in fifteen fails, is interrupted or is the last, and nothing that was acknowledged is lost`() throws {
    let place = try Workplace()
    let run = try place.shell(
      "python3 '\(Workplace.repository)/Scripts/torture' --small --every 15 --only kills,calls --kills 6 "
        + "--kept '\(Workplace.products)/kept'")
    #expect(run.status == 0, "\(run.output)\(run.talk)")
    #expect(run.output.contains("ended with 2") && run.output.contains("injections KILL"), "\(run.output)")
  }

  @Test(.enabled(if: canTrace, "strace may not run here: ptrace is forbidden, or the package strace is missing"))
  func `whoever asks again after a kill is not told that a person is unknown while the vault still knows them`() throws {
    let place = try Workplace()
    try #require(place.kept("init", "shop", "--seal", "customer").status == 0)
    try #require(place.kept("import", "shop", "Fixtures/shop/events.jsonl").status == 0)
    // The first rename is that of the tail without the person's values: by then the erasure is recorded, and no more.
    let killed = try place.shell(
      "strace -f -qq -o /dev/null -e inject=rename,renameat,renameat2:signal=KILL:when=1 "
        + "kept forget shop C-1003 --reason 'asked for it'")
    #expect(killed.status != 0 && killed.output.isEmpty)
    #expect(try place.kept("verify", "shop", "--deep").output.contains("NOT FINISHED"))
    #expect(try place.shell("grep -rlF C-1003 shop").output != "")
    let again = try place.kept("forget", "shop", "C-1003", "--reason", "asked for it")
    #expect(again.status == 2)
    #expect(again.talk.contains("knows no such customer any more: an erasure that had been cut short is finished now"))
    #expect(try place.kept("verify", "shop", "--deep").status == 0)
    #expect(try place.shell("grep -rlF C-1003 shop").output == "")
    let unknown = try place.kept("forget", "shop", "C-1003", "--reason", "asked for it")
    #expect(unknown.status == 2 && unknown.talk.contains("the ledger knows no such customer\n"))
  }
}
