import Foundation
import Testing

@testable import KeptLog

/// What lies below the `Disk`: calls that are interrupted, and that do less than they were asked for.
@Suite struct PosixDiskTests {
  /// Answers one call after another; a negative one is an error number.
  private final class Answers {
    var rest: [Int]
    var asked: [Int] = []
    init(_ answers: [Int]) { rest = answers }

    func next(_ done: Int) -> Int {
      asked.append(done)
      let answer = rest.removeFirst()
      if answer < 0 { errno = Int32(-answer) }
      return answer < 0 ? -1 : answer
    }
  }

  @Test func `a transfer that is cut into pieces and interrupted goes on where it was`() {
    let answers = Answers([3, -Int(EINTR), 1, -Int(EINTR), -Int(EINTR), 6])
    #expect(transfer(10, answers.next) == 10)
    #expect(answers.asked == [0, 3, 3, 4, 4, 4])
  }

  @Test func `a transfer ends where the file does, and asks no more`() {
    let answers = Answers([4, 0])
    #expect(transfer(10, answers.next) == 4)
    #expect(transfer(0, answers.next) == 0)
    #expect(answers.asked == [0, 4])
  }

  @Test(arguments: [EIO, ENOSPC]) func `a transfer that fails halfway fails, with the system's reason`(_ code: Int32) {
    let answers = Answers([4, -Int(code), 6])
    #expect(transfer(10, answers.next) == nil)
    #expect(errno == code)
    #expect(answers.rest == [6])
  }

  @Test func `only an interrupted call is made again`() {
    let interrupted = Answers([-Int(EINTR), -Int(EINTR), 7])
    #expect(retrying { Int32(interrupted.next(0)) } == 7)
    let failed = Answers([-Int(EIO), 7])
    #expect(retrying { Int32(failed.next(0)) } == -1)
    #expect(failed.rest == [7])
  }

  @Test func `a file on the real disk is read, written, cut and synced`() throws {
    let path = NSTemporaryDirectory() + "kept-" + UUID().uuidString
    let disk = PosixDisk()
    defer { try? disk.remove(path) }
    let file = try disk.open(path, .replace(permissions: 0o600))
    try file.write(Array("twelve bytes".utf8), at: 4)
    try file.truncate(to: 10)
    try file.sync()
    #expect(try file.contents() == [0, 0, 0, 0] + Array("twelve".utf8))
    #expect(try file.read(at: 8, upTo: 100) == Array("ve".utf8))
    #expect(try file.read(at: 8, count: 3) == nil)
    file.close()
    #expect(throws: DiskError(path: path + "/x", operation: "open", code: ENOTDIR)) { try disk.open(path + "/x", .read) }
  }

  @Test func `a full device is told as such`() throws {
    let file = try PosixDisk().open("/dev/full", .update)
    #expect(throws: DiskError(path: "/dev/full", operation: "write", code: ENOSPC)) { try file.write([1], at: 0) }
  }
}
