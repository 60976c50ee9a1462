/** A trial's pod on this machine, as a collector sees it: one directory for a volume, a log, a sink that remembers. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CollectedMetric, runCollector, type Sink } from '#collector'
import { ManualClock } from './manual-clock.ts'

type Sent = Parameters<Sink['report']>[0]

interface Flags {
  readonly metrics?: string
  readonly format?: string
  readonly filters?: string
  readonly path?: string
  readonly stopRules?: readonly string[]
  readonly onStopRules?: () => Promise<void>
  readonly stdoutCapBytes?: number
}

export class Pod implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'collector-'))
  readonly volume = join(this.directory, 'volume')
  readonly file = join(this.volume, 'metrics.log')
  readonly clock = new ManualClock()
  readonly sent: Sent[] = []
  log = ''
  /** How many reports the sink refuses before it takes one. */
  refusals = 0
  readonly #ended = new AbortController()

  constructor() {
    mkdirSync(this.volume)
  }

  get ended(): AbortSignal {
    return this.#ended.signal
  }

  get sink(): Sink {
    return {
      report: async report => {
        if (this.refusals-- > 0) throw new Error('the store is away')
        this.sent.push(structuredClone(report))
      },
    }
  }

  start(flags: Flags = {}): Promise<number> {
    const {
      metrics = 'loss;accuracy',
      format = 'TEXT',
      filters,
      path = '/var/log/katib/metrics.log',
      stopRules = [],
      onStopRules,
      stdoutCapBytes,
    } = flags
    const args = ['-t', 'trial', '-m', metrics, '-o-type', 'minimize', '-s-db', 'db:6789', '-path', path]
    const { clock, ended, sink } = this
    return runCollector({
      args: [
        ...args,
        ...(filters === undefined ? [] : ['-f', filters]),
        ...['-format', format],
        ...stopRules.flatMap(rule => ['-stop-rule', rule]),
      ],
      ...(onStopRules && { onStopRules }),
      ...(stdoutCapBytes !== undefined && { stdoutCapBytes }),
      trialUid: 'uid',
      attempt: 0,
      stream: 'pod/collector',
      mounts: [{ mountPath: '/var/log/katib', directory: this.volume }],
      log: text => {
        this.log += text
      },
      ended,
      sink,
      clock,
    })
  }

  print(text: string | Uint8Array): void {
    appendFileSync(this.file, text)
  }

  end(): void {
    this.#ended.abort()
  }

  /** Everything the sink took, as `name=value@sequence`. */
  get rows(): readonly string[] {
    return this.all.map(row => `${row.metricName}=${row.value}@${row.sequence}`)
  }

  get values(): readonly string[] {
    return this.all.map(row => `${row.metricName}=${row.value}`)
  }

  get all(): readonly CollectedMetric[] {
    return this.sent.flatMap(report => report.rows)
  }

  get diagnosis(): string | undefined {
    return this.sent.at(-1)?.diagnosis
  }

  [Symbol.dispose](): void {
    this.end()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** The trial prints all of it and ends before the collector looks. */
export async function collected(
  text: string | Uint8Array,
  flags?: Parameters<Pod['start']>[0],
): Promise<{ pod: Pod; exitCode: number }> {
  using pod = new Pod()
  pod.print(text)
  pod.end()
  return { pod, exitCode: await pod.start(flags) }
}
