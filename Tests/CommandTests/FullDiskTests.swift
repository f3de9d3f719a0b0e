import Foundation
import Testing

/// A file system of three megabytes that fills up, in a mount namespace of its own; `tmpfs` answers `ENOSPC` as a disk does.
@Suite struct FullDiskTests {
  private static func lines(_ count: Int) -> String {
    (0..<count).map { index in
      #"{"source":"till","id":"r-\#(index)","kind":"order.placed","time":"2024-01-01T00:00:00Z","#
        + #""customer":"C-\#(index % 97)","text":"line \#(index &* 2_654_435_761)"}"# + "\n"
    }.joined()
  }

  @Test func `a full disk stops every writer with what to do, and costs nothing: with space the same import ends`() throws {
    let place = try Workplace()
    try place.write(Self.lines(200), to: "few.jsonl")
    try place.write(Self.lines(20_000), to: "till.jsonl")
    try place.write(
      """
      mount -t tmpfs -o size=3m none disk || exit 99
      kept init disk/shop > few.talk 2>&1; kept import disk/shop few.jsonl >> few.talk 2>&1
      kept import disk/shop till.jsonl 2> import.talk; echo "import $?"
      before=$(kept events disk/shop | wc -l); [ $before -ge 201 ]; echo "a prefix $?"
      kept verify disk/shop --deep > verify.talk 2>&1; echo "verify $?"
      head -c 10m /dev/zero > disk/filler 2> filler.talk
      kept append disk/shop < till.jsonl > append.out 2> append.talk; echo "append $?"
      kept rebuild disk/shop 2> rebuild.talk; echo "rebuild $?"
      kept forget disk/shop C-5 --reason r > forget.out 2> forget.talk; echo "forget $?"
      echo "recorded $(($(kept events disk/shop | wc -l) - before))"
      kept verify disk/shop --deep > unfinished.talk 2>&1; echo "verify $?"
      rm -f disk/filler; mount -o remount,size=64m disk
      kept import disk/shop till.jsonl > again.talk 2>&1; echo "import $?"
      kept events disk/shop --kind order.placed | wc -l
      kept verify disk/shop --deep > verify.talk 2>&1; echo "verify $?"
      kept forget disk/shop C-5 --reason r > forgotten.out 2>&1; echo "forget $?"
      """, to: "run.sh")
    try FileManager.default.createDirectory(atPath: place.path + "/disk", withIntermediateDirectories: true)
    let run = try place.shell("unshare --mount --map-root-user bash run.sh")
    if run.status == 99 || run.talk.hasPrefix("unshare:") {
      print("a full disk was not tried: nothing can be mounted here (\(run.talk.split(separator: "\n").first ?? ""))")
      return
    }
    // The record of an erasure is small: where it still fits, the next writer completes what the full disk cut short. The
    // last erasure is done, with status 1 since an open field says the external id.
    let isRecorded = run.lines.contains("recorded 1")
    #expect(
      run.lines == [
        "import 2", "a prefix 0", "verify 0", "append 2", "rebuild 2", "forget 2",
        isRecorded ? "recorded 1" : "recorded 0", isRecorded ? "verify 1" : "verify 0",
        "import 0", "20000", "verify 0", "forget 1",
      ])
    #expect(try place.read("unfinished.talk").contains("NOT FINISHED: the record is whole, an erasure is not") == isRecorded)
    for name in ["import", "append", "rebuild", "forget"] {
      let talk = try place.read("\(name).talk")
      #expect(talk.contains("No space left on device"), "\(name)")
      #expect(
        talk.hasSuffix("Next: free some space and run the same command again; nothing that was acknowledged is lost.\n"))
    }
  }
}
