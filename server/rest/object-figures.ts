/**
 * Figures of Experiments and Trials for Prometheus. Katib's names and labels are kept, so that its dashboards go on
 * working; what is ours elsewhere begins with `qalam_`.
 * No label ever holds the name of a trial or an experiment: the number of series stays small.
 */
import { type Condition, type Experiment, isTrue, type Trial } from '#api'
import type { Informer } from '#kube'
import { Counts, type Family } from './exposition.ts'

/** Disposing ends the counting. */
export interface ObjectFigures extends Disposable {
  readonly families: readonly Family[]
}

/** Counts what the informers report, from the first list on: what is there already counts as created, and as it ended. */
export function countObjects({
  experiments,
  trials,
}: {
  readonly experiments: Informer<Experiment>
  readonly trials: Informer<Trial>
}): ObjectFigures {
  const kinds = [
    countKind(experiments, 'experiment', { succeeded: 'Succeeded', failed: 'Failed' }),
    countKind(trials, 'trial', {
      succeeded: 'Succeeded',
      failed: 'Failed',
      metrics_unavailable: 'MetricsUnavailable',
    }),
  ]
  return {
    families: [...kinds.flatMap(kind => kind.families), current(experiments, 'experiments'), current(trials, 'trials')],
    [Symbol.dispose]() {
      for (const { subscription } of kinds) subscription[Symbol.dispose]()
    },
  }
}

/** `katib_<kind>_created_total`, `_deleted_total`, and one counter for each way to end. */
function countKind<T extends Experiment | Trial>(
  informer: Informer<T>,
  kind: string,
  ends: Readonly<Record<string, string>>,
): { readonly families: readonly Family[]; readonly subscription: Disposable } {
  const families: Family[] = []
  const counter = (name: string) => {
    const counts = new Counts()
    families.push({
      name: `katib_${kind}_${name}_total`,
      help: `The total number of ${name.replace('_', ' ')} ${kind}s`,
      type: 'counter',
      samples: () => counts.samples(),
    })
    return counts
  }
  const created = counter('created')
  const deleted = counter('deleted')
  const ended = Object.entries(ends).map(([name, condition]) => ({ condition, counts: counter(name) }))
  const count = (object: T, old: T | undefined) => {
    const namespace = object.metadata.namespace ?? ''
    if (old === undefined) created.add({ namespace })
    for (const { condition, counts } of ended) {
      if (isTrue(object.status?.conditions, condition) && !isTrue(old?.status?.conditions, condition))
        counts.add({ namespace })
    }
  }
  const known = informer.list()
  for (const object of known) count(object, undefined)
  const counted = new Set(known.map(object => object.metadata.uid))
  const subscription = informer.onChange(({ type, object, old }) => {
    if (type === 'deleted') deleted.add({ namespace: object.metadata.namespace ?? '' })
    else if (type === 'modified') count(object, old ?? object)
    else if (!counted.delete(object.metadata.uid)) count(object, undefined)
  })
  return { families, subscription }
}

/** How many there are by namespace and last condition, counted when scraped. */
function current(informer: Informer<Experiment> | Informer<Trial>, plural: string): Family {
  return {
    name: `katib_${plural}_current`,
    help: `The current number of ${plural} by their last condition`,
    type: 'gauge',
    samples() {
      const counts = new Counts()
      for (const { metadata, status } of informer.list())
        counts.add({ namespace: metadata.namespace ?? '', status: lastCondition(status?.conditions) })
      return counts.samples()
    },
  }
}

const lastCondition = (conditions: readonly Condition[] | undefined) => conditions?.at(-1)?.type ?? 'Unknown'
