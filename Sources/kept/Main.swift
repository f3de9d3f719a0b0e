import Glibc

@main
struct Main {
  /// In the order in which a newcomer needs them.
  static let commands: [CommandDescription] = [
    InitCommand.description, ImportCommand.description, AppendCommand.description, StatusCommand.description,
    EventsCommand.description, ImportsCommand.description, NamesCommand.description,
    VerifyCommand.description, CheckpointCommand.description, ProveCommand.description,
    ForgetCommand.description, AdoptCommand.description, RebuildCommand.description, DiffCommand.description,
    ReplayCommand.description, ExplainCommand.description, MirrorCommand.description, LateCommand.description,
    RulebookCommand.description,
  ]

  static func main() {
    let console = Console()
    let status = run(Array(CommandLine.arguments.dropFirst()), console)
    console.flush()
    if let error = console.outputError {
      console.complain("kept: standard output: \(String(cString: strerror(error)))")
      exit(Status.couldNot.rawValue)
    }
    exit(status.rawValue)
  }

  private static func run(_ words: [String], _ console: Console) -> Status {
    switch words.first {
    case nil:
      console.complain(Help.overview(of: commands))
      return .couldNot
    case "--help", "-h", "help":
      return help(words.dropFirst().first, console)
    case "--version":
      console.print("kept \(Version.text)")
      return .sound
    case let name?:
      do {
        let command = try find(name)
        let arguments = try Arguments(Array(words.dropFirst()), of: command)
        if arguments.has("help") { return help(name, console) }
        console.isQuiet = arguments.has("quiet")
        let mode: Progress.Mode =
          switch try arguments.choice("progress", of: ["bar", "json", "none"]) {
          case "bar": .bar
          case "json": .json
          case "none": .none
          default: Console.isTerminal(2) && !console.isQuiet ? .bar : .none
          }
        let context = Context(console: console, progress: Progress(mode), commandLine: words)
        defer { context.progress.clear() }
        return try command.run(arguments, context)
      } catch {
        console.explain(error)
        return .couldNot
      }
    }
  }

  private static func help(_ name: String?, _ console: Console) -> Status {
    do {
      console.write((try name.map { try find($0).help } ?? Help.overview(of: commands)).utf8)
      return .sound
    } catch {
      console.explain(error)
      return .couldNot
    }
  }

  private static func find(_ name: String) throws(UsageError) -> CommandDescription {
    if let command = commands.first(where: { $0.name == name }) { return command }
    let near = nearest(to: name, among: commands.map(\.name)).map { ": did you mean `kept \($0)`?" } ?? ""
    throw UsageError(message: "unknown command \"\(name)\"\(near)", command: nil)
  }
}
