/// The one door for everything that touches files, so that a test can fail, cut or reorder any of it.
///
/// A path names a file the way the caller was given it. Every operation that fails throws a `DiskError` that says which
/// file, which operation and why. Calls are blocking; none may run on the cooperative thread pool.
package protocol Disk: Sendable {
  /// Opens a file. The permissions of a new file are those of `mode`.
  func open(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile
  /// Makes one folder; its parent must exist. A folder that is there already is an error (`EEXIST`).
  func makeFolder(_ path: String, permissions: UInt32) throws(DiskError)
  /// The names in a folder, sorted by their bytes; nil where there is no such folder.
  func names(inFolder path: String) throws(DiskError) -> [String]?
  func exists(_ path: String) throws(DiskError) -> Bool
  /// Replaces `to` by `from` in one step. Durable only after `syncFolder`.
  func rename(_ from: String, to: String) throws(DiskError)
  func remove(_ path: String) throws(DiskError)
  /// Removes an empty folder.
  func removeFolder(_ path: String) throws(DiskError)
  /// Makes a symbolic link that says `target`, as it is given.
  func makeLink(_ path: String, to target: String) throws(DiskError)
  /// What a symbolic link says; nil where there is none.
  func linkTarget(_ path: String) throws(DiskError) -> String?
  /// Makes creates, renames and removals in this folder durable.
  func syncFolder(_ path: String) throws(DiskError)
  /// Takes the exclusive lock on a file, which is created where missing, and writes `holder` into it.
  func lock(_ path: String, holder: String) throws(DiskError) -> DiskLockOutcome
  /// Fills `bytes` with random bytes fit for keys.
  func fillWithRandom(_ bytes: UnsafeMutableRawBufferPointer) throws(DiskError)
}

/// An open file. Reads may come from several threads at once; writes come from one.
package protocol DiskFile: AnyObject, Sendable {
  var path: String { get }
  func byteCount() throws(DiskError) -> Int
  /// Reads until `buffer` is full or the file ends, and returns the number of bytes read.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(DiskError) -> Int
  /// Writes all of `bytes`; a write that fails may have written some of them.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError)
  /// Makes the file's bytes and its size durable. After a failure nothing may be assumed about unsynced bytes.
  func sync() throws(DiskError)
  func truncate(to byteCount: Int) throws(DiskError)
  /// Closes the file now; otherwise it closes with its last reference. Nothing else may be called afterwards.
  func close()
}

package enum DiskOpenMode: Sendable, Equatable {
  case read
  /// For reading and writing; the file must exist.
  case update
  /// For reading and writing; created if missing, emptied if not.
  case replace(permissions: UInt32)
}

package enum DiskLockOutcome: Sendable {
  /// Held until the lock's last reference goes.
  case held(any DiskLock)
  /// Somebody else holds it; what they wrote into it.
  case heldByOther(String)
  /// The file's file system does not keep such a lock between machines; its name.
  case untrusted(fileSystem: String)
}

package protocol DiskLock: AnyObject, Sendable {
  func release()
}

/// A file operation that failed: which file, what was being done, and the system's error number.
package struct DiskError: Error, Sendable, Equatable {
  package var path: String
  package var operation: String
  package var code: Int32

  package init(path: String, operation: String, code: Int32) {
    self.path = path
    self.operation = operation
    self.code = code
  }
}

extension Disk {
  /// The whole of a file.
  package func contents(_ path: String) throws(DiskError) -> [UInt8] {
    let file = try open(path, .read)
    defer { file.close() }
    return try file.contents()
  }

  /// Writes a file so that a crash leaves either what was there before or all of `bytes`: beside, sync, rename, sync
  /// the folder.
  package func replaceFile(
    _ path: String, with bytes: UnsafeRawBufferPointer, permissions: UInt32 = 0o600
  ) throws(DiskError) {
    let beside = path + ".new"
    let file = try open(beside, .replace(permissions: permissions))
    defer { file.close() }
    try file.write(bytes, at: 0)
    try file.sync()
    try rename(beside, to: path)
    try syncFolder(parentFolder(of: path))
  }

  package func replaceFile(_ path: String, with bytes: [UInt8], permissions: UInt32 = 0o600) throws(DiskError) {
    // `withUnsafeBytes` rethrows any error; the result carries the typed one through it.
    let result: Result<Void, DiskError> = bytes.withUnsafeBytes { buffer in
      do throws(DiskError) {
        return .success(try replaceFile(path, with: buffer, permissions: permissions))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }
}

extension DiskFile {
  package func contents() throws(DiskError) -> [UInt8] { try read(at: 0, upTo: try byteCount()) }

  /// Reads `count` bytes, or fewer where the file ends before.
  package func read(at offset: Int, upTo count: Int) throws(DiskError) -> [UInt8] {
    var failure: DiskError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      let whole = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)
      do throws(DiskError) { initialized = try read(at: offset, into: whole) } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  package func write(_ bytes: [UInt8], at offset: Int) throws(DiskError) {
    let result: Result<Void, DiskError> = bytes.withUnsafeBytes { buffer in
      do throws(DiskError) {
        return .success(try write(buffer, at: offset))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  /// Reads exactly `count` bytes, or nil where the file ends before.
  package func read(at offset: Int, count: Int) throws(DiskError) -> [UInt8]? {
    let bytes = try read(at: offset, upTo: count)
    return bytes.count == count ? bytes : nil
  }
}

/// The folder a path is in: everything before its last "/", or "." where there is none.
package func parentFolder(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
