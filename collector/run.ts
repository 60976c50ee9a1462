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
import { textFormat } from './text-format.ts'

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

/** Resolves with the exit code after the final report is durable: 0, or 2 for arguments that cannot be used. Never rejects for what a trial does. */
export async function runCollector(run: CollectorRun): Promise<number> {
  const delivery = new Delivery({
    ...run,
    onRefusal: cause => run.log(`metrics wait to be stored: ${reasonOf(cause)}\n`),
  })
  let args: CollectorArguments
  let format: (metricNames: ReadonlySet<string>) => LineFormat
  const evidence: Evidence = new Evidence(objectiveOf(run.args))
  try {
    args = parseArguments(run.args)
    format = lineFormat(args, evidence)
  } catch (cause) {
    if (!(cause instanceof InvalidArguments)) throw cause
    run.log(`${cause.message}\n`)
    await delivery.finish(cause.message)
    return 2
  }
  await collectFile(run, args, format, evidence, delivery)
  const diagnosis = diagnose({ ...args, objective: args.metricNames[0], source: args.path }, evidence)
  if (evidence.badLineCount > 0 || evidence.longLineCount > 0) run.log(`${skipped(evidence)}\n`)
  if (diagnosis !== undefined) run.log(`${diagnosis}\n`)
  await delivery.finish(diagnosis)
  return 0
}

async function collectFile(
  run: CollectorRun,
  args: CollectorArguments,
  format: (metricNames: ReadonlySet<string>) => LineFormat,
  evidence: Evidence,
  delivery: Delivery,
): Promise<void> {
  const place = run.mounts ? resolveMounted(args.path, run.mounts) : { path: args.path, root: dirname(args.path) }
  if (place === undefined) {
    evidence.refusal = 'no volume of the trial is mounted there'
    return
  }
  const decoder = new TextDecoder()
  const onBytes = (bytes: Uint8Array) => run.log(decoder.decode(bytes, { stream: true }))
  const source = { ...place, clock: run.clock, format, evidence, onBytes }
  try {
    for await (const rows of fileCollector.collect(source, new Set(args.metricNames), run.ended))
      await delivery.add(rows)
  } catch (cause) {
    if (!(cause instanceof RefusedFile)) throw cause
    evidence.refusal = cause.message
  }
}

function lineFormat(args: CollectorArguments, evidence: Evidence): (metricNames: ReadonlySet<string>) => LineFormat {
  if (args.format === 'JSON') return names => jsonFormat(names, evidence)
  if (args.filters.length > 0) throw new InvalidArguments('filters of metricsFormat are not supported')
  return names => textFormat(names, evidence)
}

const objectiveOf = (args: readonly string[]) => args[args.indexOf('-m') + 1]?.split(';')[0]
const reasonOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))

function skipped(evidence: Evidence): string {
  const bad = evidence.badLineCount > 0 ? [`${evidence.badLineCount} lines that are no JSON object were skipped`] : []
  const long = evidence.longLineCount > 0 ? [`${evidence.longLineCount} lines were cut at 64 KiB`] : []
  return [...bad, ...long].join('; ')
}
