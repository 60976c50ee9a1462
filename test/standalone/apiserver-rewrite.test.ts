import { expect, test } from 'vitest'
import { admitExperiment, withListsInPlace } from '#controller'
import { knowledge } from '../../cli/knowledge.ts'
import { anExperiment } from '../controller/admission/an-experiment.ts'
import { anApiServer, ask } from './an-api-server.ts'

const PATH = '/apis/kubeflow.org/v1beta1/namespaces/default/experiments'
const withSpace = (feasibleSpace: object) => {
  const experiment = anExperiment({})
  const [first, ...others] = experiment.spec.parameters ?? []
  return {
    ...experiment,
    metadata: { name: 'tune' },
    spec: { ...experiment.spec, parameters: [{ ...first, parameterType: 'categorical', feasibleSpace }, ...others] },
  }
}

test('what a kind is rewritten to is what its schema judges and what is stored; a refusal is logged', async () => {
  await using own = await anApiServer({
    admit: { Experiment: request => admitExperiment(request, request.get, knowledge) },
    rewrite: { Experiment: withListsInPlace },
  })
  const stored = await ask(own.transport, 'POST', PATH, withSpace({ distribution: ['a', 'b'] }))
  expect(stored.body.spec.parameters[0].feasibleSpace).toEqual({ list: ['a', 'b'], distribution: 'uniform' })
  const refused = await ask(own.transport, 'POST', PATH, withSpace({ distribution: { a: 1 } }))
  expect(refused.status).toBe(422)
  expect(own.log).toEqual([expect.stringMatching(/^refused: Experiment default\/\S+: .*feasibleSpace\.distribution/)])
})
