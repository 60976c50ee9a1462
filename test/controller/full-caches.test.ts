/** Controllers that start last: the caches they share were filled before, and nobody tells them again. */
import { expect, test } from 'vitest'
import { API_VERSION, customResourceDefinitions } from '#api'
import { builtInKnowledge, createInProcessAsk, startControllers } from '#controller'
import { createClient, createInformers, systemClock } from '#kube'
import { createApiServer } from '#standalone'
import { createMemoryObservationStore, createMemoryResourceStore } from '#store'
import { programExperiment, X } from '../support/program-experiment.ts'

const experiment = programExperiment({ name: 'tune', command: ['x', X] })

test('what the caches held before the controllers came is reconciled', async () => {
  const clock = systemClock
  const log = () => {}
  await using server = await createApiServer({
    resources: createMemoryResourceStore(),
    admit: {},
    crds: customResourceDefinitions(),
    clock,
    logs: { async *read() {} },
    log,
  })
  const transport = server.transport('controllers')
  await createClient(transport).create(experiment)
  await using informers = createInformers({ transport, clock, log })
  const caches = ['Experiment', 'Suggestion', 'Trial'].map(kind => informers.of({ apiVersion: API_VERSION, kind }))
  await Promise.all(caches.map(cache => cache.synced()))
  const { promise: made, resolve } = Promise.withResolvers<string>()
  using _subscription = caches[1].onChange(({ object }) => resolve(object.metadata.name))
  await using _controllers = await startControllers({
    transport,
    informers,
    observations: createMemoryObservationStore({ now: clock.now }),
    pool: createInProcessAsk(),
    knowledge: builtInKnowledge({ collectors: ['StdOut'], earlyStoppers: [] }),
    clock,
    log,
  })
  expect(await made).toBe('tune')
})
