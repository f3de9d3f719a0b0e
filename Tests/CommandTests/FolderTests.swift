import Foundation
import Testing

/// What a ledger's folder lets in, and whom.
@Suite struct FolderTests {
  private func shop() throws -> Workplace {
    let place = try Workplace()
    try #require(place.kept("init", "shop").status == 0)
    try #require(place.kept("import", "shop", "Fixtures/shop/events.jsonl").status == 0)
    return place
  }

  @Test func `a ledger is its owner's alone: folders 0700, files 0600, whatever the umask says`() throws {
    let place = try Workplace()
    try #require(place.shell("umask 0; kept init shop && kept import shop Fixtures/shop/events.jsonl").status == 0)
    let modes = try place.shell("cd shop && stat -c '%a %F %n' . * vault/* index/*").lines
    #expect(modes.count > 8)
    for mode in modes { #expect(mode.hasPrefix(mode.contains("directory") ? "700 " : "600 "), "\(mode)") }
  }

  @Test(arguments: ["log", "vault", "index", "rejects"])
  func `a folder of a ledger that is a link is refused, and nothing is written where it leads`(name: String) throws {
    let place = try shop()
    try #require(place.shell("mv shop/\(name) outside && ln -s ../outside shop/\(name)").status == 0)
    let before = try place.shell("ls -lR --full-time outside").output
    for command in [["events", "shop"], ["import", "shop", "Fixtures/shop/orders.csv", "--map", "Fixtures/shop/orders.map.json"]] {
      let run = try place.kept(command)
      #expect(
        run
          == Outcome(
            output: "",
            talk: """
              kept: shop/\(name): a symbolic link, which is not followed out of the ledger
              Next: put the folder itself there; the path of the whole ledger may be a link.

              """, status: 2))
    }
    #expect(try place.shell("ls -lR --full-time outside").output == before)
  }

  @Test(arguments: ["tail", "ledger.json", "zone.tzif", "vault/secret", "lock"])
  func `a file of a ledger that is a link is refused, and what it leads to stays as it was`(name: String) throws {
    let place = try shop()
    try #require(place.shell("mv shop/\(name) outside && ln -s $PWD/outside shop/\(name) && cp outside before").status == 0)
    let run = try place.shell("echo '{}' | kept append shop")
    #expect(run.status == 2 && run.output == "")
    #expect(run.talk.contains("shop/\(name): open: "), "\(run.talk)")
    #expect(run.talk.hasSuffix("Next: it is a symbolic link, and no file of a ledger may be one: put the file itself there.\n"))
    #expect(try place.shell("cmp outside before").status == 0)
  }

  @Test func `the path of a ledger may be a link`() throws {
    let place = try shop()
    try #require(place.shell("mv shop elsewhere && ln -s elsewhere shop").status == 0)
    #expect(try place.kept("verify", "shop", "--deep").status == 0)
    #expect(try place.kept("import", "shop", "Fixtures/shop/events.jsonl").status == 0)
  }

  @Test func `of two writers one is told who holds the lock, and a reader needs none`() throws {
    let place = try shop()
    let line = #"{"source":"s","id":"1","kind":"order.placed","time":"2024-01-01T00:00:00Z","customer":"C-1"}"#
    let run = try place.shell(
      """
      mkfifo lines; kept append shop < lines > acknowledged & first=$!; exec 3> lines; echo '\(line)' >&3
      while [ ! -s acknowledged ]; do sleep 0.01; done
      kept import shop Fixtures/shop/events.jsonl; echo "import $?"; kept events shop | wc -l; exec 3>&-
      wait $first; echo "append $? process $first"
      """)
    let holder = try #require(run.lines.last?.split(separator: " ").last)
    #expect(run.lines.dropLast() == ["import 2", "256"])
    #expect(
      run.talk == """
        kept: shop/lock: another process is writing to this ledger (kept append, process \(holder))
        Next: wait until it is done; reading needs no lock.

        """)
  }
}
