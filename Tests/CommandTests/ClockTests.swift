import Foundation
import Testing

/// Law 12: the clock is a parameter.
@Suite struct ClockTests {
  @Test func `law 12: below the command line nothing reads the clock, the locale, the environment or chance, but for keys`()
    throws
  {
    let outside =
      /clock_gettime|gettimeofday|\btime\(nil|\bDate\(\)|getenv|ProcessInfo|setlocale|\bLocale\b|localtime|SystemRandom|\.random\(in|randomElement|shuffled\(\)|arc4random|ContinuousClock|SuspendingClock|getentropy/
    var found: [String] = []
    var fileCount = 0
    for case let name as String in FileManager.default.enumerator(atPath: Workplace.repository + "/Sources") ?? .init() {
      guard name.hasSuffix(".swift"), !name.hasPrefix("kept/") else { continue }
      fileCount += 1
      let text = try String(contentsOfFile: Workplace.repository + "/Sources/" + name, encoding: .utf8)
      for match in text.matches(of: outside) { found.append("\(name): \(match.output)") }
    }
    #expect(fileCount > 300)
    // The keys of the vault, through the one door to the system.
    #expect(Set(found) == ["KeptLog/PosixDisk.swift: getentropy"])
  }

  @Test func `law 12: a snapshot says the same whatever the time zone and language of the machine`() throws {
    let place = try Workplace()
    try #require(place.kept("init", "shop", "--zone", "Europe/Berlin", "--currency", "EUR").status == 0)
    try #require(place.kept("import", "shop", "Fixtures/shop/events.jsonl").status == 0)
    let here = try place.shell("kept replay shop --table months --format csv")
    let there = try place.shell("TZ=Pacific/Apia LC_ALL=tr_TR.UTF-8 LANG=tr_TR.UTF-8 kept replay shop --table months --format csv")
    #expect(here.status == 0 && here.output == there.output)
  }
}
