/** Figures of a REST server for Prometheus: what it was asked, and the Experiments and Trials that it sees. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Resources } from './context.ts'
import { countObjects } from './object-figures.ts'

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

export function countFigures(resources: Resources, version: string, apiRequests?: ApiRequests): Figures {
  const registry = new Registry()
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
  const counting = countObjects(registry, resources)
  return {
    registry,
    answered({ method, status, seconds: elapsed }) {
      requests.inc({ method, code: String(status) })
      seconds.observe(elapsed)
    },
    [Symbol.dispose]: () => counting[Symbol.dispose](),
  }
}

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
