/** The directories that trials leave behind, and which of them are kept: `--keep-trials all|best:N|none`. */
import { existsSync, readdirSync } from 'node:fs'
import { rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import {
  API_VERSION,
  EXPERIMENT_LABEL,
  type Experiment,
  finiteNumber,
  isTrue,
  type Resource,
  type Suggestion,
  TERMINAL_TRIAL_CONDITIONS,
  TRIAL_LABEL,
  type Trial,
} from '#api'
import type { Informers } from '#kube'
import { objectiveText } from '../trials.ts'
import { removeCheckpoints } from './checkpoint-directories.ts'
import type { KeepTrials } from './flags.ts'

/** Where the pods of a trial kept their files; newest last. */
export function trialDirectories(dataDir: string, trial: { namespace?: string; name: string }): readonly string[] {
  const pods = join(dataDir, 'pods')
  if (!existsSync(pods)) return []
  const prefix = `${trial.namespace ?? 'default'}_${trial.name}-`
  return readdirSync(pods)
    .filter(name => name.startsWith(prefix))
    .map(name => join(pods, name))
}

/** Removes what is not to be kept once a trial has ended and its pods are gone. Disposing ends it. */
export function keepTrialDirectories(options: {
  dataDir: string
  keep: KeepTrials
  informers: Informers
  note(text: string): void
}): Disposable {
  const { dataDir, keep, informers, note } = options
  if (keep.keep === 'all') return { [Symbol.dispose]() {} }
  const trials = informers.of<Trial>({ apiVersion: API_VERSION, kind: 'Trial' }, { indexes: { experimentOf } })
  const pods = informers.of<Resource>({ apiVersion: 'v1', kind: 'Pod' }, { indexes: { trialOf } })
  const remove = (trial: Trial) => {
    if (pods.byIndex('trialOf', `${trial.metadata.namespace}/${trial.metadata.name}`).length > 0) return
    for (const directory of trialDirectories(dataDir, trial.metadata)) {
      rm(directory, { recursive: true, force: true }).catch(error =>
        note(`${directory} could not be removed: ${error.message}`),
      )
    }
  }
  const experiments = informers.of<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment' })
  const suggestions = informers.of<Suggestion>({ apiVersion: API_VERSION, kind: 'Suggestion' })
  const swept = new Map<string, number>()
  /** Which checkpoints are needed takes all trials to tell: looked at when there are a twentieth more, and at the end. */
  const sweep = (key: string, ended: number, kept: readonly Trial[]) => {
    const [namespace, name] = key.split('/')
    const experiment = experiments.get(namespace, name)
    if (!experiment || (ended < (swept.get(key) ?? 0) * 1.05 + 1 && !experiment.status?.completionTime)) return
    swept.set(key, ended)
    const all = trials.byIndex('experimentOf', key)
    removeCheckpoints(dataDir, experiment, suggestions.get(namespace, name), all, kept).catch(error =>
      note(`checkpoints of ${key} could not be removed: ${error.message}`),
    )
  }
  const look = (experiment: string) => {
    const ended = trials.byIndex('experimentOf', experiment).filter(isTerminal)
    const kept = keep.keep === 'best' ? ended.toSorted(better).slice(0, keep.count) : []
    for (const trial of ended) if (!kept.includes(trial)) remove(trial)
    sweep(experiment, ended.length, kept)
  }
  const subscriptions = [
    trials.onChange(({ object }) => {
      if (isTerminal(object)) for (const experiment of experimentOf(object)) look(experiment)
    }),
    experiments.onChange(({ type, object }) => {
      const key = `${object.metadata.namespace}/${object.metadata.name}`
      if (type === 'deleted') swept.delete(key)
      else if (object.status?.completionTime) look(key)
    }),
    pods.onChange(({ type, object }) => {
      if (type === 'deleted') for (const experiment of experimentOf(object)) look(experiment)
    }),
  ]
  return { [Symbol.dispose]: () => subscriptions.forEach(subscription => void subscription[Symbol.dispose]()) }
}

/** One sentence when the disk of `path` is at least 80 % full. */
export async function diskWarning(path: string): Promise<string | undefined> {
  const { blocks, bavail } = await statfs(path)
  const used = 1 - bavail / blocks
  return used < 0.8
    ? undefined
    : `the disk of ${path} is ${Math.round(used * 100)} % full; --keep-trials best:N keeps fewer trial directories`
}

const isTerminal = (trial: Trial) => TERMINAL_TRIAL_CONDITIONS.some(type => isTrue(trial.status?.conditions, type))

function better(a: Trial, b: Trial): number {
  const sign = a.spec.objective?.type === 'maximize' ? -1 : 1
  const rank = (trial: Trial) => {
    const value = finiteNumber(objectiveText(trial))
    return value === undefined ? Number.POSITIVE_INFINITY : sign * value
  }
  return rank(a) === rank(b) ? 0 : rank(a) - rank(b)
}

const experimentOf = ({ metadata }: Resource) => labelKey(metadata, EXPERIMENT_LABEL)
const trialOf = ({ metadata }: Resource) => labelKey(metadata, TRIAL_LABEL)

function labelKey(metadata: Resource['metadata'], label: string): readonly string[] {
  const value = metadata.labels?.[label]
  return value === undefined ? [] : [`${metadata.namespace}/${value}`]
}
