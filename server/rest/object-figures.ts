/**
 * Figures of Experiments and Trials for Prometheus. Katib's names and labels are kept, so that its dashboards go on
 * working; what is ours elsewhere begins with `qalam_`.
 * No label ever holds the name of a trial or an experiment: the number of series stays small.
 */
import { Counter, Gauge, type Registry } from 'prom-client'
import { type Condition, type Experiment, isTrue, type Trial } from '#api'
import type { Informer } from '#kube'

/** Counts what the informers report, from the first list on: what is there already counts as created, and as it ended. */
export function countObjects(
  registry: Registry,
  { experiments, trials }: { readonly experiments: Informer<Experiment>; readonly trials: Informer<Trial> },
): Disposable {
  const subscriptions = [
    countKind(registry, experiments, 'experiment', { succeeded: 'Succeeded', failed: 'Failed' }),
    countKind(registry, trials, 'trial', {
      succeeded: 'Succeeded',
      failed: 'Failed',
      metrics_unavailable: 'MetricsUnavailable',
    }),
  ]
  currentGauge(registry, experiments, 'experiments')
  currentGauge(registry, trials, 'trials')
  return {
    [Symbol.dispose]() {
      for (const subscription of subscriptions) subscription[Symbol.dispose]()
    },
  }
}

/** `katib_<kind>_created_total`, `_deleted_total`, and one counter for each way to end. */
function countKind<T extends Experiment | Trial>(
  registry: Registry,
  informer: Informer<T>,
  kind: string,
  ends: Readonly<Record<string, string>>,
): Disposable {
  const counter = (name: string) =>
    new Counter({
      name: `katib_${kind}_${name}_total`,
      help: `The total number of ${name.replace('_', ' ')} ${kind}s`,
      labelNames: ['namespace'],
      registers: [registry],
    })
  const created = counter('created')
  const deleted = counter('deleted')
  const ended = Object.entries(ends).map(([name, condition]) => ({ condition, counter: counter(name) }))
  const count = (object: T, old: T | undefined) => {
    const namespace = object.metadata.namespace ?? ''
    if (old === undefined) created.inc({ namespace })
    for (const end of ended) {
      if (isTrue(object.status?.conditions, end.condition) && !isTrue(old?.status?.conditions, end.condition))
        end.counter.inc({ namespace })
    }
  }
  const known = informer.list()
  for (const object of known) count(object, undefined)
  const counted = new Set(known.map(object => object.metadata.uid))
  return informer.onChange(({ type, object, old }) => {
    if (type === 'deleted') deleted.inc({ namespace: object.metadata.namespace ?? '' })
    else if (type === 'modified') count(object, old ?? object)
    else if (!counted.delete(object.metadata.uid)) count(object, undefined)
  })
}

/** How many there are by namespace and last condition, counted when scraped. */
function currentGauge(registry: Registry, informer: Informer<Experiment> | Informer<Trial>, plural: string): void {
  new Gauge({
    name: `katib_${plural}_current`,
    help: `The current number of ${plural} by their last condition`,
    labelNames: ['namespace', 'status'],
    registers: [registry],
    collect() {
      this.reset()
      for (const object of informer.list())
        this.inc({ namespace: object.metadata.namespace ?? '', status: lastCondition(object.status?.conditions) })
    },
  })
}

const lastCondition = (conditions: readonly Condition[] | undefined) => conditions?.at(-1)?.type ?? 'Unknown'
