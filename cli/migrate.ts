/** `qalam migrate`: Katib's experiments go on here, with their trials, budgets and metrics; `--back`: Katib goes on with them. */
import { rfc3339, TAKEN_OVER_ANNOTATION, TRIAL_LABEL, type Trial } from '#api'
import { systemClock as clock, createClient, kubeconfigTransport, type ReadingClient } from '#kube'
import { openKatibLogs } from '#server'
import { refuseBesideKatib } from './cluster/katib-controller.ts'
import { leading } from './cluster/leading.ts'
import { observationsOf } from './cluster/observations.ts'
import { CommandError, EXIT } from './exit.ts'
import { giveBack, runningTrials } from './migration/give-back.ts'
import { carryOut, type Step, told } from './migration/step.ts'
import { type Survey, survey } from './migration/survey.ts'
import { type Search, takeOver } from './migration/take-over.ts'

export interface MigrateOptions {
  readonly kubeconfig?: string
  readonly namespace: string
  readonly dryRun?: boolean
  readonly back?: boolean
  readonly dbManager?: string
  readonly store?: string
  readonly storeTokenFile?: string
  readonly storeCaFile?: string
}

const note = (text: string) => void process.stderr.write(`${text}\n`)

/** A second call goes on where an earlier one ended, and finds nothing where that one had done all. */
export async function migrate(options: MigrateOptions): Promise<void> {
  await using transport = await kubeconfigTransport(options.kubeconfig)
  const client = createClient(transport, { onWarning: note })
  if (!options.dryRun) await refuseUnderControllers(client, options.namespace)
  const found = await survey(client)
  const searches = options.back ? found.ours.filter(isGivenBack) : found.katibs
  if (options.back) refuseRunning(searches)
  else refuseAmbiguous(found)
  const time = rfc3339(clock.now())
  const steps = searches.flatMap(search => (options.back ? giveBack(search) : takeOver(search, time)))
  const values = await moveLogs(options, searches, client)
  for (const step of steps) {
    if (!options.dryRun) await carryOut(client, step)
    process.stdout.write(`${told(step)}\n`)
  }
  note(summary(options, searches.length, steps, values))
}

/** Two that write the same objects would undo each other's work. */
async function refuseUnderControllers(client: ReadingClient, namespace: string): Promise<void> {
  await refuseBesideKatib(client, namespace, clock.now())
  if ((await leading(client, clock.now(), namespace)) === 'yes')
    throw new CommandError(
      EXIT.conflict,
      `a controller of Qalam leads in namespace ${namespace}: end it first (kubectl -n ${namespace} scale deployment qalam-controller --replicas=0), then come again`,
    )
}

function refuseAmbiguous({ ambiguous }: Survey): void {
  if (ambiguous.length === 0) return
  const listed = ambiguous.map(({ name, namespaces }) => `${name} (${namespaces.join(', ')})`)
  throw new CommandError(
    EXIT.conflict,
    `trials of one name in several namespaces, whose observations Katib does not tell apart: ${listed.join('; ')}; delete all but one of each name, then come again`,
  )
}

/** Their collectors report here. */
function refuseRunning(searches: readonly Search[]): void {
  const running = searches.flatMap(search =>
    runningTrials(search).map(name => `${search.experiment.metadata.namespace}/${name}`),
  )
  if (running.length === 0) return
  throw new CommandError(
    EXIT.conflict,
    `trials still run and report here: ${running.join(', ')}; suspend their experiments (\`qalam stop\`) until they have ended, then come again`,
  )
}

const isGivenBack = ({ experiment, trials }: Search) =>
  experiment.metadata.annotations?.[TAKEN_OVER_ANNOTATION] !== undefined || trials.length > 0

/** Before the objects: whoever comes again after an end in the middle does it once more. Resolves with the number of values. */
async function moveLogs(
  options: MigrateOptions,
  searches: readonly Search[],
  client: ReadingClient,
): Promise<number | undefined> {
  const { dbManager, dryRun, back } = options
  if (dbManager === undefined) return undefined
  using logs = await openKatibLogs(dbManager, clock)
  const trials = searches.flatMap(search => search.trials)
  if (dryRun) {
    let count = 0
    for (const { metadata } of trials) count += (await logs.of(metadata.name)).length
    return count
  }
  await using observations = await observationsOf(options, note)
  const of = async (trial: Trial) => ({
    name: trial.metadata.name,
    uid: trial.metadata.uid ?? '',
    attempt: await attemptOf(trial, client),
  })
  const reported = await Promise.all(trials.map(of))
  return back ? await logs.give(observations, reported) : await logs.take(observations, reported)
}

/** As the store counts them: by the second in which the pod was made, so that what its pod says later joins it. */
async function attemptOf({ metadata }: Trial, client: ReadingClient): Promise<number> {
  const labelSelector = `${TRIAL_LABEL}=${metadata.name}`
  const { items } = await client.list(
    { apiVersion: 'v1', kind: 'Pod' },
    { namespace: metadata.namespace, labelSelector },
  )
  const times = [metadata.creationTimestamp, ...items.map(pod => pod.metadata.creationTimestamp)]
  return Math.max(0, ...times.map(time => Math.floor(Date.parse(time ?? '') / 1_000)).filter(Number.isFinite))
}

function summary({ dryRun, back, dbManager }: MigrateOptions, count: number, steps: readonly Step[], values?: number) {
  if (steps.length === 0) return back ? 'nothing is to be given back' : 'nothing of Katib is left to take over'
  const what = `${count} experiments ${back ? 'given back to Katib' : 'taken over'} in ${steps.length} steps`
  const metrics =
    values === undefined
      ? `what their trials reported is not ${back ? 'given back' : 'brought over'}: name Katib's DBManager with --db-manager`
      : `${values} reported values${dbManager === undefined ? '' : ` through ${dbManager}`}`
  return `${what}; ${metrics}${dryRun ? ' (dry run: nothing was changed)' : ''}`
}
