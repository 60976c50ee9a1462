/**
 * When a trial's program is over, as its sidecar sees it, and how it went.
 *
 * The marker `<pid>.pid` beside the metrics says `completed` when the program ended well, also one that was over before
 * anybody looked. Where the pod shares its process namespace the program is the shell that writes the marker, as in Katib
 * (katib-compatibility 4.1): gone without a marker it has failed. SIGTERM of a native sidecar says that the main containers
 * are over, whatever else is seen. Departs from Katib where no such shell is seen: the marker alone decides then, and no
 * stranger's process is waited for.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CollectorClock } from '../following/file-watch.ts'
import { mainShell, seenProcesses } from './processes.ts'

export interface ProgramEndOptions {
  /** Where the marker is written; absent: there is none. */
  readonly directory: string | undefined
  readonly proc: string
  /** Every container is waited for, not the program's alone. */
  readonly waitsForAll: boolean
  readonly clock: CollectorClock
  /** SIGTERM. */
  readonly terminated: AbortSignal
}

export type ProgramEnd = 'completed' | 'failed' | 'terminated'

const LOOK_EVERY_MS = 1_000

export async function programEnd(options: ProgramEndOptions): Promise<ProgramEnd> {
  const { directory, proc, clock, terminated } = options
  const containers = containersOf(proc)
  const main = directory === undefined ? undefined : mainShell(containers, directory)
  while (!terminated.aborted) {
    const marks = directory === undefined ? [] : markers(directory)
    const running = new Set(seenProcesses(proc).map(({ pid }) => pid))
    const isGone = main === undefined || !running.has(main.pid)
    const awaited = main !== undefined && options.waitsForAll ? containers.filter(({ pid }) => running.has(pid)) : []
    if (isGone && awaited.length === 0) {
      if (marks.includes('completed')) return 'completed'
      if (main !== undefined && !marks.includes('early-stopped')) return 'failed'
    }
    await pause(clock, terminated)
  }
  return 'terminated'
}

/** The first process of each container but the pod's own (pid 1) and this one. */
function containersOf(proc: string) {
  const own = process.pid
  return seenProcesses(proc)
    .filter(({ pid, parent }) => parent === 0 && pid !== 1 && pid !== own)
    .toSorted((a, b) => a.pid - b.pid)
}

function markers(directory: string): readonly string[] {
  try {
    const names = readdirSync(directory).filter(name => /^\d+\.pid$/.test(name))
    return names.map(name => readFileSync(join(directory, name), 'utf8').trim())
  } catch {
    // The directory is not there yet.
    return []
  }
}

function pause(clock: CollectorClock, ended: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const finish = () => {
      timer[Symbol.dispose]()
      ended.removeEventListener('abort', finish)
      resolve()
    }
    const timer = clock.after(LOOK_EVERY_MS, finish)
    ended.addEventListener('abort', finish, { once: true })
  })
}
