/**
 * Metrics that a trial serves to Prometheus: its page is looked at every two seconds and once more at the end. A value is
 * reported when it is new: another number, or another timestamp.
 */
import type { CollectedMetric, Collector } from '../collector.ts'
import type { Evidence } from '../doctor/evidence.ts'
import type { CollectorClock } from '../following/file-watch.ts'
import { rfc3339OfSeconds } from '../log/timestamp.ts'
import { readExposition, readSelector, type Sample } from './exposition.ts'
import { type Scrape, ScrapeFailed } from './scrape.ts'

export interface MetricsPage {
  /** Throws `ScrapeFailed`. */
  readonly scrape: () => Promise<Scrape>
  readonly clock: CollectorClock
  readonly evidence: Evidence
}

export const prometheusCollector: Collector<MetricsPage> = { kind: 'PrometheusMetric', collect }

const SCRAPE_EVERY_MS = 2_000

async function* collect(
  page: MetricsPage,
  metricNames: ReadonlySet<string>,
  ended: AbortSignal,
): AsyncGenerator<readonly CollectedMetric[]> {
  const series = [...metricNames].map(metricName => new Series(metricName))
  while (true) {
    const isLastLook = ended.aborted
    const samples = await lookAt(page)
    const rows = series.flatMap(each => each.rowOf(samples, page) ?? [])
    if (rows.length > 0) yield rows
    if (isLastLook) return
    await pause(page.clock, ended)
  }
}

async function lookAt({
  scrape,
  evidence,
}: MetricsPage): Promise<{ samples: readonly Sample[]; isOpenMetrics: boolean }> {
  const nothing = { samples: [], isOpenMetrics: false }
  try {
    const { text, contentType } = await scrape()
    if (/html/i.test(contentType) || text.trimStart().startsWith('<')) {
      evidence.refusal = 'it answers a web page, not metrics; check port and path of httpGet'
      return nothing
    }
    const samples = readExposition(text)
    for (const { name, labels } of samples) evidence.scalar(name, selector(name, labels))
    evidence.refusal = undefined
    return { samples, isOpenMetrics: contentType.includes('openmetrics') }
  } catch (cause) {
    if (!(cause instanceof ScrapeFailed)) throw cause
    // What was there while the program ran says more than that nothing is there any more.
    const known = cause.isAbsent ? evidence.refusal : undefined
    if (!cause.isAbsent || evidence.lineCount === 0) evidence.refusal = known ?? cause.message
    return nothing
  }
}

function selector(name: string, labels: ReadonlyMap<string, string>): string {
  const pairs = [...labels].map(([label, value]) => `${label}=${JSON.stringify(value)}`)
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`
}

/** One metric over the scrapes. Its name may be a selector, `loss{split="val"}`. */
class Series {
  #metricName: string
  #wanted: ReturnType<typeof readSelector>
  #last: string | undefined
  #sequence = 0

  constructor(metricName: string) {
    this.#metricName = metricName
    this.#wanted = readSelector(metricName)
  }

  rowOf(
    { samples, isOpenMetrics }: { samples: readonly Sample[]; isOpenMetrics: boolean },
    { clock, evidence }: MetricsPage,
  ): CollectedMetric | undefined {
    const sample = this.#choose(samples)
    if (sample === undefined) return undefined
    const { value, timestamp } = sample
    if (this.#last === `${value} ${timestamp}`) return undefined
    this.#last = `${value} ${timestamp}`
    evidence.metric(this.#metricName)
    const seconds =
      timestamp === undefined ? clock.now().getTime() / 1000 : isOpenMetrics ? timestamp : timestamp / 1000
    this.#sequence = Math.max(this.#sequence + 1, Math.round(seconds * 1e6))
    const time = rfc3339OfSeconds(seconds)
    return { metricName: this.#metricName, value, sequence: this.#sequence, ...(time && { time }) }
  }

  /** The only series of the name that has the wanted labels; of several, the one without other labels. */
  #choose(samples: readonly Sample[]): Sample | undefined {
    const wanted = this.#wanted
    if (wanted === undefined) return undefined
    const fitting = samples.filter(
      ({ name, labels }) =>
        name === wanted.name && [...wanted.labels].every(([label, value]) => labels.get(label) === value),
    )
    return fitting.length === 1 ? fitting[0] : fitting.find(({ labels }) => labels.size === wanted.labels.size)
  }
}

function pause(clock: CollectorClock, ended: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (ended.aborted) return resolve()
    const finish = () => {
      timer[Symbol.dispose]()
      ended.removeEventListener('abort', finish)
      resolve()
    }
    const timer = clock.after(SCRAPE_EVERY_MS, finish)
    ended.addEventListener('abort', finish, { once: true })
  })
}
