/** `qalam stop` and `qalam resume` */
import { API_VERSION } from '#api'
import { CommandError, EXIT } from './exit.ts'
import { experimentNamed } from './output/best-trial.ts'
import { connect } from './place/connect.ts'
import type { Place } from './place/place.ts'

export async function stop(name: string, options: Place & { now?: boolean }): Promise<void> {
  await using place = await connect(options)
  await experimentNamed(place.client, place.namespace, name)
  const spec = { suspend: true, ...(options.now ? { runningTrialsPolicy: 'Stop' } : {}) }
  await place.client.patch({ apiVersion: API_VERSION, kind: 'Experiment', namespace: place.namespace, name }, { spec })
  process.stderr.write(
    `${name}: no more trials start${options.now ? ', running ones are stopped' : '; running ones finish'}\n`,
  )
}

export async function resume(name: string, options: Place & { trials?: string }): Promise<void> {
  await using place = await connect(options)
  const experiment = await experimentNamed(place.client, place.namespace, name)
  const maxTrialCount = budget(options.trials, experiment.spec.maxTrialCount ?? 0)
  // `stop --now` said it; a later plain stop must let running trials finish again.
  const policy = experiment.spec.runningTrialsPolicy === 'Stop' ? { runningTrialsPolicy: null } : {}
  const spec = { suspend: null, ...policy, ...(maxTrialCount === undefined ? {} : { maxTrialCount }) }
  await place.client.patch({ apiVersion: API_VERSION, kind: 'Experiment', namespace: place.namespace, name }, { spec })
  process.stderr.write(`${name}: goes on\n`)
}

function budget(text: string | undefined, before: number): number | undefined {
  if (text === undefined) return undefined
  const more = text.startsWith('+')
  const value = Number(more ? text.slice(1) : text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new CommandError(EXIT.usage, `--trials ${text}: expected a count or +COUNT`)
  return more ? before + value : value
}
