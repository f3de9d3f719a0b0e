/// The program's version, as manifests and `--version` say it.
enum Version {
  static let text = "0.1.0"
}
