/**
 * Stopping a trial's program in place, as Katib's collector does: the marker tells the shell around the program that it is
 * stopped, then everything below the shell gets SIGTERM, and what is left after a minute SIGKILL.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CollectorClock } from '../following/file-watch.ts'
import { descendants, mainShell, seenProcesses } from './processes.ts'

const GRACE_MS = 60_000

/** `directory`: where the shell writes its marker. False: no such shell is seen from here. */
export function stopProgram(directory: string, proc: string, clock: CollectorClock): boolean {
  const processes = seenProcesses(proc)
  const shell = mainShell(processes, directory)
  if (shell === undefined) return false
  writeFileSync(join(directory, `${shell.pid}.pid`), 'early-stopped\n')
  signal(
    descendants(processes, shell).map(({ pid }) => pid),
    'SIGTERM',
  )
  clock.after(GRACE_MS, () => {
    const later = seenProcesses(proc)
    const same = mainShell(later, directory)
    if (same?.pid === shell.pid)
      signal(
        descendants(later, same).map(({ pid }) => pid),
        'SIGKILL',
      )
  })
  return true
}

function signal(pids: readonly number[], name: 'SIGTERM' | 'SIGKILL'): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name)
    } catch {
      // It has ended already.
    }
  }
}
