import Glibc

/// The real disk.
package struct PosixDisk: Disk {
  /// What is added to the flags of every `open`: whether a file may be a symbolic link.
  private let linkFlag: Int32

  /// For files that somebody names: a symbolic link is followed.
  package init() { linkFlag = 0 }

  private init(linkFlag: Int32) { self.linkFlag = linkFlag }

  /// For the files of a ledger, none of which is a symbolic link: one that leads elsewhere is an error (`ELOOP`), so that
  /// nobody who can write into the folder has Kept read, overwrite or cut a file outside.
  package static let ofLedger = PosixDisk(linkFlag: O_NOFOLLOW)

  package func open(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile {
    let descriptor =
      switch mode {
      case .read: retrying { Glibc.open(path, O_RDONLY | O_CLOEXEC | linkFlag) }
      case .update: retrying { Glibc.open(path, O_RDWR | O_CLOEXEC | linkFlag) }
      case .replace(let permissions):
        retrying { Glibc.open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | linkFlag, mode_t(permissions)) }
      }
    guard descriptor >= 0 else { throw failure("open", path) }
    return PosixFile(path: path, descriptor: descriptor)
  }

  package func makeFolder(_ path: String, permissions: UInt32) throws(DiskError) {
    guard mkdir(path, mode_t(permissions)) == 0 else { throw failure("make folder", path) }
  }

  package func names(inFolder path: String) throws(DiskError) -> [String]? {
    guard let folder = opendir(path) else {
      if errno == ENOENT { return nil }
      throw failure("list", path)
    }
    defer { closedir(folder) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(folder) else {
        guard errno == 0 else { throw failure("list", path) }
        break
      }
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  package func exists(_ path: String) throws(DiskError) -> Bool {
    if access(path, F_OK) == 0 { return true }
    guard errno == ENOENT || errno == ENOTDIR else { throw failure("look up", path) }
    return false
  }

  package func rename(_ from: String, to: String) throws(DiskError) {
    guard Glibc.rename(from, to) == 0 else { throw failure("rename", from) }
  }

  package func remove(_ path: String) throws(DiskError) {
    guard unlink(path) == 0 else { throw failure("remove", path) }
  }

  package func removeFolder(_ path: String) throws(DiskError) {
    guard rmdir(path) == 0 else { throw failure("remove folder", path) }
  }

  package func makeLink(_ path: String, to target: String) throws(DiskError) {
    guard symlink(target, path) == 0 else { throw failure("make link", path) }
  }

  package func linkTarget(_ path: String) throws(DiskError) -> String? {
    let limit = Int(PATH_MAX)
    var count = 0
    let bytes = [CChar](unsafeUninitializedCapacity: limit) { buffer, initialized in
      count = readlink(path, buffer.baseAddress!, limit)
      initialized = max(0, count)
    }
    if count < 0 {
      if errno == ENOENT || errno == EINVAL { return nil }
      throw failure("read link", path)
    }
    return String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  package func syncFolder(_ path: String) throws(DiskError) {
    let descriptor = retrying { Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw failure("open", path) }
    defer { _ = Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("sync", path) }
  }

  package func lock(_ path: String, holder: String) throws(DiskError) -> DiskLockOutcome {
    let descriptor = retrying { Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | linkFlag, mode_t(0o600)) }
    guard descriptor >= 0 else { throw failure("open", path) }
    let file = PosixFile(path: path, descriptor: descriptor)
    if let name = untrustedFileSystem(of: path) { return .untrusted(fileSystem: name) }
    guard retrying({ flock(descriptor, LOCK_EX | LOCK_NB) }) == 0 else {
      guard errno == EWOULDBLOCK else { throw failure("lock", path) }
      return .heldByOther(String(decoding: try file.contents().prefix(256), as: UTF8.self))
    }
    try file.truncate(to: 0)
    try file.write(Array(holder.utf8), at: 0)
    return .held(PosixLock(file: file))
  }

  package func fillWithRandom(_ bytes: UnsafeMutableRawBufferPointer) throws(DiskError) {
    var filled = 0
    while filled < bytes.count {
      let count = min(256, bytes.count - filled)  // the most that one call gives
      guard getentropy(bytes.baseAddress! + filled, count) == 0 else { throw failure("read random bytes", "getentropy") }
      filled += count
    }
  }

  /// The name of a file system that several machines may share and where `flock` may be answered by this one alone.
  ///
  /// Looked up as the longest mount point that is a prefix of the path; where /proc says nothing the lock is trusted.
  private func untrustedFileSystem(of path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    let target = String(cString: resolved)
    guard let mounts = try? open("/proc/self/mountinfo", .read), let bytes = try? mounts.read(at: 0, upTo: 1 << 20) else {
      return nil
    }
    var best = (length: -1, type: "")
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let words = line.split(separator: UInt8(ascii: " "))
      guard words.count > 6, let dash = words.dropFirst(6).firstIndex(of: [UInt8(ascii: "-")][...]),
        words.indices.contains(dash + 1)
      else { continue }
      let point = String(decoding: words[4], as: UTF8.self)
      let isPrefix = point == "/" || target == point || target.hasPrefix(point + "/")
      if isPrefix && point.utf8.count >= best.length {
        best = (point.utf8.count, String(decoding: words[dash + 1], as: UTF8.self))
      }
    }
    let shared = ["nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "coda", "ncpfs", "fuse.sshfs", "fuse.s3fs", "davfs"]
    return shared.contains(best.type) ? best.type : nil
  }
}

extension DiskError {
  /// A sync that was refused because nothing is written there, or nothing by us: then nothing of ours waits to be, either.
  var isOfReadOnlyDisk: Bool { [EROFS, EINVAL, ENOSYS, EOPNOTSUPP, EACCES, EPERM].contains(code) }
}

private final class PosixFile: DiskFile, @unchecked Sendable {
  // The descriptor is changed by `close` alone, after which nothing else is called (see `DiskFile.close`).
  let path: String
  private var descriptor: Int32

  init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close() }

  func byteCount() throws(DiskError) -> Int {
    var information = stat()
    guard fstat(descriptor, &information) == 0 else { throw failure("look up size", path) }
    return Int(information.st_size)
  }

  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(DiskError) -> Int {
    let done = transfer(buffer.count) { done in
      pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
    }
    guard let done else { throw failure("read", path) }
    return done
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
    let done = transfer(bytes.count) { done in
      pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
    }
    guard let done else { throw failure("write", path) }
    // A device that takes nothing and says no error would be asked for ever.
    guard done == bytes.count else { throw DiskError(path: path, operation: "write", code: EIO) }
  }

  func sync() throws(DiskError) {
    // Never retried, not even after EINTR: the kernel may have dropped the pages it could not write (law 2).
    guard fdatasync(descriptor) == 0 else { throw failure("sync", path) }
  }

  func truncate(to byteCount: Int) throws(DiskError) {
    guard retrying({ ftruncate(descriptor, off_t(byteCount)) }) == 0 else { throw failure("truncate", path) }
  }

  func close() {
    guard descriptor >= 0 else { return }
    _ = Glibc.close(descriptor)
    descriptor = -1
  }
}

private final class PosixLock: DiskLock {
  private let file: PosixFile

  init(file: PosixFile) { self.file = file }

  func release() { file.close() }
}

private func failure(_ operation: String, _ path: String) -> DiskError {
  DiskError(path: path, operation: operation, code: errno)
}

/// Repeats a call that may do less than it was asked for, or be interrupted, until `byteCount` bytes are done or it says 0.
///
/// - Parameter call: given how many bytes are done.
/// - Returns: how many bytes were done; nil where the call failed, and `errno` says why.
func transfer(_ byteCount: Int, _ call: (_ done: Int) -> Int) -> Int? {
  var done = 0
  while done < byteCount {
    let count = call(done)
    if count == 0 { break }
    if count < 0 {
      if errno == EINTR { continue }
      return nil
    }
    done += count
  }
  return done
}

/// Repeats a call until it is not interrupted.
func retrying(_ call: () -> Int32) -> Int32 {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}
