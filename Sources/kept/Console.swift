import Glibc

/// What a command's end says to the shell.
enum Status: Int32 {
  /// Done, and sound.
  case sound = 0
  /// Done, and the answer is "no": rows were rejected, a verification failed.
  case no = 1
  /// Could not: usage, input or output, locked, no space. Nothing was lost.
  case couldNot = 2
}

/// Every write to standard output and standard error.
///
/// Data goes out through `print` and `write`, buffered; talk goes through `say` (dropped by `--quiet`) and `complain`
/// (never dropped). A closed pipe is no error: what follows is dropped, and long listings look at `isOutputClosed`.
final class Console {
  /// `--quiet`: what `say` is given is dropped.
  var isQuiet = false
  private(set) var isOutputClosed = false
  /// Standard output could not be written for another reason than a closed pipe; the number is `errno`'s.
  private(set) var outputError: Int32?
  /// Called before talk is written, so that a progress bar can leave the line.
  var beforeTalk: (() -> Void)?

  private var buffer: [UInt8] = []
  private static let bufferByteCount = 1 << 16

  init() {
    // A reader that has gone is told by write(2)'s EPIPE, not by a signal that ends the process half way.
    signal(SIGPIPE, SIG_IGN)
    buffer.reserveCapacity(Self.bufferByteCount + 4096)
  }

  /// Writes a line of data.
  func print(_ line: String = "") {
    buffer.append(contentsOf: line.utf8)
    buffer.append(UInt8(ascii: "\n"))
    if buffer.count >= Self.bufferByteCount { flush() }
  }

  /// Writes bytes of data as they are.
  func write(_ bytes: some Collection<UInt8>) {
    buffer.append(contentsOf: bytes)
    if buffer.count >= Self.bufferByteCount { flush() }
  }

  /// Hands what was printed to the system. Acknowledgements and the program's end need it.
  func flush() {
    defer { buffer.removeAll(keepingCapacity: true) }
    guard !isOutputClosed, outputError == nil else { return }
    if let error = Self.writeAll(buffer, to: STDOUT_FILENO) {
      if error == EPIPE { isOutputClosed = true } else { outputError = error }
    }
  }

  /// Talk: what was done and what may be done next.
  func say(_ text: String) {
    if !isQuiet { complain(text) }
  }

  /// What must be read: errors, rejects, broken promises.
  func complain(_ text: String) {
    flush()
    beforeTalk?()
    talk(text + "\n")
  }

  /// Bytes for standard error as they are: a bar that draws over itself.
  func talk(_ text: String) {
    _ = Self.writeAll(Array(text.utf8), to: STDERR_FILENO)
  }

  static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// What stands on standard input, up to so many bytes.
  static func input(upTo byteCount: Int) throws(FileError) -> [UInt8] {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 14)
    while bytes.count < byteCount {
      let count = Glibc.read(STDIN_FILENO, &piece, min(piece.count, byteCount - bytes.count))
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError("standard input", code: errno)
      }
      bytes += piece[..<count]
    }
    return bytes
  }

  /// Returns `errno` where the system refused, else nil.
  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
    bytes.withUnsafeBytes { raw in
      var offset = 0
      while offset < raw.count {
        let count = Glibc.write(descriptor, raw.baseAddress! + offset, raw.count - offset)
        if count < 0 {
          if errno == EINTR { continue }
          return errno
        }
        offset += count
      }
      return nil
    }
  }
}
