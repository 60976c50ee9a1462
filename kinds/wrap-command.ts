/** The shell line around a trial's program, so that the collector beside it sees its output and its end. */

export interface WrapOptions {
  /** File that takes stdout and stderr of the program, in order. Absent: the program writes its own files. */
  readonly stdout?: string
  /** Where the marker file `<pid>.pid` is written once the program has ended well; no trailing slash needed. */
  readonly directory: string
  /** The program may be stopped early from beside: the marker then tells a stop from a failure. */
  readonly earlyStopping?: boolean
}

/**
 * The command and args that run `argv` inside a shell. Words are joined by blanks and read again by the shell, without
 * any quoting: manifests of architecture search depend on it. Recognised shells (`sh -c`, `/bin/bash -ec`, ...) are kept
 * instead of being nested. `$$$$` because Kubernetes turns `$$` in args into `$`; inside `$( )` it sees a variable
 * reference that it cannot resolve and leaves the text alone, so there `$$` is written once.
 *
 *   wrapCommand(['python3', 'a.py'], { stdout: '/var/log/katib/metrics.log', directory: '/var/log/katib' })
 *   → command ['sh', '-c'], args ['python3 a.py 1>/var/log/katib/metrics.log 2>&1 && echo completed > /var/log/katib/$$$$.pid']
 */
export function wrapCommand(
  argv: readonly string[],
  options: WrapOptions,
): { readonly command: string[]; readonly args: string[] } {
  const shell = isShell(argv) ? argv.slice(0, 2) : ['sh', '-c']
  const program = isShell(argv) ? argv.slice(2).map(withoutLineBreak) : argv
  const directory = options.directory.length > 1 ? options.directory.replace(/\/+$/, '') : options.directory
  const words = [
    ...program,
    ...(options.stdout === undefined ? [] : [`1>${options.stdout} 2>&1`]),
    ...(options.earlyStopping ? ['||', stoppedOrFailed(directory)] : []),
    '&&',
    `echo completed > ${directory}/$$$$.pid`,
  ]
  return { command: [...shell], args: [words.join(' ')] }
}

/** A block of YAML ends with a line break, after which the redirection would be a command of its own. A comment needs it. */
function withoutLineBreak(script: string): string {
  const trimmed = script.trimEnd()
  return trimmed.split('\n').at(-1)?.includes('#') ? script : trimmed
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
