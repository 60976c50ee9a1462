/** `qalam completion`: a script that completes verbs and options, made from the verbs themselves. */
import type { Command } from 'commander'
import { CommandError, EXIT } from './exit.ts'

export function completion(shell: string, qalam: Command): void {
  const script = { bash, zsh, fish }[shell]
  if (script === undefined) throw new CommandError(EXIT.usage, `expected bash, zsh or fish, got "${shell}"`)
  process.stdout.write(script(qalam.commands))
}

const flags = (command: Command) =>
  command.options.flatMap(option => [option.short, option.long]).filter(flag => flag != null)

function bash(commands: readonly Command[]): string {
  const cases = commands.map(command => `    ${command.name()}) words="${flags(command).join(' ')}" ;;`)
  return `_qalam() {
  local words="${commands.map(command => command.name()).join(' ')}" current="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -gt 1 ]; then case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac; fi
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
    -f|--file) COMPREPLY=($(compgen -f -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
  esac
}
complete -o default -F _qalam qalam
`
}

function zsh(commands: readonly Command[]): string {
  return `#compdef qalam\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`
}

function fish(commands: readonly Command[]): string {
  const lines = commands.flatMap(command => [
    `complete -c qalam -n __fish_use_subcommand -a ${command.name()} -d '${command.description().replaceAll("'", '')}'`,
    ...command.options.map(option => {
      const short = option.short ? ` -s ${option.short.slice(1)}` : ''
      const description = option.description.replaceAll("'", '')
      return `complete -c qalam -n '__fish_seen_subcommand_from ${command.name()}'${short} -l ${option.long?.slice(2)} -d '${description}'`
    }),
  ])
  return `${lines.join('\n')}\n`
}
