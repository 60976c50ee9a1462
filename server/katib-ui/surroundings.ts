/** What Katib's UI shows beside experiments: the log of a trial, and the namespaces that one may look at. */
import { logContainer, type Resource } from '#api'
import { primaryPod } from '../rest/logs.ts'
import { Refusal } from '../rest/problem.ts'
import { onCore, onKatib, type UiCall, type UiRoute } from './call.ts'
import { existing } from './experiments.ts'

export const surroundingRoutes: Readonly<Record<string, UiRoute>> = {
  fetch_trial_logs: {
    async answer(call) {
      const [name, namespace] = [call.query('trialName'), call.query('namespace')]
      await call.need(onKatib('get', 'trials', namespace, name))
      await call.need({ ...onCore('get', 'pods', namespace), subresource: 'log' })
      return logOf(call, namespace, name)
    },
  },
  fetch_namespaces: { answer: namespaces },
}

async function logOf(call: UiCall, namespace: string, name: string): Promise<string> {
  const trial = existing(call.resources.trials.get(namespace, name), 'trial', namespace, name)
  const pod = await primaryPod(call.client, trial)
  if (pod) {
    const container = logContainer(pod, trial)
    const place = { namespace, name: pod.metadata.name }
    return (await Array.fromAsync(call.client.logs(place, container === undefined ? {} : { container }))).join('')
  }
  const kept = await call.observations.logTail(trial.metadata.uid ?? '')
  if (kept !== undefined) return kept
  throw new Refusal(
    404,
    `the pod of trial ${name} is gone and nothing of its log was kept; set spec.trialTemplate.retain to true to keep pods`,
  )
}

/** All for who may list them, else those whose experiments he may list. */
async function namespaces(call: UiCall): Promise<readonly string[]> {
  if (call.isNamespaced) return [call.coreNamespace]
  const { items } = await call.client.list<Resource>({ apiVersion: 'v1', kind: 'Namespace' })
  const names = items.map(({ metadata }) => metadata.name).toSorted()
  if (await call.may({ verb: 'list', group: '', resource: 'namespaces' })) return names
  const readable = await Promise.all(names.map(name => call.may(onKatib('list', 'experiments', name))))
  return names.filter((_, i) => readable[i])
}
