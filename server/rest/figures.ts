/** Figures of a REST server for Prometheus: what it was asked, and the Experiments and Trials that it sees. */
import type { Resources } from './context.ts'
import { Buckets, buildInfo, Counts, exposition, type Family } from './exposition.ts'
import { countObjects } from './object-figures.ts'

export interface Figures extends Disposable {
  /** All of them as they are now, in Prometheus' text format. */
  text(): string
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

const SECONDS_BUCKETS = [0.001, 0.005, 0.02, 0.1, 0.5, 2]

export function countFigures(resources: Resources, version: string, apiRequests?: ApiRequests): Figures {
  const requests = new Counts()
  const seconds = new Buckets(SECONDS_BUCKETS)
  const objects = countObjects(resources)
  const families: readonly Family[] = [
    buildInfo(version),
    {
      name: 'qalam_rest_requests_total',
      help: 'Answered REST requests',
      type: 'counter',
      samples: () => requests.samples(),
    },
    {
      name: 'qalam_rest_request_seconds',
      help: 'Time from a REST request to the end of its answer',
      type: 'histogram',
      samples: () => seconds.samples(),
    },
    ...(apiRequests ? [apiRequestCount(apiRequests)] : []),
    ...objects.families,
  ]
  return {
    text: () => exposition(families),
    answered({ method, status, seconds: elapsed }) {
      requests.add({ method, code: String(status) })
      seconds.observe(elapsed)
    },
    [Symbol.dispose]: () => objects[Symbol.dispose](),
  }
}

/** The count is the API server's own. */
function apiRequestCount(apiRequests: ApiRequests): Family {
  return {
    name: 'qalam_api_requests_total',
    help: 'Requests answered by the embedded Kubernetes API',
    type: 'counter',
    samples: () => apiRequests().map(({ count, ...labels }) => ({ labels, value: count })),
  }
}
