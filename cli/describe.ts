/** `qalam describe`: an experiment or a trial as a page of text. */
import { API_VERSION, type Condition, type Experiment, type Resource, type Trial } from '#api'
import { CommandError, EXIT } from './exit.ts'
import { findTrial, objectsNamed } from './input/resource-names.ts'
import { bestTrialOf } from './output/best-trial.ts'
import { formatResult } from './output/result-format.ts'
import { age, table } from './output/table.ts'
import type { BackEnd } from './place/back-end.ts'
import { connect } from './place/connect.ts'
import type { Place } from './place/place.ts'
import { numberOf } from './trials.ts'
import { whyOfNamed } from './why.ts'

export async function describe(words: readonly string[], options: Place): Promise<void> {
  for (const { kind, name } of subjects(words)) await describeOne(kind, name, options)
}

/** The kind where it was said; otherwise an experiment of that name comes before a trial of it. */
function subjects(words: readonly string[]): readonly { kind?: string; name: string }[] {
  if (words.length === 1 && !words[0].includes('/')) return [{ name: words[0] }]
  return objectsNamed(words, 'experiment').map(({ kind: { kind, plural }, name }) => {
    if (kind === 'Experiment' || kind === 'Trial') return { kind, name }
    throw new CommandError(
      EXIT.usage,
      `experiments and trials are described; for ${plural} use \`qalam get ${plural} -o yaml\``,
    )
  })
}

async function describeOne(kind: string | undefined, name: string, options: Place): Promise<void> {
  await using place = await connect(options)
  const { client, namespace } = place
  const experiment =
    kind === 'Trial' || name.includes('#')
      ? undefined
      : await client.get<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment', namespace, name })
  const trial = experiment || kind === 'Experiment' ? undefined : await findTrial(client, namespace, name)
  const subject = experiment ?? trial
  if (subject === undefined) {
    const what = kind?.toLowerCase() ?? 'experiment or trial'
    throw new CommandError(EXIT.notFound, `no ${what} "${name}" in namespace ${namespace}`)
  }
  const facts = experiment ? experimentFacts(experiment) : trialFacts(trial as Trial)
  const told = await whyOf(place, subject)
  const sections = [
    [...facts, ...told].map(([key, value]) => `${(key && `${key}:`).padEnd(14)} ${value}`).join('\n'),
    conditions(subject.status?.conditions ?? []),
    await events(place, subject),
  ]
  process.stdout.write(`${sections.filter(section => section !== '').join('\n\n')}\n`)
}

/** The same sentence as `qalam why` and REST. */
async function whyOf(place: BackEnd, subject: Experiment | Trial): Promise<[string, string][]> {
  const found = await whyOfNamed(place, subject.metadata.name)
  return found === undefined
    ? []
    : [
        ['Why', found.sentence],
        ['Next', found.next],
      ]
}

function experimentFacts(experiment: Experiment): [string, string][] {
  const { spec, status, metadata } = experiment
  const best = bestTrialOf(experiment)
  const goal = spec.objective?.goal === undefined ? '' : `, goal ${spec.objective.goal}`
  return [
    ['Experiment', `${metadata.namespace}/${metadata.name}`],
    ['Phase', status?.phase ?? 'Created'],
    ['Objective', `${spec.objective?.type} ${spec.objective?.objectiveMetricName}${goal}`],
    ['Algorithm', spec.algorithm?.algorithmName ?? ''],
    ['Trials', counts(experiment)],
    ['Best', best ? `${best.name}  ${best.objective}` : 'none yet'],
    ...(best ? ([['', formatResult(best, 'args')]] as [string, string][]) : []),
  ]
}

function counts({ spec, status }: Experiment): string {
  const counters: [string, number | undefined][] = [
    ['running', status?.trialsRunning],
    ['pending', status?.trialsPending],
    ['succeeded', status?.trialsSucceeded],
    ['early stopped', status?.trialsEarlyStopped],
    ['failed', status?.trialsFailed],
    ['killed', status?.trialsKilled],
    ['without metrics', status?.trialMetricsUnavailable],
  ]
  const shown = counters.filter(([, value]) => value).map(([name, value]) => `${value} ${name}`)
  return `${status?.trials ?? 0} of ${spec.maxTrialCount ?? 'unlimited'}${shown.length > 0 ? ` (${shown.join(', ')})` : ''}`
}

function trialFacts(trial: Trial): [string, string][] {
  const assignments = trial.spec.parameterAssignments ?? []
  const metrics = trial.status?.observation?.metrics ?? []
  return [
    [
      'Trial',
      `${trial.metadata.namespace}/${trial.metadata.name}${numberOf(trial) === undefined ? '' : `  #${numberOf(trial)}`}`,
    ],
    ['Phase', trial.status?.phase ?? 'Pending'],
    ['Parameters', assignments.map(({ name, value }) => `${name}=${value}`).join(' ')],
    ...metrics.map(({ name, latest, min, max }): [string, string] => [
      name,
      `latest ${latest}  min ${min}  max ${max}`,
    ]),
  ]
}

function conditions(all: readonly Condition[]): string {
  if (all.length === 0) return ''
  const rows = all.map(({ type, status, reason, message }) => [type, status, reason ?? '', message ?? ''])
  return table(['CONDITION', 'STATUS', 'REASON', 'MESSAGE'], rows)
}

async function events({ client, namespace }: BackEnd, subject: Experiment | Trial): Promise<string> {
  const fieldSelector = `involvedObject.uid=${subject.metadata.uid}`
  const { items } = await client.list<Resource>({ apiVersion: 'v1', kind: 'Event' }, { namespace, fieldSelector })
  if (items.length === 0) return ''
  // Their names carry the nanosecond, which orders those of one second.
  const rows = items
    .map(event => ({ event, name: event.metadata.name, time: timeOf(event) }))
    .sort((a, b) => a.time - b.time || (a.name < b.name ? -1 : 1))
    .map(({ event, time }) => [age(Date.now() - time), String(event.type), String(event.reason), String(event.message)])
  return table(['AGE', 'EVENT', 'REASON', 'MESSAGE'], rows)
}

const timeOf = ({ lastTimestamp, firstTimestamp, metadata }: Resource) =>
  Date.parse(String(lastTimestamp ?? firstTimestamp ?? metadata.creationTimestamp))
