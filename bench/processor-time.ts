/** Processor time and memory of other processes, as Linux counts them in /proc (proc(5)). */
import { readdirSync, readFileSync } from 'node:fs'

/** Ticks of sysconf(_SC_CLK_TCK): 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

/** Seconds of user and system time of the process with its threads, without its children. */
export function ownSeconds(pid: number): number {
  return statOf(pid)?.own ?? 0
}

/** The same with its ended children and, as of now, its living ones. */
export function processorSeconds(pid: number): number {
  const stat = statOf(pid)
  if (stat === undefined) return 0
  const children = readdirSync('/proc').flatMap(entry => {
    const child = /^\d+$/.test(entry) ? statOf(Number(entry)) : undefined
    return child?.parent === pid ? [Number(entry)] : []
  })
  return stat.own + stat.ended + children.reduce((sum, child) => sum + processorSeconds(child), 0)
}

export function residentMiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024
}

function statOf(pid: number): { readonly parent: number; readonly own: number; readonly ended: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Field 2, the name, may hold anything; behind its parenthesis comes field 3.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number)
    const seconds = (ticks: number) => ticks / TICKS_PER_SECOND
    return { parent: Number(fields[1]), own: seconds(utime + stime), ended: seconds(cutime + cstime) }
  } catch {
    return undefined
  }
}
