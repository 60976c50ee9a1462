/** Processes beside the collector, as Linux shows them below /proc (proc(5)). Elsewhere none are seen. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface SeenProcess {
  readonly pid: number
  /** 0: the first process of a container. */
  readonly parent: number
  readonly argv: readonly string[]
}

/** Those that run; what has ended and waits for its parent is over. `proc` is where they are shown. */
export function seenProcesses(proc: string): readonly SeenProcess[] {
  let names: readonly string[]
  try {
    names = readdirSync(proc)
  } catch {
    // No Linux: nothing can be seen.
    return []
  }
  return names.flatMap(name => (/^\d+$/.test(name) ? (seenProcess(proc, name) ?? []) : []))
}

function seenProcess(proc: string, pid: string): SeenProcess | undefined {
  try {
    const stat = readFileSync(join(proc, pid, 'stat'), 'utf8')
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (state === 'Z' || state === 'X') return undefined
    const argv = readFileSync(join(proc, pid, 'cmdline'), 'utf8')
      .split('\0')
      .slice(0, -1)
    return { pid: Number(pid), parent: Number(parent), argv }
  } catch {
    // It ended while we looked.
    return undefined
  }
}

/** The shell that was told to write its marker into `directory` when the program is over; its oldest, not a fork of it. */
export function mainShell(processes: readonly SeenProcess[], directory: string): SeenProcess | undefined {
  const isIt = ({ argv }: SeenProcess) =>
    /^-[a-z]*c$/.test(argv[1] ?? '') && (argv[2] ?? '').includes(`echo completed > ${directory}/`)
  const shells = processes.filter(isIt)
  return shells.find(({ parent }) => !shells.some(({ pid }) => pid === parent))
}

/** Everything that `process` started, and what that started. */
export function descendants(processes: readonly SeenProcess[], { pid }: SeenProcess): readonly SeenProcess[] {
  const children = processes.filter(({ parent }) => parent === pid)
  return children.flatMap(child => [child, ...descendants(processes, child)])
}
