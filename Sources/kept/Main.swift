import Glibc
import KeptFormat

@main
struct Main {
  /// In the order in which a newcomer needs them.
  static let commands: [CommandDescription] = [
    InitCommand.description, ImportCommand.description, AppendCommand.description, StatusCommand.description,
    EventsCommand.description, ImportsCommand.description, NamesCommand.description,
    VerifyCommand.description, CheckpointCommand.description, ProveCommand.description,
    ForgetCommand.description, AdoptCommand.description, SalvageCommand.description, RebuildCommand.description,
    DiffCommand.description, QueryCommand.description, ReportCommand.description,
    ReplayCommand.description, ExplainCommand.description, MirrorCommand.description, LateCommand.description,
    RulebookCommand.description, ExportCommand.description,
  ]

  static func main() {
    RuntimeStop.explain()
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
    case "--completions", "--man":
      return shellFile(words, console)
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
        let service = ServiceStatus(socket: getenv("NOTIFY_SOCKET").map { String(cString: $0) })
        let context = Context(console: console, progress: Progress(mode, service: service), commandLine: words)
        defer { context.progress.clear() }
        return try command.run(arguments, context)
      } catch {
        console.explain(error)
        return .couldNot
      }
    }
  }

  /// What a shell or `man` reads, made from the descriptions of the commands; `Scripts/install` puts it in place.
  private static func shellFile(_ words: [String], _ console: Console) -> Status {
    if words[0] == "--man" {
      console.write(ManPage.text(of: commands).utf8)
      return .sound
    }
    guard let shell = words.dropFirst().first.flatMap(Completions.init) else {
      console.explain(UsageError(message: "for which shell? --completions bash, zsh or fish", command: nil))
      return .couldNot
    }
    console.write(shell.text(of: commands).utf8)
    return .sound
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
