/** `qalam logs` */
import { logContainer, type Resource, TRIAL_LABEL, type Trial } from '#api'
import { CommandError, EXIT } from './exit.ts'
import { parseDuration } from './input/duration.ts'
import { trialNamed } from './input/resource-names.ts'
import { connect } from './place/connect.ts'
import type { Place } from './place/place.ts'

interface LogsOptions extends Place {
  readonly follow?: boolean
  readonly container?: string
  readonly tail?: number
  readonly since?: string
  readonly timestamps?: boolean
  readonly previous?: boolean
}

export async function logs(name: string, options: LogsOptions): Promise<void> {
  const since = options.since === undefined ? undefined : new Date(Date.now() - parseDuration(options.since))
  await using place = await connect(options)
  const trial = await trialNamed(place.client, place.namespace, name)
  const labelSelector = `${TRIAL_LABEL}=${trial.metadata.name}`
  const { items } = await place.client.list<Resource>(
    { apiVersion: 'v1', kind: 'Pod' },
    { namespace: place.namespace, labelSelector },
  )
  const pod = items.find(candidate => isPrimary(candidate, trial)) ?? items[0]
  const aborted = new AbortController()
  process.once('SIGINT', () => aborted.abort())
  if (pod === undefined) {
    const tail = await place.logTail(trial)
    if (tail === undefined)
      throw new CommandError(EXIT.notFound, `${trial.metadata.name}: its pod is gone and nothing of its log was kept`)
    if (since || options.timestamps || options.previous)
      process.stderr.write('its pod is gone: what was kept of its log has no times, and is of its last run\n')
    process.stdout.write(options.tail === undefined ? tail : lastLines(tail, options.tail))
    return
  }
  const container = options.container ?? logContainer(pod, trial)
  const { follow, tail: tailLines, timestamps, previous } = options
  const reading = { container, follow, tailLines, timestamps, previous, since }
  try {
    for await (const text of place.client.logs(
      { namespace: place.namespace, name: pod.metadata.name },
      reading,
      aborted.signal,
    )) {
      process.stdout.write(text)
    }
  } catch (error) {
    if (!aborted.signal.aborted) throw error
  }
}

export function lastLines(text: string, count: number): string {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? []
  return count === 0 ? '' : lines.slice(-count).join('')
}

function isPrimary(pod: Resource, trial: Trial): boolean {
  return Object.entries(trial.spec.primaryPodLabels ?? {}).every(([key, value]) => pod.metadata.labels?.[key] === value)
}
