/** `qalam best` */
import { API_VERSION, EXPERIMENT_LABEL, type Experiment, type Trial, whyNeverBest } from '#api'
import type { ReadingClient } from '#kube'
import { CommandError, EXIT } from './exit.ts'
import { trialDirectories } from './machine/trial-directories.ts'
import { bestTrialOf, experimentNamed } from './output/best-trial.ts'
import { formatResult, resultFormat } from './output/result-format.ts'
import { connect } from './place/connect.ts'
import type { Place } from './place/place.ts'

export async function best(name: string, options: Place & { output?: string }): Promise<void> {
  await using place = await connect(options)
  const experiment = await experimentNamed(place.client, place.namespace, name)
  const trial = bestTrialOf(experiment)
  if (trial === undefined) throw new CommandError(EXIT.noUsableTrial, `${name}: ${await whyNone(place, experiment)}`)
  if (options.output !== undefined) {
    process.stdout.write(`${formatResult(trial, resultFormat(options.output))}\n`)
    return
  }
  process.stdout.write(`best  ${trial.name}  ${experiment.spec.objective?.objectiveMetricName} ${trial.objective}\n`)
  process.stdout.write(`  ${formatResult(trial, 'args')}\n`)
  const directory = trialDirectories(options.dataDir, { namespace: place.namespace, name: trial.name }).at(-1)
  if (directory !== undefined) process.stdout.write(`  ${directory}\n`)
}

async function whyNone(
  { client, namespace }: { client: ReadingClient; namespace: string },
  { metadata }: Experiment,
): Promise<string> {
  const labelSelector = `${EXPERIMENT_LABEL}=${metadata.name}`
  const { items } = await client.list<Trial>({ apiVersion: API_VERSION, kind: 'Trial' }, { namespace, labelSelector })
  const because = items.map(whyNeverBest).find(sentence => sentence !== undefined)
  return `no trial has a usable objective yet${because === undefined ? '' : `: ${because}`}`
}
