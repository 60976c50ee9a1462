/** Figures of a REST server for Prometheus: what it was asked, and the Experiments and Trials that it sees. */
import type { Resources } from './context.ts'
import { Buckets, bucketSamples, buildInfo, Counts, exposition, type Family } from './exposition.ts'
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

/** How long collectors beside us waited until a report of theirs was durable; counts are cumulative. */
export type ReportTimes = () => {
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly count: number
  readonly sum: number
}

const SECONDS_BUCKETS = [0.001, 0.005, 0.02, 0.1, 0.5, 2]

export function countFigures(
  resources: Resources,
  version: string,
  apiRequests?: ApiRequests,
  reportTimes?: ReportTimes,
): Figures {
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
    ...(reportTimes ? [reportSeconds(reportTimes)] : []),
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

function reportSeconds(reportTimes: ReportTimes): Family {
  return {
    name: 'qalam_report_seconds',
    help: "Time from a collector's report until it is durable",
    type: 'histogram',
    *samples() {
      const { bounds, counts, count, sum } = reportTimes()
      yield* bucketSamples(bounds, counts, count, sum)
    },
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
