import Glibc

/// Tells a service manager in one line what is being done: `systemctl status` shows it. The protocol is sd_notify(3):
/// a datagram to the socket that NOTIFY_SOCKET names.
final class ServiceStatus: Sendable {
  private let descriptor: Int32

  /// - Parameter path: of the socket, a leading "@" standing for the abstract namespace; nil where nobody listens.
  init?(socket path: String?) {
    guard let path, let first = path.utf8.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@") else { return nil }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
    withUnsafeMutableBytes(of: &address.sun_path) { target in
      target.copyBytes(from: bytes)
      if first == UInt8(ascii: "@") { target[0] = 0 }
    }
    let length = MemoryLayout.offset(of: \sockaddr_un.sun_path)! + bytes.count
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    let isConnected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(length)) == 0 }
    }
    guard descriptor >= 0, isConnected else {
      if descriptor >= 0 { close(descriptor) }
      return nil
    }
  }

  deinit { close(descriptor) }

  /// A status that cannot be told is not worth failing for.
  func tell(_ line: String) {
    let text = Array("STATUS=\(line)\n".utf8)
    _ = send(descriptor, text, text.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
  }
}
