// swift-tools-version: 6.1
import PackageDescription

// Folds keep their state in classes. The check at run time that no two pieces of code change one property at once costs
// 8 % of a rebuild of every table (17.5 s of CPU, 16.0 without); tests run with it, released binaries without.
let fold: [SwiftSetting] = [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

// The journey of an event, module by module; imports point one way, down this list.
let package = Package(
  name: "Kept",
  products: [.executable(name: "kept", targets: ["kept"])],
  targets: [
    .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .target(name: "CInstructions"),
    .target(name: "KeptFormat", dependencies: ["CLZ4", "CInstructions"], exclude: ["LogFormat.md", "Proofs.md"]),
    .target(name: "KeptLog", dependencies: ["KeptFormat", "CInstructions"], exclude: ["Faults.md"]),
    .target(name: "KeptIntake", dependencies: ["KeptFormat", "CLZ4"], exclude: ["FirstHour.md", "Mapping.md"]),
    .target(name: "KeptReplay", dependencies: ["KeptFormat", "KeptLog", "CInstructions"], swiftSettings: fold),
    .target(name: "KeptSnapshot", dependencies: ["KeptFormat", "KeptLog"], exclude: ["Outgrowing.md", "SnapshotFormat.md"]),
    .target(name: "KeptStatistics"),
    .target(
      name: "KeptMeasures", dependencies: ["KeptFormat", "KeptReplay", "KeptSnapshot", "KeptStatistics"],
      exclude: ["Claims.md", "Rulebook.md"], swiftSettings: fold),
    .target(name: "KeptReport", dependencies: ["KeptFormat", "KeptSnapshot", "KeptStatistics", "KeptMeasures"]),
    .target(name: "KeptQuery", dependencies: ["KeptFormat", "KeptSnapshot"], exclude: ["Query.md"]),
    .testTarget(name: "KeptReplayTests", dependencies: ["KeptReplay", "KeptFormat"]),
    .executableTarget(
      name: "kept",
      dependencies: [
        "KeptFormat", "KeptLog", "KeptIntake", "KeptReplay", "KeptMeasures", "KeptSnapshot", "KeptReport", "KeptQuery",
      ],
      exclude: ["Audit.md"]),
    .testTarget(
      name: "KeptSnapshotTests", dependencies: ["KeptFormat", "KeptLog", "KeptSnapshot", "KeptSimulation"]),
    .target(
      name: "KeptHostileInput", dependencies: ["KeptFormat", "KeptIntake", "KeptLog", "KeptMeasures", "KeptQuery", "KeptSnapshot"],
      path: "Tests/KeptHostileInput"),
    .testTarget(name: "HostileInputTests", dependencies: ["KeptHostileInput", "KeptLog", "KeptSimulation"]),
    .testTarget(name: "KeptFormatTests", dependencies: ["KeptFormat", "KeptHostileInput"]),
    .testTarget(name: "KeptReportTests", dependencies: ["KeptFormat", "KeptReport", "KeptSnapshot"]),
    .testTarget(name: "KeptIntakeTests", dependencies: ["KeptFormat", "KeptIntake"]),
    .target(name: "KeptSimulation", dependencies: ["KeptFormat", "KeptLog"], path: "Tests/KeptSimulation"),
    .testTarget(name: "KeptLogTests", dependencies: ["KeptLog", "KeptFormat", "KeptSimulation"]),
    .testTarget(name: "FaultTests", dependencies: ["KeptFormat", "KeptLog", "KeptSnapshot", "KeptSimulation"]),
    .testTarget(name: "KeptQueryTests", dependencies: ["KeptQuery", "KeptSnapshot"]),
    .testTarget(name: "KeptStatisticsTests", dependencies: ["KeptStatistics"]),
    .target(
      name: "KeptTestLedgers", dependencies: ["KeptFormat", "KeptMeasures", "KeptSnapshot", "KeptStatistics"],
      path: "Tests/KeptTestLedgers"),
    .testTarget(
      name: "CommandTests", dependencies: ["kept", "KeptFormat", "KeptMeasures", "KeptSnapshot", "KeptTestLedgers"]),
    .testTarget(
      name: "KeptMeasuresTests",
      dependencies: ["KeptFormat", "KeptReplay", "KeptMeasures", "KeptSnapshot", "KeptTestLedgers"]),
  ],
  swiftLanguageModes: [.v6]
)
