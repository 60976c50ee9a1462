/**
 * Figures for Prometheus. Katib's names and labels are kept, so that its dashboards go on working; ours begin with `qalam_`.
 * No label ever holds the name of a trial or an experiment: the number of series stays small.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { type Condition, type Experiment, isTrue, type Trial } from '#api'
import type { Informer } from '#kube'
import type { Resources } from './context.ts'

export interface Figures extends Disposable {
  readonly registry: Registry
  /** Counts one answered request. */
  answered(request: { readonly method: string; readonly status: number; readonly seconds: number }): void
}

/** Requests that the Kubernetes API beside us has answered, by who asked what. */
export type ApiRequests = () => readonly {
  readonly verb: string
  readonly kind: string
  readonly identity: string
  readonly count: number
}[]

/** Counts what the informers report, from the first list on: what is there already counts as created, and as it ended. */
export function countFigures(resources: Resources, version: string, apiRequests?: ApiRequests): Figures {
  const registry = new Registry()
  const { experiments, trials } = resources
  new Gauge({ name: 'qalam_build_info', help: 'Always 1', labelNames: ['version'], registers: [registry] }).set(
    { version },
    1,
  )
  const requests = new Counter({
    name: 'qalam_rest_requests_total',
    help: 'Answered REST requests',
    labelNames: ['method', 'code'],
    registers: [registry],
  })
  const seconds = new Histogram({
    name: 'qalam_rest_request_seconds',
    help: 'Time from a REST request to the end of its answer',
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2],
    registers: [registry],
  })
  if (apiRequests) apiRequestGauge(registry, apiRequests)
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
    registry,
    answered({ method, status, seconds: elapsed }) {
      requests.inc({ method, code: String(status) })
      seconds.observe(elapsed)
    },
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

/** The count is the server's own; the gauge only shows it. */
function apiRequestGauge(registry: Registry, apiRequests: ApiRequests): void {
  new Gauge({
    name: 'qalam_api_requests_total',
    help: 'Requests answered by the embedded Kubernetes API',
    labelNames: ['verb', 'kind', 'identity'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { count, ...labels } of apiRequests()) this.set(labels, count)
    },
  })
}
