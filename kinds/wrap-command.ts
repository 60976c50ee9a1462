/** The shell line around a trial's program, so that the collector beside it sees its output and its end. */
import { withQuotedValues } from './quoted-values.ts'

export interface WrapOptions {
  /** File that takes stdout and stderr of the program, in order. Absent: the program writes its own files. */
  readonly stdout?: string
  /** Where the marker file `<pid>.pid` is written once the program has ended well; no trailing slash needed. */
  readonly directory: string
  /** The program may be stopped early from beside: the marker then tells a stop from a failure. */
  readonly earlyStopping?: boolean
  /** Of parameters, as they stand in the words. */
  readonly values?: readonly string[]
}

/**
 * The command and args that run `argv` inside a shell. Words are joined by blanks and read again by the shell, without
 * any quoting: manifests of architecture search depend on it. The program text of `python -c` and its like is quoted, since
 * no text of more than a word would come through (docs/decisions/0014), and so are values of parameters that the shell would
 * carry out. Recognised shells (`sh -c`, `/bin/bash -ec`, ...)
 * are kept instead of being nested. `$$$$` because Kubernetes turns `$$` in args into `$`; inside `$( )` it sees a variable
 * reference that it cannot resolve and leaves the text alone, so there `$$` is written once.
 *
 *   wrapCommand(['python3', 'a.py'], { stdout: '/var/log/katib/metrics.log', directory: '/var/log/katib' })
 *   → command ['sh', '-c'], args ['python3 a.py 1>/var/log/katib/metrics.log 2>&1 && echo completed > /var/log/katib/$$$$.pid']
 */
export function wrapCommand(
  argv: readonly string[],
  options: WrapOptions,
): { readonly command: string[]; readonly args: string[] } {
  const script = isShell(argv) ? argv.slice(2).join(' ') : undefined
  const directory = options.directory.length > 1 ? options.directory.replace(/\/+$/, '') : options.directory
  const words = [
    script === undefined
      ? redirected(joined(argv, options.values), options.stdout)
      : redirectedScript(script, options.stdout),
    ...(options.earlyStopping ? ['||', stoppedOrFailed(directory)] : []),
    '&&',
    `echo completed > ${directory}/$$$$.pid`,
  ]
  return { command: script === undefined ? ['sh', '-c'] : [...argv.slice(0, 2)], args: [words.join(' ')] }
}

function joined(argv: readonly string[], values: readonly string[] = []): string {
  const at = inlineProgramAt(argv)
  return argv
    .map((word, i) =>
      i === at && !isQuoted(word) ? `'${word.replaceAll("'", "'\\''")}'` : withQuotedValues(word, values),
    )
    .join(' ')
}

/** `python3 -u -c PROGRAM`, `node -e PROGRAM`: options alone stand before it. */
function inlineProgramAt(argv: readonly string[]): number | undefined {
  const [interpreter = ''] = argv
  const flag = /(^|\/)python[\d.]*$/.test(interpreter)
    ? '-c'
    : /(^|\/)(node|perl|ruby|Rscript)$/.test(interpreter)
      ? '-e'
      : undefined
  const at = argv.findIndex((word, i) => i > 0 && (word === flag || !word.startsWith('-')))
  return argv[at] === flag && at > 0 ? at + 1 : undefined
}

/** Whoever wrote the manifest for a shell that reads it again has quoted it already. */
const isQuoted = (word: string) => /^(["']).*\1$/s.test(word.trim())

const redirected = (line: string, stdout: string | undefined) =>
  stdout === undefined ? line : `${line} 1>${stdout} 2>&1`

/**
 * A script of one command takes the redirection as any program does. One of several is redirected from its first
 * command on: at its end the redirection would bind to the last command alone (docs/decisions/0012).
 */
function redirectedScript(script: string, stdout: string | undefined): string {
  const trimmed = script.trimEnd()
  const attachable = isOpenEnded(trimmed) ? `${trimmed}\n(exit $?)` : trimmed
  if (stdout === undefined || !/[;&|\n#]/.test(trimmed)) return redirected(attachable, stdout)
  return `exec 1>${stdout} 2>&1\n${attachable}`
}

/** What follows on the last line would be part of a comment, of a text (here-document), or of no command at all. */
function isOpenEnded(script: string): boolean {
  const lastLine = script.slice(script.lastIndexOf('\n') + 1)
  return /[;&]$/.test(script) || lastLine.includes('#') || (script.includes('<<') && /^\s*\w+$/.test(lastLine))
}

/** A shell with an option group that ends in `c`, followed by its script. A lone `sh` is an ordinary program. */
function isShell(argv: readonly string[]): boolean {
  return /^(\/bin\/|\/usr\/bin\/)?(sh|bash)$/.test(argv[0] ?? '') && /^-[a-z]*c$/.test(argv[1] ?? '')
}

function stoppedOrFailed(directory: string): string {
  const marker = `[ $(head -n 1 ${directory}/$$.pid) = early-stopped ]`
  return (
    `if test -f ${directory}/$$$$.pid && ${marker}; then echo Training Container was Early Stopped; ` +
    'else echo Training Container was Failed; exit 1; fi'
  )
}
