/// Completion files of shells: commands, options, the words that options allow, and files everywhere else.
enum Completions: String {
  case bash, zsh, fish

  func text(of commands: [CommandDescription]) -> String {
    switch self {
    case .bash: Self.bash(commands)
    case .zsh: Self.zsh(commands)
    case .fish: Self.fish(commands)
    }
  }

  private static func options(_ command: CommandDescription) -> [OptionDescription] {
    command.options + CommandDescription.commonOptions
  }

  /// The words of an option that allows only some, such as `table|csv|jsonl`.
  private static func words(_ option: OptionDescription) -> [String]? {
    guard let value = option.value, value.contains("|"), value.allSatisfy({ $0.isLowercase || "|-0123456789".contains($0) })
    else { return nil }
    return value.split(separator: "|").map(String.init)
  }

  private static func bash(_ commands: [CommandDescription]) -> String {
    var text = """
      # bash completion of kept
      _kept() {
        local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
        COMPREPLY=()
        if [ "$COMP_CWORD" = 1 ]; then
          COMPREPLY=($(compgen -W "\(commands.map(\.name).joined(separator: " ")) --help --version" -- "$word"))
          return
        fi
        case "${COMP_WORDS[1]} $before" in

      """
    for command in commands {
      for option in options(command) {
        guard let words = words(option) else { continue }
        let allowed = words.joined(separator: " ")
        text += "    \"\(command.name) --\(option.name)\") COMPREPLY=($(compgen -W \"\(allowed)\" -- \"$word\")); return ;;\n"
      }
    }
    text += "  esac\n  case \"${COMP_WORDS[1]}:$word\" in\n"
    for command in commands {
      let names = options(command).map { "--" + $0.name }.joined(separator: " ")
      text += "    \(command.name):-*) COMPREPLY=($(compgen -W \"\(names)\" -- \"$word\")); return ;;\n"
    }
    return text + "  esac\n}\ncomplete -o default -F _kept kept\n"
  }

  private static func zsh(_ commands: [CommandDescription]) -> String {
    func quoted(_ text: String) -> String {
      let plain = text.replacing("'", with: "’").replacing("[", with: "(").replacing("]", with: ")")
      return plain.replacing("\\", with: "\\\\").replacing(":", with: "\\:")
    }
    var text = "#compdef kept\n_kept() {\n  local -a commands\n  commands=(\n"
    for command in commands { text += "    '\(command.name):\(quoted(command.summary))'\n" }
    text += "  )\n  if (( CURRENT == 2 )); then\n    _describe command commands\n    return\n  fi\n  case $words[2] in\n"
    for command in commands {
      text += "    \(command.name))\n      _arguments -S"
      for option in options(command) {
        text += " \\\n        '\(option.isRepeatable ? "*" : "")--\(option.name)[\(quoted(option.meaning))]"
        if let value = option.value {
          text += ":\(quoted(value)):" + (words(option).map { "(\($0.joined(separator: " ")))" } ?? "_files")
        }
        text += "'"
      }
      text += " \\\n        '*:file:_files' ;;\n"
    }
    return text + "  esac\n}\n_kept \"$@\"\n"
  }

  private static func fish(_ commands: [CommandDescription]) -> String {
    func quoted(_ text: String) -> String {
      "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
    var text = "# fish completion of kept\n"
    for command in commands {
      text += "complete -c kept -n __fish_use_subcommand -a \(command.name) -f -d \(quoted(command.summary))\n"
      for option in options(command) {
        text += "complete -c kept -n '__fish_seen_subcommand_from \(command.name)' -l \(option.name)"
        if option.value != nil { text += words(option).map { " -x -a \(quoted($0.joined(separator: " ")))" } ?? " -r" }
        text += " -d \(quoted(option.meaning))\n"
      }
    }
    return text
  }
}
