/**
 * The collector as a program: Katib's flags in, observations out. It runs beside one trial, in a thread of the server or
 * as the sidecar itself, and knows nothing of Kubernetes.
 */
import { dirname } from 'node:path'
import { type CollectorArguments, InvalidArguments, parseArguments } from './arguments.ts'
import type { Rows } from './collector.ts'
import type { CollectorRun } from './collector-run.ts'
import { deliverAll, deliveryOf, Echo } from './delivery/deliver-all.ts'
import { diagnose } from './doctor/diagnosis.ts'
import { Evidence } from './doctor/evidence.ts'
import { filesBelow } from './doctor/files-below.ts'
import { type FileSource, fileCollector } from './file.ts'
import { Bookmark } from './following/bookmark.ts'
import { RefusedFile } from './following/regular-file.ts'
import { type FormatOf, lineFormat } from './log/line-format.ts'
import { type Mount, resolveMounted } from './mounts.ts'
import { prometheusCollector } from './prometheus/prometheus.ts'
import { scrape } from './prometheus/scrape.ts'
import { stopProgram } from './stopping/stop-program.ts'
import { parseStopRule, type StopRule, StopRules } from './stopping/stop-rules.ts'
import { tfeventCollector } from './tfevent/tfevent.ts'

/**
 * Follows what the flags name until the trial has ended. Resolves with the exit code after the final report is durable: 0,
 * or 2 for arguments that cannot be used. Never rejects for what a trial does.
 */
export async function runCollector(run: CollectorRun): Promise<number> {
  let args: CollectorArguments
  let formatOf: FormatOf
  let rules: readonly StopRule[]
  try {
    args = parseArguments(run.args)
    rules = run.onStopRules ? args.stopRules.map(parseStopRule) : []
    formatOf = await lineFormat(args)
  } catch (cause) {
    if (!(cause instanceof InvalidArguments)) throw cause
    run.log(`${cause.message}\n`)
    await deliveryOf(run).finish(cause.message)
    return 2
  }
  const objective = args.metricNames[0]
  const evidence = new Evidence(objective)
  const echo = new Echo(run.log)
  const wanted = new Set([...args.metricNames, ...rules.map(({ name }) => name)])
  using bookmark = run.bookmark === undefined ? undefined : new Bookmark(run.bookmark, run.proc)
  const rows = (flush: () => Promise<void>) => {
    const cap = args.path === STDOUT_FILE ? capOf(run, echo, flush) : undefined
    const keeping = { durable: flush, ...(bookmark && { bookmark }), ...(cap && { cap }) }
    const collected = source(run, args, wanted, formatOf, evidence, echo, keeping)
    return rules.length === 0 ? collected : untilStopped(collected, run, args, { rules, flush })
  }
  const told = () => {
    evidence.filesInstead = filesInstead(run, args, evidence)
    return diagnose({ ...args, objective, source: sourceName(args) }, evidence)
  }
  await deliverAll(run, rows, evidence, told, echo)
  return 0
}

/** What the flags name, as rows. Throws `RefusedFile` for a path that is in no volume. */
function source(
  { mounts, clock, ended }: CollectorRun,
  args: CollectorArguments,
  names: ReadonlySet<string>,
  formatOf: FormatOf,
  evidence: Evidence,
  echo: Echo,
  keeping: Pick<FileSource, 'bookmark' | 'cap' | 'durable'>,
): Rows {
  if (args.format === 'PrometheusMetric') {
    const { port, path } = args.page
    return prometheusCollector.collect({ scrape: () => scrape(port, path), clock, evidence }, names, ended)
  }
  const place = placeOf(args.path, mounts)
  if (place === undefined) throw new RefusedFile('no volume of the trial is mounted there')
  if (args.format === 'TensorFlowEvent') return tfeventCollector.collect({ ...place, clock, evidence }, names, ended)
  const format = (wanted: ReadonlySet<string>) => formatOf(wanted, evidence)
  const told: Pick<FileSource, 'onBytes' | 'onRestart'> = {
    onBytes: bytes => echo.print(bytes),
    onRestart: how => echo.say(`${sourceName(args)} was ${how}: it is read on from the start of what is there now`),
  }
  return fileCollector.collect({ ...place, clock, evidence, format, ...told, ...keeping }, names, ended)
}

/** What the trial's shell writes for us alone has an end, so that a program which prints for days fills no disk. */
function capOf({ stdoutCapBytes = STDOUT_CAP_BYTES }: CollectorRun, echo: Echo, flush: () => Promise<void>) {
  return {
    bytes: stdoutCapBytes,
    beforeCut: flush,
    onCut: () => echo.say(`(standard output is longer than ${stdoutCapBytes / MIB} MiB: what was read of it is gone)`),
  }
}

const MIB = 1024 * 1024
const STDOUT_CAP_BYTES = 64 * MIB

/** Hands the rows on; when the rules have held, those at which they did are durable first: the trial ends with them. */
async function* untilStopped(
  rows: Rows,
  run: CollectorRun,
  args: CollectorArguments,
  { rules, flush }: { readonly rules: readonly StopRule[]; flush(): Promise<void> },
): Rows {
  const watched = new StopRules(rules, { name: args.metricNames[0] ?? '', type: args.objectiveType })
  let isStopped = false
  for await (const batch of rows) {
    const isOver = !isStopped && batch.filter(row => watched.sees(row)).length > 0
    yield batch
    if (!isOver) continue
    isStopped = true
    await flush()
    await run.onStopRules?.()
    run.log(`${stop(run, args)}\n`)
  }
}

function stop({ mounts, proc = '/proc', clock }: CollectorRun, args: CollectorArguments): string {
  const place = args.format === 'PrometheusMetric' ? undefined : placeOf(args.path, mounts)
  const directory = args.format === 'TensorFlowEvent' ? place?.path : place && dirname(place.path)
  const isStopped = directory !== undefined && stopProgram(directory, proc, clock)
  return `all stopping rules have held: ${isStopped ? 'the program is stopped' : 'the program is not seen from here, its job is stopped'}`
}

const placeOf = (path: string, mounts: readonly Mount[] | undefined) =>
  mounts ? resolveMounted(path, mounts) : { path, root: dirname(path) }

/** Once the trial is over: what was created where the wanted file or event files never were. */
function filesInstead(
  { mounts }: Pick<CollectorRun, 'mounts'>,
  args: CollectorArguments,
  evidence: Evidence,
): readonly string[] | undefined {
  const isOfFiles = args.format !== 'PrometheusMetric' && args.path !== STDOUT_FILE
  const place = isOfFiles && evidence.lineCount + evidence.badLineCount === 0 ? placeOf(args.path, mounts) : undefined
  if (place === undefined) return undefined
  const directory = args.format === 'TensorFlowEvent' ? args.path : dirname(args.path)
  const files = filesBelow(args.format === 'TensorFlowEvent' ? place.path : dirname(place.path), directory)
  const isThere = (file: string) => (args.format === 'TensorFlowEvent' ? file.includes('tfevents') : file === args.path)
  return files.some(isThere) ? undefined : files
}

/** Where the trial's shell puts standard output (katib-compatibility 3.4). */
const STDOUT_FILE = '/var/log/katib/metrics.log'

function sourceName({ format, path, page }: CollectorArguments): string {
  if (format === 'PrometheusMetric') return `the page http://127.0.0.1:${page.port}${page.path}`
  return path === STDOUT_FILE ? 'standard output' : path
}
