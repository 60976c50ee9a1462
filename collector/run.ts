/**
 * The collector as a program: Katib's flags in, observations out. It runs beside one trial, in a thread of the server or
 * as the sidecar itself, and knows nothing of Kubernetes.
 */
import { dirname } from 'node:path'
import { type CollectorArguments, InvalidArguments, parseArguments } from './arguments.ts'
import type { Sink } from './collector.ts'
import { Delivery } from './delivery.ts'
import { diagnose } from './diagnosis.ts'
import { Evidence } from './evidence.ts'
import { fileCollector } from './file.ts'
import type { CollectorClock } from './file-watch.ts'
import { RefusedFile } from './follow.ts'
import type { LineFormat } from './format.ts'
import { jsonFormat } from './json-format.ts'
import { type Mount, resolveMounted } from './mounts.ts'
import { pushFormat } from './push-file.ts'
import { textFormat } from './text-format.ts'
import { userFormat } from './user-filter.ts'

export interface CollectorRun {
  /** Katib's flags, as `inject` writes them. */
  readonly args: readonly string[]
  readonly trialUid: string
  /** Counts restarts of the trial's pod from 0. */
  readonly attempt: number
  /** Pod UID and container. Reading the same files again under the same stream reports nothing twice. */
  readonly stream: string
  /** Where container paths lie on this machine, longest first; absent: they are what they say. */
  readonly mounts?: readonly Mount[]
  /** The container's own log: what the trial printed, then what the collector has to say. */
  log(text: string): void
  /** The trial's processes are over: look once more, then finish. */
  readonly ended: AbortSignal
  readonly sink: Sink
  readonly clock: CollectorClock
}

/**
 * Follows what the flags name until the trial has ended. Resolves with the exit code after the final report is durable: 0,
 * or 2 for arguments that cannot be used. Never rejects for what a trial does.
 */
export async function runCollector(run: CollectorRun): Promise<number> {
  let args: CollectorArguments
  let textOf: Awaited<ReturnType<typeof userFormat>>
  try {
    args = parseArguments(run.args)
    textOf = args.filters.length > 0 ? await userFormat(args.filters) : textFormat
  } catch (cause) {
    if (!(cause instanceof InvalidArguments)) throw cause
    run.log(`${cause.message}\n`)
    await deliveryOf(run).finish(cause.message)
    return 2
  }
  const objective = args.metricNames[0]
  const evidence = new Evidence(objective)
  const format = (names: ReadonlySet<string>) => (args.format === 'JSON' ? jsonFormat : textOf)(names, evidence)
  const place = placeOf(args.path, run.mounts)
  const source = args.path === STDOUT_FILE ? 'standard output' : args.path
  await collectFile({ ...run, place, format, evidence, names: args.metricNames, echo: true }, () =>
    diagnose({ ...args, objective, source }, evidence),
  )
  return 0
}

export interface PushFileRun extends Omit<CollectorRun, 'args' | 'mounts'> {
  /** On this machine; the directory is the trial's own. */
  readonly path: string
  readonly objective: string
}

/** The same for the file of QALAM_METRICS_FILE. Resolves after the final report is durable. */
export async function runPushFile(run: PushFileRun): Promise<void> {
  const evidence = new Evidence(run.objective)
  const format = () => pushFormat(evidence)
  const place = { path: run.path, root: dirname(run.path) }
  await collectFile({ ...run, place, format, evidence, names: [], echo: false }, () =>
    evidence.lineCount === 0
      ? `"${run.objective}" was not pushed: nothing was posted, and nothing was written to the file QALAM_METRICS_FILE`
      : diagnose({ objective: run.objective, source: 'QALAM_METRICS_FILE', format: 'TEXT', filters: [] }, evidence),
  )
}

interface FileRun extends Omit<CollectorRun, 'args' | 'mounts'> {
  /** `undefined`: no volume of the trial is mounted there. */
  readonly place: { readonly path: string; readonly root: string } | undefined
  readonly format: (metricNames: ReadonlySet<string>) => LineFormat
  readonly evidence: Evidence
  readonly names: readonly string[]
  /** Print what is followed to the log. */
  readonly echo: boolean
}

async function collectFile(run: FileRun, diagnosis: () => string | undefined): Promise<void> {
  const { evidence, place, format, clock } = run
  const delivery = deliveryOf(run)
  const decoder = new TextDecoder()
  let isMidLine = false
  const echo = (bytes: Uint8Array) => {
    isMidLine = bytes.at(-1) !== 0x0a
    run.log(decoder.decode(bytes, { stream: true }))
  }
  try {
    if (place === undefined) throw new RefusedFile('no volume of the trial is mounted there')
    const source = { ...place, clock, format, evidence, ...(run.echo && { onBytes: echo }) }
    for await (const rows of fileCollector.collect(source, new Set(run.names), run.ended)) await delivery.add(rows)
  } catch (cause) {
    if (!(cause instanceof RefusedFile)) throw cause
    evidence.refusal = cause.message
  }
  const found = diagnosis()
  if (isMidLine) run.log('\n')
  for (const remark of [...skipped(evidence), ...(found === undefined ? [] : [found])]) run.log(`${remark}\n`)
  await delivery.finish(found)
}

/** Where the trial's shell puts standard output (katib-compatibility 3.4). */
const STDOUT_FILE = '/var/log/katib/metrics.log'

const placeOf = (path: string, mounts: readonly Mount[] | undefined) =>
  mounts ? resolveMounted(path, mounts) : { path, root: dirname(path) }

function deliveryOf(run: Pick<CollectorRun, 'sink' | 'clock' | 'trialUid' | 'attempt' | 'stream' | 'log'>): Delivery {
  const { sink, clock, trialUid, attempt, stream } = run
  const onRefusal = (cause: unknown) =>
    run.log(`metrics wait to be stored: ${cause instanceof Error ? cause.message : String(cause)}\n`)
  return new Delivery({ sink, clock, trialUid, attempt, stream, onRefusal })
}

function skipped({ badLineCount, longLineCount }: Evidence): readonly string[] {
  return [
    ...(badLineCount > 0 ? [`${badLineCount} lines that could not be read were skipped`] : []),
    ...(longLineCount > 0 ? [`${longLineCount} lines were cut at 64 KiB`] : []),
  ]
}
