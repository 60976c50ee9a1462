/** `qalam why`: why an experiment or a trial does not move, in one sentence, and what to do next. */
import { API_VERSION, EXPERIMENT_LABEL, type Experiment } from '#api'
import { readWhyWorld, type Surroundings, trialWhy, type Why, why as whyOf } from '#server'
import { leading } from './cluster/leading.ts'
import { CommandError, EXIT } from './exit.ts'
import { findTrial } from './input/resource-names.ts'
import type { BackEnd } from './place/back-end.ts'
import { connect } from './place/connect.ts'
import type { Place } from './place/place.ts'

export async function why(name: string, options: Place & { output?: string }): Promise<void> {
  await using place = await connect(options)
  const found = await whyOfNamed(place, name)
  if (found === undefined)
    throw new CommandError(EXIT.notFound, `no experiment or trial "${name}" in namespace ${place.namespace}`)
  if (options.output !== undefined && options.output !== 'json')
    throw new CommandError(EXIT.usage, `-o ${options.output}: expected json`)
  process.stdout.write(
    options.output === 'json'
      ? `${JSON.stringify(found, undefined, 2)}\n`
      : `${name}: ${found.sentence}\n  next: ${found.next}\n`,
  )
}

/** Undefined: there is neither an experiment nor a trial of that name. */
export async function whyOfNamed(place: BackEnd, name: string): Promise<Why | undefined> {
  const { client, namespace } = place
  const get = (experiment: string) =>
    client.get<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment', namespace, name: experiment })
  const experiment = name.includes('#') ? undefined : await get(name)
  if (experiment) return whyOf(await readWhyWorld(client, experiment, await surroundings(place)))
  const trial = await findTrial(client, namespace, name)
  const owner = await (trial && get(trial.metadata.labels?.[EXPERIMENT_LABEL] ?? ''))
  return trial && owner && trialWhy(await readWhyWorld(client, owner, await surroundings(place)), trial)
}

async function surroundings({ client, served, name }: BackEnd): Promise<Surroundings> {
  const now = new Date()
  if (served === 'unknown')
    return { served: await leading(client, now), place: name, startWith: 'qalam controller', now }
  return { served, place: name, startWith: served === 'no' ? `qalam server --data-dir ${name}` : 'qalam server', now }
}
