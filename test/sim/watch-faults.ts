/** What can be wrong with a view of the world: lists and watches that are late, cut, silent, or of an earlier time. */
import { type Chunk, type Clock, delay, type KubeRequest, type KubeResponse, type Transport } from '#kube'
import { answering, isList, isWatch } from './fault-transport.ts'
import type { StoreHistory } from './history.ts'

/**
 * lagging: each event comes up to ten seconds late, in order. gone: watches end in 410 after a few events. skipping: a few
 * events never come, then 410. silent: a watch stops speaking, as a half-open connection does. rewound: every second list
 * is answered as it was some revisions ago, watches end in 410 after a few events, and their events lag.
 */
export type ViewFault = 'lagging' | 'gone' | 'skipping' | 'silent' | 'rewound'
export const viewFaults: readonly ViewFault[] = ['lagging', 'gone', 'skipping', 'silent', 'rewound']

const MAX_LAG_MS = 10_000
const MAX_REVISIONS_BACK = 12
/** A watch is well for so many events at most. */
const MAX_WELL = 6
const MAX_SKIPPED = 3

export function withWatchFault(
  transport: Transport,
  options: {
    readonly is: ViewFault
    readonly clock: Clock
    readonly history: StoreHistory
    /** In [0, 1). */
    random(): number
  },
): Transport {
  const { is, clock, history, random } = options
  const upTo = (most: number) => Math.floor(random() * (most + 1))

  async function* chunks(response: KubeResponse, signal: AbortSignal | undefined): AsyncIterable<Chunk> {
    const untilFault = 1 + upTo(MAX_WELL)
    let heard = 0
    for await (const chunk of response.chunks()) {
      heard++
      if (is === 'lagging' || is === 'rewound') await delay(clock, upTo(MAX_LAG_MS), signal)
      if (is === 'lagging' || heard <= untilFault) {
        yield chunk
        continue
      }
      if (is === 'silent') continue
      if (is === 'skipping' && heard <= untilFault + upTo(MAX_SKIPPED)) continue
      yield { event: { type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old resource version' } } }
      return
    }
  }

  return {
    async send(request) {
      if (isWatch(request)) {
        const response = await transport.send(request)
        return response.status === 200 ? { ...response, chunks: () => chunks(response, request.signal) } : response
      }
      const past =
        is === 'rewound' && isList(request) && random() < 0.5
          ? history.asOf(kindOf(request), upTo(MAX_REVISIONS_BACK))
          : undefined
      if (!past) return transport.send(request)
      const { items, resourceVersion } = past
      const selected = items.filter(({ metadata }) => hasLabel(request, metadata.labels ?? {}))
      return answering(200, { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion }, items: selected })
    },
  }
}

const plurals: Readonly<Record<string, string>> = {
  experiments: 'Experiment',
  suggestions: 'Suggestion',
  trials: 'Trial',
  jobs: 'Job',
  pods: 'Pod',
  configmaps: 'ConfigMap',
}

function kindOf({ path }: KubeRequest): string {
  const plural = path.split('?')[0].split('/').at(-1) ?? ''
  return plurals[plural] ?? plural
}

/** Selectors of the controllers ask for one label, whatever its value. */
function hasLabel({ path }: KubeRequest, labels: Readonly<Record<string, string>>): boolean {
  const selector = new URLSearchParams(path.split('?')[1]).get('labelSelector')
  return !selector || selector in labels
}
