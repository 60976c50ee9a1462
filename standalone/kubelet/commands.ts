/** Whether a command can be run here at all, before it is tried. */
import { accessSync, constants, mkdirSync, symlinkSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

/** What was found stays found; what was not is looked for again. */
export class Commands {
  readonly #found = new Map<string, string>()

  /** The file that `command` names: itself with a slash in it, otherwise the first of PATH. */
  locate(command: string, path: string, workingDirectory: string): string | undefined {
    const key = `${path}\0${workingDirectory}\0${command}`
    const known = this.#found.get(key)
    if (known !== undefined) return known
    const candidates = command.includes('/')
      ? [isAbsolute(command) ? command : join(workingDirectory, command)]
      : path.split(delimiter).map(directory => join(directory || '.', command))
    const file = candidates.find(isExecutable)
    if (file !== undefined) this.#found.set(key, file)
    return file
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const SHELL = /^(\/bin\/|\/usr\/bin\/)?(sh|bash)$/
const SHELL_WORDS =
  /^(\.|:|\[|alias|bg|break|case|cd|command|continue|declare|do|done|echo|esac|eval|exec|exit|export|false|fi|for|function|if|kill|local|printf|pwd|read|return|select|set|shift|source|test|then|time|times|trap|true|type|ulimit|umask|unset|until|wait|while)$/

/** The commands that have to be there: the first word, and for a shell line also the first word of the line. */
export function neededCommands(argv: readonly string[]): readonly string[] {
  const [program = '', flag = '', line = ''] = argv
  if (!SHELL.test(program) || !/^-[a-z]*c$/.test(flag)) return [program]
  const word = /^\s*([\w./+-]+)(?=\s|$)/.exec(line)?.[1]
  return word === undefined || SHELL_WORDS.test(word) ? [program] : [program, word]
}

/**
 * PATH with a directory at its end that answers `python` where only `python3` exists. Manifests made from functions start
 * `python`; many machines have no such name.
 */
export function pathWithPython(path: string, dataDir: string): string {
  const commands = new Commands()
  const python3 = commands.locate('python3', path, '/')
  if (python3 === undefined || commands.locate('python', path, '/') !== undefined) return path
  const directory = join(dataDir, 'bin')
  mkdirSync(directory, { recursive: true })
  try {
    symlinkSync(python3, join(directory, 'python'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return `${path}${delimiter}${directory}`
}
