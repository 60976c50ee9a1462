/** `qalam run`: an experiment to its end. Standard output carries the result alone. */
import { isDeepStrictEqual } from 'node:util'
import { stringify } from 'yaml'
import { API_VERSION, type Experiment, type ExperimentSpec } from '#api'
import { defaultExperiment } from '#controller'
import { ensureNamespace, FIELD_MANAGER, withLines } from './apply.ts'
import { CommandError, EXIT } from './exit.ts'
import { parseDuration } from './input/duration.ts'
import { type Request, type RequestOptions, requestedExperiment } from './input/requested-experiment.ts'
import { warnOfUnknownFields } from './input/unknown-fields.ts'
import type { MachineFlags } from './machine/flags.ts'
import { bestTrialOf } from './output/best-trial.ts'
import { Progress } from './output/progress.ts'
import { formatResult, resultFormat } from './output/result-format.ts'
import type { BackEnd } from './place/back-end.ts'
import { follow } from './place/follow.ts'
import type { Place } from './place/place.ts'
import { openRunner } from './place/runner.ts'

export interface RunOptions extends Place, RequestOptions, MachineFlags {
  readonly env: readonly string[]
  readonly namespace?: string
  readonly timeout?: string
  readonly requireGoal?: boolean
  readonly dryRun?: boolean
  readonly for?: string
  readonly output: string
  readonly quiet?: boolean
  readonly verbose?: boolean
}

export async function run(options: RunOptions): Promise<void> {
  const request = requestedExperiment(options)
  if (request.manifest) warnOfUnknownFields(request.manifest)
  if (options.dryRun) {
    process.stdout.write(dryRun(request.experiment, options))
    return
  }
  const format = resultFormat(options.output)
  const timeoutMs = options.timeout === undefined ? undefined : parseDuration(options.timeout)
  using progress = new Progress({
    out: process.stderr,
    quiet: options.quiet,
    verbose: options.verbose,
    now: () => performance.now(),
  })
  // A refusal is what this command itself ends with, by line; in the log of a server it is for other clients.
  const told = (text: string) => text.startsWith('refused: ') || progress.note(text)
  await using runner = await openRunner(options, told)
  const experiment = await submit(runner, request, text => progress.note(text))
  progress.start(experiment, runner.description)
  const ended = await follow(runner, experiment, progress, timeoutMs)
  const best = bestTrialOf(ended.experiment)
  if (best) {
    progress.note(`best  ${best.name}  ${ended.experiment.spec.objective?.objectiveMetricName} ${best.objective}`)
    process.stdout.write(`${formatResult(best, format)}\n`)
  }
  const code = exitCode(ended, options)
  if (code !== EXIT.done) throw new CommandError(code, ended.reason)
}

/** The stored object: made, or found equal and continued. Other budgets are applied; any other difference is refused. */
async function submit(runner: BackEnd, request: Request, note: (text: string) => void): Promise<Experiment> {
  const { metadata } = request.experiment
  const namespace = metadata.namespace ?? 'default'
  if (await ensureNamespace(runner.client, namespace)) note(`namespace ${namespace} created`)
  for (const companion of request.companions) {
    await runner.client.apply({ ...companion, metadata: { namespace, ...companion.metadata } }, FIELD_MANAGER)
  }
  const ref = { apiVersion: API_VERSION, kind: 'Experiment', namespace, name: metadata.name }
  const found = !metadata.name ? undefined : await runner.client.get<Experiment>(ref)
  const write = async () =>
    found ? continued(runner, found, request.experiment) : runner.client.create<Experiment>(request.experiment)
  return request.manifest ? withLines(request.manifest, write) : write()
}

const budgets = [
  'parallelTrialCount',
  'maxTrialCount',
  'maxFailedTrialCount',
  'suspend',
  'runningTrialsPolicy',
  'trialDeadlines',
] as const

async function continued(runner: BackEnd, found: Experiment, wanted: Experiment): Promise<Experiment> {
  const asked = defaultExperiment(wanted).spec
  const differing = fieldsThatDiffer(fixed(asked), fixed(found.spec))
  if (differing.length > 0) {
    throw new CommandError(
      EXIT.conflict,
      `experiment ${found.metadata.name} exists with another ${differing.map(field => `spec.${field}`).join(', ')}; ` +
        `give yours another name, or \`qalam delete ${found.metadata.name}\` first`,
    )
  }
  const changes = budgets.filter(field => !isDeepStrictEqual(asked[field], found.spec[field]))
  if (changes.length === 0) return found
  const spec = Object.fromEntries(changes.map(field => [field, asked[field] ?? null]))
  const ref = {
    apiVersion: API_VERSION,
    kind: 'Experiment',
    namespace: found.metadata.namespace,
    name: found.metadata.name,
  }
  return runner.client.patch<Experiment>(ref, { spec })
}

function fixed(spec: ExperimentSpec): Record<string, unknown> {
  return Object.fromEntries(Object.entries(spec).filter(([field]) => !budgets.some(budget => budget === field)))
}

function fieldsThatDiffer(a: Record<string, unknown>, b: Record<string, unknown>): readonly string[] {
  const plain = (value: unknown) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)))
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(
    field => !isDeepStrictEqual(plain(a[field]), plain(b[field])),
  )
}

function dryRun(experiment: Experiment, options: RunOptions): string {
  const shown = options.for === 'katib' ? { ...experiment, spec: onlyKatib(experiment.spec) } : experiment
  if (options.for !== undefined && options.for !== 'katib')
    throw new CommandError(EXIT.usage, `--for ${options.for}: expected katib`)
  return options.output === 'json' ? `${JSON.stringify(shown, undefined, 2)}\n` : stringify(shown)
}

function onlyKatib(spec: ExperimentSpec): object {
  const ours = ['seed', 'suspend', 'initialTrials', 'parameterConstraints', 'runningTrialsPolicy', 'trialDeadlines']
  const algorithm = spec.algorithm ?? { algorithmName: 'random' }
  return Object.fromEntries(Object.entries({ ...spec, algorithm }).filter(([field]) => !ours.includes(field)))
}

function exitCode(ended: Awaited<ReturnType<typeof follow>>, options: RunOptions): number {
  if (ended.how === 'interrupted') return EXIT.interrupted
  if (ended.how === 'terminated') return EXIT.terminated
  if (ended.how === 'timedOut') return EXIT.timedOut
  if (ended.experiment.status?.phase === 'Failed') return EXIT.failed
  if (bestTrialOf(ended.experiment) === undefined) return EXIT.noUsableTrial
  if (options.requireGoal && !ended.goalReached) return EXIT.goalNotReached
  return EXIT.done
}
