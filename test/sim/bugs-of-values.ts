/** Values that are lost, made up or mixed on their way, and searches that do not repeat themselves. */
import type { MetricSummary, ObservationStore, ObservationSummary, Report } from '#store'
import type { PlantedBug } from './planted-bug.ts'

const reading =
  (change: (text: string) => string): PlantedBug['plant'] =>
  () => ({
    observations: store => withSummary(store, summary => withTexts(summary, change)),
  })

function withSummary(
  store: ObservationStore,
  change: (summary: ObservationSummary, trialUid: string) => ObservationSummary | Promise<ObservationSummary>,
): ObservationStore {
  return around(store, {
    async summary(trialUid) {
      const summary = await store.summary(trialUid)
      return summary && change(summary, trialUid)
    },
  })
}

function withTexts(summary: ObservationSummary, change: (text: string) => string): ObservationSummary {
  const metrics = Object.entries(summary.metrics).map(([name, metric]) => {
    const latest = change(metric.latest)
    const isNew = latest !== metric.latest
    return [name, { ...metric, latest, ...(isNew ? { min: latest, max: latest } : {}) }] as const
  })
  return { ...summary, metrics: Object.fromEntries(metrics) }
}

/** The store, with some of its methods another way. */
function around(store: ObservationStore, others: Partial<ObservationStore>): ObservationStore {
  return new Proxy(store, {
    get(target, name) {
      const found = Reflect.get(others, name) ?? Reflect.get(target, name)
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
}

const appending =
  (change: (report: Report, count: number) => Report): PlantedBug['plant'] =>
  () => {
    let count = 0
    return { observations: store => around(store, { append: report => store.append(change(report, ++count)) }) }
  }

export const bugsOfValues: readonly PlantedBug[] = [
  {
    name: 'a value that is no number counts as zero',
    caughtBy: 'S7',
    scenario: 'values that are no numbers',
    plant: reading(text => (text === 'nan' ? '0' : text)),
  },
  {
    name: 'a value that is infinite reaches a goal',
    caughtBy: 'S8',
    scenario: 'values that are no numbers',
    plant: reading(text => (text.endsWith('inf') ? '1e308' : text)),
  },
  {
    name: 'values of a pod that was lost are mixed in',
    caughtBy: 'S7',
    scenario: 'pods that are lost and replaced',
    plant: () => ({
      observations: store =>
        withSummary(store, async (summary, trialUid) => {
          const values = (await Array.fromAsync(store.rows(trialUid))).map(({ value }) => value)
          const [min = '', max = ''] = [Math.min, Math.max].map(most => String(most(...values.map(Number))))
          const loss: MetricSummary | undefined = summary.metrics.loss
          return loss ? { ...summary, metrics: { loss: { ...loss, min, max } } } : summary
        }),
    }),
  },
  {
    name: 'a report that is repeated counts again',
    caughtBy: 'S5',
    scenario: 'happy path',
    plant: appending((report, count) => ({ ...report, stream: `${report.stream}-${count}` })),
  },
  {
    name: 'the last row of a report is acknowledged and lost',
    caughtBy: 'S4',
    scenario: 'longer than the metrics deadline',
    plant: appending(report => ({ ...report, rows: report.rows.slice(0, -1) })),
  },
  {
    name: 'a search begins elsewhere every time',
    caughtBy: 'S15',
    scenario: 'happy path',
    plant: () => {
      const seed = `${lives++}`
      return {
        pool: search => ({
          ask: (ask, signal) => search.ask({ ...ask, seed }, signal),
          forget: uid => search.forget(uid),
          [Symbol.asyncDispose]: () => search[Symbol.asyncDispose](),
        }),
      }
    },
  },
]

let lives = 0
