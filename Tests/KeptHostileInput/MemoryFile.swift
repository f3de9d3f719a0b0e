import Glibc

/// Bytes that can be opened by a path, though they are in memory.
final class MemoryFile {
  private let descriptor: Int32

  var path: String { "/proc/self/fd/\(descriptor)" }

  init?(_ bytes: [UInt8]) {
    // Memory that has a name for a moment only: it is gone with its descriptor.
    var name = Array("/dev/shm/kept-XXXXXX".utf8CString)
    descriptor = mkstemp(&name)
    unlink(name)
    guard descriptor >= 0, write(descriptor, bytes, bytes.count) == bytes.count else { return nil }
  }

  deinit { close(descriptor) }
}
