/** The collector as a sidecar: who it is for from its environment, what to read from Katib's flags, reports over REST. */
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { InvalidArguments, parseArguments } from './arguments.ts'
import { restSink } from './delivery/rest-sink.ts'
import { Spool } from './delivery/spool.ts'
import type { CollectorClock } from './following/file-watch.ts'
import { LastWords } from './last-words.ts'
import { relayLog } from './relay.ts'
import { runCollector } from './run.ts'
import { type ProgramEnd, programEnd } from './stopping/program-end.ts'

export interface Sidecar {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: CollectorClock
  /** SIGTERM. */
  readonly terminated: AbortSignal
  log(text: string): void
  /** Default `/proc`. */
  readonly proc?: string
  /** Where the cluster keeps last words; default Kubernetes' own. */
  readonly terminationLog?: string
}

/** Resolves with the exit code: 0, 1 when the program failed, 2 for flags or an environment that cannot be used. */
export async function runSidecar(sidecar: Sidecar): Promise<number> {
  const { args, env, clock, terminated, log, proc = '/proc', terminationLog = '/dev/termination-log' } = sidecar
  const { QALAM_SERVER_URL: url, QALAM_TOKEN_FILE: tokenFile, QALAM_NAMESPACE: namespace = 'default' } = env
  const ca = env.QALAM_SERVER_CA || undefined
  const parsed = parsedOr(args, log)
  if (parsed === undefined) return 2
  const trial = parsed.trialName || env.KATIB_TRIAL_NAME
  if (!url || !tokenFile || !trial) {
    log('expected the trial in -t, the server in QALAM_SERVER_URL and its token in the file QALAM_TOKEN_FILE\n')
    return 2
  }
  const onDropped = (sentence: string) => log(`a report was dropped: ${sentence}\n`)
  const access = { url, namespace, trial, tokenFile, ...(ca === undefined ? {} : { ca }) }
  const sink = restSink({ ...access, onDropped })
  const stream = env.QALAM_STREAM ?? `${env.HOSTNAME ?? 'pod'}/collector`
  const path = join(env.QALAM_SPOOL_DIR ?? tmpdir(), `qalam-${stream.replaceAll(/[^\w.-]/g, '_')}`)
  const onRefusal = (cause: unknown) => log(`metrics wait to be sent: ${(cause as Error).message}\n`)
  using spool = new Spool({ path: `${path}.spool`, sink, clock, onRefusal })
  const over = new AbortController()
  const directory = parsed.format === 'TensorFlowEvent' ? parsed.path : parsed.path && dirname(parsed.path)
  const { waitsForAll } = parsed
  const onTrouble = (sentence: string) => log(`${sentence}\n`)
  const onGap = (sentence: string) => {
    onTrouble(sentence)
    sink.lost('LogRotated', sentence)
  }
  const end: Promise<ProgramEnd> = env.QALAM_RELAY
    ? relayLog({ ...access, path: parsed.path, clock, terminated, onTrouble, onGap }).then(() => 'terminated')
    : programEnd({ directory: directory || undefined, proc, waitsForAll, clock, terminated })
  void end.then(() => over.abort())
  const code = await runCollector({
    ...{ args, trialUid: trial, attempt: 0, stream, log, clock, proc },
    sink: new LastWords({ sink: spool, path: terminationLog, objective: parsed.metricNames[0] }),
    ended: over.signal,
    // What is relayed is written anew by each start, from the same log.
    ...(env.QALAM_RELAY ? {} : { bookmark: `${path}.place` }),
    onStopRules: () => insist(() => sink.stopEarly(), clock, onRefusal),
  })
  if (code !== 0) return code
  if ((await end) !== 'failed') return 0
  log('the program ended without its marker: it has failed\n')
  return 1
}

function parsedOr(args: readonly string[], log: (text: string) => void) {
  try {
    return parseArguments(args)
  } catch (cause) {
    if (!(cause instanceof InvalidArguments)) throw cause
    log(`${cause.message}\n`)
    return undefined
  }
}

async function insist(say: () => Promise<void>, clock: CollectorClock, onRefusal: (cause: unknown) => void) {
  for (;;) {
    try {
      return await say()
    } catch (cause) {
      onRefusal(cause)
      await new Promise<void>(resolve => clock.after(1_000, resolve))
    }
  }
}
