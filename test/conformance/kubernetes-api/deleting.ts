/** Deletion: preconditions, finalizers, collections. */
import { expect } from 'vitest'
import { ask } from '../../standalone/an-api-server.ts'
import { aConfigMap, type Behaviour, configMaps, MERGE } from './behaviour.ts'

export const deleting: readonly Behaviour[] = [
  {
    name: 'delete refuses wrong preconditions and answers a Status',
    async run(world) {
      const { body: made } = await ask(world.transport, 'POST', configMaps(world), aConfigMap('one'))
      const path = `${configMaps(world)}/one`
      const options = (preconditions: object) => ({ kind: 'DeleteOptions', apiVersion: 'v1', preconditions })
      expect((await ask(world.transport, 'DELETE', path, options({ uid: 'another' }))).status).toBe(409)
      expect((await ask(world.transport, 'DELETE', path, options({ resourceVersion: '1' }))).status).toBe(409)
      const gone = await ask(world.transport, 'DELETE', path, options({ uid: made.metadata.uid }))
      expect(gone.body).toMatchObject({
        kind: 'Status',
        status: 'Success',
        details: { name: 'one', kind: 'configmaps' },
      })
      expect((await ask(world.transport, 'DELETE', path)).status).toBe(404)
    },
  },
  {
    name: 'a finalizer holds an object; none may be added while it ends',
    async run(world) {
      await ask(
        world.transport,
        'POST',
        configMaps(world),
        aConfigMap('one', {}, { finalizers: ['test.qalam.dev/hold'] }),
      )
      const path = `${configMaps(world)}/one`
      const marked = await ask(world.transport, 'DELETE', path)
      expect(marked.body.metadata.deletionTimestamp).toBeDefined()
      const more = { metadata: { finalizers: ['test.qalam.dev/hold', 'test.qalam.dev/more'] } }
      expect((await ask(world.transport, 'PATCH', path, more, MERGE)).status).toBe(422)
      expect((await ask(world.transport, 'PATCH', path, { metadata: { finalizers: null } }, MERGE)).status).toBe(200)
      expect((await ask(world.transport, 'GET', path)).status).toBe(404)
    },
  },
  {
    name: 'deletecollection deletes what its selector shows',
    async run(world) {
      for (const name of ['a', 'b'])
        await ask(world.transport, 'POST', configMaps(world), aConfigMap(name, {}, { labels: { name } }))
      expect((await ask(world.transport, 'DELETE', `${configMaps(world)}?labelSelector=name%3Da`)).status).toBe(200)
      expect((await ask(world.transport, 'GET', `${configMaps(world)}/a`)).status).toBe(404)
      expect((await ask(world.transport, 'GET', `${configMaps(world)}/b`)).status).toBe(200)
    },
  },
]
