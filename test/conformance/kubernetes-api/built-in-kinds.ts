/** What the kinds that every server has owe beyond being stored. */
import { expect } from 'vitest'
import { ask } from '../../standalone/an-api-server.ts'
import { aConfigMap, type Behaviour, configMaps, MERGE, STRATEGIC } from './behaviour.ts'

export const builtInKinds: readonly Behaviour[] = [
  {
    name: 'a Job gets its selector and labels; its template is immutable while it may run',
    async run(world) {
      const jobs = `/apis/batch/v1/namespaces/${world.namespace}/jobs`
      const spec = { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'x' }] } } }
      const made = await ask(world.transport, 'POST', jobs, { metadata: { name: 'j' }, spec })
      const { uid } = made.body.metadata
      expect(made.body.spec).toMatchObject({ parallelism: 1, completions: 1, backoffLimit: 6, suspend: false })
      expect(made.body.spec.selector.matchLabels).toEqual({ 'batch.kubernetes.io/controller-uid': uid })
      expect(made.body.spec.template.metadata.labels).toMatchObject({ 'job-name': 'j', 'controller-uid': uid })
      const image = { spec: { template: { spec: { containers: [{ name: 'a', image: 'y' }] } } } }
      const refused = await ask(world.transport, 'PATCH', `${jobs}/j`, image, STRATEGIC)
      expect(refused.body).toMatchObject({ code: 422, details: { causes: [{ field: 'spec.template' }] } })
      const suspended = await ask(world.transport, 'PATCH', `${jobs}/j`, { spec: { suspend: true } }, MERGE)
      expect(suspended.body.metadata.generation).toBe(2)
      const never = { ...spec, template: { spec: { ...spec.template.spec, restartPolicy: 'Always' } } }
      const wrong = await ask(world.transport, 'POST', jobs, { metadata: { name: 'k' }, spec: never })
      expect(wrong.body.details.causes[0].field).toBe('spec.template.spec.restartPolicy')
    },
  },
  {
    name: 'a Secret encodes stringData; an immutable ConfigMap stays',
    async run(world) {
      const secrets = `/api/v1/namespaces/${world.namespace}/secrets`
      const secret = await ask(world.transport, 'POST', secrets, { metadata: { name: 's' }, stringData: { k: 'v' } })
      expect(secret.body).toMatchObject({ data: { k: 'dg==' }, type: 'Opaque' })
      expect(secret.body.stringData).toBeUndefined()
      await ask(world.transport, 'POST', configMaps(world), { ...aConfigMap('fixed'), immutable: true })
      const refused = await ask(world.transport, 'PATCH', `${configMaps(world)}/fixed`, { data: { a: '2' } }, MERGE)
      expect(refused.body).toMatchObject({ code: 422, reason: 'Invalid' })
    },
  },
]
