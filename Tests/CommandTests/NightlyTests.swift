import Foundation
import Testing

/// The job of the night: boring, whatever happens to it.
@Suite struct NightlyTests {
  private let place: Workplace

  init() throws {
    place = try Workplace()
    try #require(place.kept("init", "shop", "--zone", "Europe/Berlin", "--currency", "EUR").status == 0)
    try #require(place.shell("mkdir -p drop/maps && cp Fixtures/shop/orders.map.json drop/maps/orders.map.json").status == 0)
  }

  private func night(_ more: String = "") throws -> (outcome: Outcome, line: [String: Any]) {
    let outcome = try place.shell("bash '\(Workplace.repository)/Scripts/nightly' shop drop \(more)")
    let line = try #require(outcome.lines.last, "\(outcome.talk)")
    return (outcome, try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]))
  }

  private func files(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: place.path + "/" + folder).sorted()
  }

  @Test func `files of every form are imported, verified and published, and one line tells it`() throws {
    try place.shell("cp Fixtures/shop/events.jsonl drop/a.jsonl; cp Fixtures/shop/orders.csv drop/orders-2024-11.csv")
    try place.shell("echo '{\"half\":' > drop/b.jsonl.part")
    let (outcome, line) = try night()
    #expect(outcome.status == 0, "\(outcome.talk)")
    #expect(line["status"] as? String == "fine" && line["files"] as? Int == 2 && line["rejected"] as? Int == 0)
    let accepted = try #require(line["accepted"] as? Int)
    #expect(accepted > 254 && line["events"] as? Int == accepted + 2)
    #expect((line["seconds"] as? [String: Double])?.keys.sorted() == ["import", "rebuild", "verify"])
    #expect(try files("drop") == ["b.jsonl.part", "done", "maps", "rejects"])
    #expect(try files("drop/done").count == 2 && files("drop/rejects").isEmpty)
    let snapshot = try #require(line["snapshot"] as? String)
    #expect(try files("shop/snapshots").contains("latest") && FileManager.default.fileExists(atPath: place.path + "/" + snapshot))
    let status = try place.kept("status", "shop")
    #expect(status.status == 0 && status.output.contains("last night     fine, 20"))
  }

  @Test func `a second run finds nothing to do, and publishes the same snapshot`() throws {
    try place.shell("cp Fixtures/shop/events.jsonl drop/")
    let first = try night().line
    let (outcome, second) = try night()
    #expect(outcome.status == 0 && second["files"] as? Int == 0 && second["accepted"] as? Int == 0)
    #expect(first["snapshot"] as? String == second["snapshot"] as? String)
    #expect(try place.read("shop.nightly/nights.jsonl").split(separator: "\n").count == 2)
  }

  @Test func `a file that was imported but not yet moved when the job was killed is all duplicates the next night`() throws {
    try place.shell("cp Fixtures/shop/events.jsonl drop/")
    try #require(place.kept("import", "shop", "drop/events.jsonl").status == 0)
    let (outcome, line) = try night()
    #expect(outcome.status == 0 && line["accepted"] as? Int == 0 && line["duplicates"] as? Int == 254)
    #expect(try files("drop/done").count == 1)
  }

  @Test func `killed at any moment, the next night finishes the work and no event is twice`() throws {
    for delay in [0.02, 0.1, 0.25, 0.5, 1.0] {
      try place.shell("cp Fixtures/shop/events.jsonl drop/ && cp Fixtures/shop/years.jsonl drop/")
      try place.shell("timeout -s KILL \(delay) bash '\(Workplace.repository)/Scripts/nightly' shop drop; true")
    }
    let (outcome, line) = try night("--gate none")
    #expect(outcome.status == 0 && line["status"] as? String == "fine", "\(outcome.talk)")
    let lines = try ["events", "years"].reduce(0) {
      try $0 + String(contentsOfFile: Workplace.repository + "/Fixtures/shop/\($1).jsonl", encoding: .utf8)
        .split(separator: "\n").count
    }
    let events = try place.kept("events", "shop").lines.filter { !$0.contains("\"import.finished\"") }
    #expect(try events.count == lines && place.kept("verify", "shop", "--deep").status == 0)
  }

  @Test func `a run beside another does nothing and says so`() throws {
    try place.shell("mkdir -p shop.nightly; cp Fixtures/shop/events.jsonl drop/")
    let outcome = try place.shell(
      "(flock 9; bash '\(Workplace.repository)/Scripts/nightly' shop drop 9>&-) 9>shop.nightly/lock")
    #expect(outcome.status == 0 && outcome.talk.contains("another run is under way") && outcome.output.isEmpty)
    #expect(try files("drop").contains("events.jsonl"))
  }

  @Test func `refused lines, a missing mapping and a past that moved are each told, and the status says which is worst`() throws {
    try place.shell("cp Fixtures/shop/events.jsonl drop/")
    _ = try night()
    try place.shell("head -1 Fixtures/shop/events.jsonl > drop/x.jsonl; echo 'no event' >> drop/x.jsonl")
    let refused = try night()
    #expect(refused.outcome.status == 1 && refused.line["rejected"] as? Int == 1)
    #expect(try files("drop/rejects").count == 1 && place.kept("status", "shop").status == 1)
    try place.shell("rm drop/maps/orders.map.json; cp Fixtures/shop/orders.csv drop/")
    let unmapped = try night()
    #expect(unmapped.outcome.status == 2 && "\(unmapped.line["reasons"]!)".contains("no mapping"))
    #expect(try files("drop").contains("orders.csv"))
    // A late order changes a little of what last month said; a feed that is sent twice under other ids, much.
    try place.write(
      #"{"source":"webshop","id":"late-1","kind":"order.placed","time":"2024-02-03T10:00:00Z","customer":"C-1001","amount":9,"currency":"EUR"}"#
        + "\n", to: "drop/late.jsonl")
    try place.shell("rm drop/orders.csv")
    let late = try night("--gate max-changed=0")
    #expect(late.outcome.status == 1 && "\(late.line["reasons"]!)".contains("the past moved further than max-changed=0"))
    #expect(try night().outcome.status == 0)
    try place.shell(#"sed 's/"id": "/&again-/' Fixtures/shop/events.jsonl > drop/again.jsonl"#)
    let moved = try night()
    #expect(moved.outcome.status == 1 && moved.line["snapshot"] as? String == "")
    #expect("\(moved.line["reasons"]!)".contains("the past moved further than max-changed=1%"))
    #expect(try night("--gate none").outcome.status == 0)
  }

  @Test func `a cut ledger is found against the checkpoint of the night before, and nothing is published`() throws {
    try place.shell("cp Fixtures/shop/events.jsonl drop/")
    _ = try night()
    try place.shell("cp -r shop older; cp Fixtures/shop/orders.csv drop/")
    _ = try night("--gate none")
    let before = try files("older/snapshots")
    try place.shell("rm -rf shop && cp -r older shop")
    let (outcome, line) = try night()
    #expect(outcome.status == 1 && "\(line["reasons"]!)".contains("verification failed"))
    #expect(try files("shop/snapshots") == before)
  }

  @Test func `a service manager that listens is told how far the work is`() throws {
    let listener = """
      import socket, subprocess, sys
      s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind("notify"); s.settimeout(20)
      p = subprocess.Popen([sys.argv[1], "import", "shop", "Fixtures/shop/events.jsonl", "--quiet"], env={"NOTIFY_SOCKET": sys.argv[2]})
      print(s.recv(200).decode(), p.wait())
      """
    try place.write(listener, to: "listen.py")
    let heard = try place.shell("python3 listen.py '\(Workplace.products)/kept' \"$PWD/notify\"")
    #expect(heard.output.hasPrefix("STATUS=importing") && heard.output.contains("%") && heard.lines.last == " 0")
  }

  @Test func `what is installed is the program, its manual, completions, the nightly job and its units`() throws {
    let script = "bash '\(Workplace.repository)/Scripts/install' --binary '\(Workplace.products)/kept' --prefix /usr --at 03:30"
    let outcome = try place.shell("DESTDIR=\"$PWD/root\" \(script) --ledger /srv/shop --drop /srv/drop --user care")
    #expect(outcome.status == 0, "\(outcome.talk)")
    #expect(outcome.output.contains("30 03 * * *") && outcome.output.contains("kept-nightly /srv/shop /srv/drop"))
    #expect(try place.shell("root/usr/bin/kept --version").status == 0)
    #expect(try place.read("root/usr/lib/systemd/system/kept-nightly.service").contains("User=care"))
    let page = try place.shell("gzip -dc root/usr/share/man/man1/kept.1.gz | groff -k -man -Tutf8 -ww")
    #expect(page.status == 0 && page.talk == "" && page.output.contains("kept"))
    let complete =
      ". root/usr/share/bash-completion/completions/kept; COMP_WORDS=(kept rep); COMP_CWORD=1; _kept; echo ${COMPREPLY[@]};"
      + "COMP_WORDS=(kept replay shop --format ''); COMP_CWORD=4; _kept; echo ${COMPREPLY[@]}"
    #expect(try place.shell(complete).lines == ["report replay", "table csv jsonl"])
    #expect(try place.shell("zsh -n root/usr/share/zsh/site-functions/_kept").talk == "")
    #expect(try place.shell("fish -n root/usr/share/fish/vendor_completions.d/kept.fish").talk == "")
  }
}
