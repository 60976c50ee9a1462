/**
 * Prometheus' text format, version 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/): families of
 * samples, written when they are scraped. Why no library: docs/decisions/0017.
 */

export type Labels = Readonly<Record<string, string>>

export interface Family {
  readonly name: string
  /** A sentence without line breaks. */
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** Read at each scrape. A histogram's have names of their own: `_bucket`, `_sum` and `_count` behind the family's. */
  samples(): Iterable<Sample>
}

export interface Sample {
  readonly suffix?: '_bucket' | '_sum' | '_count'
  readonly labels?: Labels
  readonly value: number
}

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export function exposition(families: readonly Family[]): string {
  return families.map(familyText).join('\n')
}

/** What every process of ours says of itself. */
export const buildInfo = (version: string): Family => ({
  name: 'qalam_build_info',
  help: 'Always 1',
  type: 'gauge',
  samples: () => [{ labels: { version }, value: 1 }],
})

function familyText({ name, help, type, samples }: Family): string {
  const lines = [...samples()].map(
    ({ suffix = '', labels = {}, value }) => `${name}${suffix}${labelText(labels)} ${value}\n`,
  )
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

const escaped = (value: string) => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')

/** A number for each set of labels that was counted. */
export class Counts {
  readonly #samples = new Map<string, { readonly labels: Labels; value: number }>()

  /** The order of the labels matters: one place counts with one order. */
  add(labels: Labels, by = 1): void {
    const key = JSON.stringify(Object.values(labels))
    const sample = this.#samples.get(key)
    if (sample) sample.value += by
    else this.#samples.set(key, { labels, value: by })
  }

  samples(): Iterable<Sample> {
    return this.#samples.values()
  }
}

/** Cumulative buckets by upper bound, with the sum and the count of all. */
export class Buckets {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0
  #count = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = bounds.map(() => 0)
  }

  observe(value: number): void {
    this.#bounds.forEach((bound, i) => {
      if (value <= bound) this.#counts[i]++
    })
    this.#sum += value
    this.#count++
  }

  samples(): Iterable<Sample> {
    return bucketSamples(this.#bounds, this.#counts, this.#count, this.#sum)
  }
}

/** Of cumulative counts, one for each bound. */
export function* bucketSamples(
  bounds: readonly number[],
  counts: readonly number[],
  count: number,
  sum: number,
): Iterable<Sample> {
  for (const [i, bound] of bounds.entries())
    yield { suffix: '_bucket', labels: { le: String(bound) }, value: counts[i] }
  yield { suffix: '_bucket', labels: { le: '+Inf' }, value: count }
  yield { suffix: '_sum', value: sum }
  yield { suffix: '_count', value: count }
}
