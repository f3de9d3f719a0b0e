import Foundation
import Glibc
import Testing

/// What a run of the program left: everything that it printed, and its exit status.
struct Outcome: Equatable {
  var output: String
  var talk: String
  var status: Int32

  /// The lines of standard output.
  var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// A temporary folder that a test runs commands in; `Fixtures` in it leads to the repository's.
final class Workplace: Sendable {
  let path: String

  /// The folder that holds Package.swift.
  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// The folder of the test bundle, in which the build also puts `kept`.
  static let products: String = {
    let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: executable).deletingLastPathComponent().path
  }()

  init() throws {
    path = NSTemporaryDirectory() + "/kept-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: path + "/Fixtures", withDestinationPath: Self.repository + "/Fixtures")
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Runs `kept` to its end.
  func kept(_ arguments: String..., input: String = "") throws -> Outcome { try kept(arguments, input: input) }

  func kept(_ arguments: [String], input: String = "") throws -> Outcome {
    let run = try start(arguments, input: Array(input.utf8))
    return run.wait()
  }

  /// Runs a line of shell, with `kept` in the path, to its end.
  @discardableResult
  func shell(_ line: String) throws -> Outcome {
    let words = ["-c", "PATH=\"\(Self.products):$PATH\"; " + line]
    return try start(words, executable: "/bin/bash", input: []).wait()
  }

  /// Starts a program, `kept` if no other is named.
  func start(
    _ arguments: [String], executable: String = Workplace.products + "/kept", input: [UInt8]
  ) throws -> Running {
    let run = path + "/.run-" + UUID().uuidString
    try Data(input).write(to: URL(fileURLWithPath: run + ".in"))
    for name in [".out", ".err"] { FileManager.default.createFile(atPath: run + name, contents: nil) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: path)
    process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: run + ".in"))
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: run + ".out"))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: run + ".err"))
    try process.run()
    return Running(process: process, run: run)
  }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
  }

  func read(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)), as: UTF8.self)
  }
}

/// A program under way, which may be killed.
final class Running {
  let process: Process
  private let run: String

  init(process: Process, run: String) {
    self.process = process
    self.run = run
  }

  func kill() { Glibc.kill(process.processIdentifier, SIGKILL) }

  /// What stands on standard output by now.
  var output: String { text(".out") }

  func wait() -> Outcome {
    process.waitUntilExit()
    let status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    return Outcome(output: text(".out"), talk: text(".err"), status: status)
  }

  private func text(_ suffix: String) -> String {
    String(decoding: (try? Data(contentsOf: URL(fileURLWithPath: run + suffix))) ?? Data(), as: UTF8.self)
  }
}
