/**
 * What the values come to, left where a cluster keeps a container's last words (its termination message, at most 4 KiB). A store
 * that is away until the pod's grace is over never hears the final; the trial's sums are then read from the pod.
 */
import { existsSync, writeFileSync } from 'node:fs'
import type { CollectedMetric, Sink } from './collector.ts'

type Report = Parameters<Sink['report']>[0]

/** min, max, latest as they were written, and how many there were. Without a finite value there is no min and max. */
type Sums = [min: string | null, max: string | null, latest: string, count: number]

/** What Kubernetes keeps. */
const LIMIT_BYTES = 4_096

export interface LastWordsOptions {
  readonly sink: Sink
  /** The file that the kubelet has put there; where there is none nothing is written. */
  readonly path: string
  /** Comes first, and so is never left out. */
  readonly objective: string | undefined
}

/** A sink that sums up what passes and writes it down before the final is handed on. */
export class LastWords implements Sink {
  readonly #options: LastWordsOptions
  readonly #sums = new Map<string, Sums>()

  constructor(options: LastWordsOptions) {
    this.#options = options
  }

  report(report: Report): Promise<void> {
    for (const row of report.rows) this.#add(row)
    if (report.final) this.#write()
    return this.#options.sink.report(report)
  }

  #add({ metricName, value }: CollectedMetric): void {
    const [min, max, , count] = this.#sums.get(metricName) ?? [null, null, value, 0]
    const number = Number(value)
    const counts = Number.isFinite(number)
    const isLeast = counts && (min === null || number < Number(min))
    const isMost = counts && (max === null || number > Number(max))
    this.#sums.set(metricName, [isLeast ? value : min, isMost ? value : max, value, count + 1])
  }

  #write(): void {
    const { path, objective } = this.#options
    if (!existsSync(path) || this.#sums.size === 0) return
    try {
      writeFileSync(path, this.#text(objective))
    } catch {
      // Then the trial has what the store has.
    }
  }

  #text(objective: string | undefined): string {
    const metrics: Record<string, Sums> = {}
    const ordered = [...this.#sums].sort(([a], [b]) => Number(b === objective) - Number(a === objective))
    let text = ''
    for (const [name, sums] of ordered) {
      metrics[name] = sums
      const longer = JSON.stringify({ metrics })
      if (Buffer.byteLength(longer) > LIMIT_BYTES) return text
      text = longer
    }
    return text
  }
}
