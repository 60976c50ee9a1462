/** Experiments, Trials and Suggestions, as Katib's UI reads and writes them. */
import { API_VERSION, type Experiment, type Resource, type Suggestion } from '#api'
import { Refusal } from '../rest/problem.ts'
import { experimentWrites } from '../rest/write.ts'
import { onKatib, type UiCall, type UiRoute } from './call.ts'

export const experimentRoutes: Readonly<Record<string, UiRoute>> = {
  fetch_experiments: {
    async answer(call) {
      const namespace = call.query('namespace')
      await call.need(onKatib('list', 'experiments', namespace))
      return call.resources.experiments.list(namespace).map(overview)
    },
  },
  create_experiment: {
    writes: true,
    async answer({ body, need, client }) {
      const { postData } = body as { postData?: Partial<Experiment> }
      const { metadata } = postData ?? {}
      if (!metadata?.namespace) throw new Refusal(400, 'expected an Experiment with a namespace under postData')
      await need(onKatib('create', 'experiments', metadata.namespace))
      const type = { apiVersion: API_VERSION, kind: 'Experiment' } as const
      // Admission parses it; what is missing here is told there.
      await experimentWrites(client).create({ ...(postData as Experiment), ...type, metadata }, { onWarning() {} })
      return undefined
    },
  },
  delete_experiment: {
    writes: true,
    async answer(call) {
      const [namespace, name] = [call.query('namespace'), call.query('experimentName')]
      await call.need(onKatib('delete', 'experiments', namespace, name))
      existing(call.resources.experiments.get(namespace, name), 'experiment', namespace, name)
      await experimentWrites(call.client).delete({ namespace, name })
      const seesAll = await call.may({ verb: 'list', group: 'kubeflow.org', resource: 'experiments' })
      const left = call.resources.experiments.list(seesAll ? undefined : namespace)
      return left.filter(({ metadata }) => metadata.namespace !== namespace || metadata.name !== name).map(overview)
    },
  },
  fetch_experiment: {
    answer: call =>
      read(call, 'Experiment', 'experimentName', (namespace, name) => call.resources.experiments.get(namespace, name)),
  },
  fetch_trial: {
    answer: call => read(call, 'Trial', 'trialName', (namespace, name) => call.resources.trials.get(namespace, name)),
  },
  fetch_suggestion: {
    answer: call =>
      read(call, 'Suggestion', 'suggestionName', (namespace, name) =>
        call.client.get<Suggestion>({ apiVersion: API_VERSION, kind: 'Suggestion', namespace, name }),
      ),
  },
}

/** The status beside the name, and its last condition in one word. */
function overview({ metadata, spec, status }: Experiment) {
  const { name, namespace } = metadata
  const last = status?.conditions?.at(-1)?.type ?? 'Created'
  return { name, namespace, type: spec.nasConfig ? 'nas' : 'hp', status: last, ...status }
}

async function read(
  call: UiCall,
  kind: 'Experiment' | 'Trial' | 'Suggestion',
  parameter: string,
  find: (namespace: string, name: string) => Resource | undefined | Promise<Resource | undefined>,
): Promise<Resource> {
  const [name, namespace] = [call.query(parameter), call.query('namespace')]
  const plural = `${kind.toLowerCase()}s`
  await call.need(onKatib('get', plural, namespace, name))
  const found = existing(await find(namespace, name), kind.toLowerCase(), namespace, name)
  // Items of a list do not say what they are.
  return { ...found, apiVersion: API_VERSION, kind }
}

/** Katib answers 500 where there is none. */
export function existing<T>(found: T | undefined, noun: string, namespace: string, name: string): T {
  if (found !== undefined) return found
  throw new Refusal(404, `no ${noun} "${name}" in namespace ${namespace}`)
}
