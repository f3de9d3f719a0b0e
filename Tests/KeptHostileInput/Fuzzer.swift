import Glibc

/// libFuzzer's door, one for all: `KEPT_FUZZ` says which of `HostileInput` it leads to. `Scripts/fuzz` builds and runs it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  target.feed(Array(UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}

private let target: HostileInput = {
  guard let name = getenv("KEPT_FUZZ").map({ String(cString: $0) }), let target = HostileInput(rawValue: name) else {
    preconditionFailure("KEPT_FUZZ: one of \(HostileInput.allCases.map(\.rawValue).joined(separator: " "))")
  }
  return target
}()
