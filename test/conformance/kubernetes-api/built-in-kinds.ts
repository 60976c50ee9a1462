/** What the kinds that every server has owe beyond being stored. */
import { expect } from 'vitest'
import { ask } from '../../standalone/an-api-server.ts'
import { aConfigMap, type Behaviour, configMaps, MERGE, STRATEGIC } from './behaviour.ts'

const aPod = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { automountServiceAccountToken: false, containers: [{ name: 'a', image: 'x' }] },
})

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
  {
    name: 'an update of a pod may change the images of its containers, not what they run',
    async run(world) {
      const pods = `/api/v1/namespaces/${world.namespace}/pods`
      const made = await ask(world.transport, 'POST', pods, aPod('p'))
      expect(made.status).toBe(201)
      const patch = (container: object) =>
        ask(world.transport, 'PATCH', `${pods}/p`, { spec: { containers: [container] } }, STRATEGIC)
      expect((await patch({ name: 'a', image: 'z:1' })).body.spec.containers[0].image).toBe('z:1')
      const command = await patch({ name: 'a', command: ['true'] })
      expect(command.body).toMatchObject({ code: 422, details: { causes: [{ field: 'spec' }] } })
      const added = await patch({ name: 'b', image: 'x' })
      expect(added.body).toMatchObject({ code: 422, details: { causes: [{ field: 'spec.containers' }] } })
    },
  },
  {
    name: 'the fields that clients read of every pod are filled in',
    async run(world) {
      const pods = `/api/v1/namespaces/${world.namespace}/pods`
      const { body } = await ask(world.transport, 'POST', pods, aPod('p'))
      expect(body.spec).toMatchObject({
        restartPolicy: 'Always',
        dnsPolicy: 'ClusterFirst',
        schedulerName: 'default-scheduler',
        securityContext: {},
        terminationGracePeriodSeconds: 30,
      })
      expect(body.spec.containers[0]).toMatchObject({
        imagePullPolicy: 'Always',
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      })
    },
  },
  {
    name: 'a Job without labels has those of its pods; what its pods run is fixed also while it is suspended',
    async run(world) {
      const jobs = `/apis/batch/v1/namespaces/${world.namespace}/jobs`
      const { template } = { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'x' }] } } }
      const made = await ask(world.transport, 'POST', jobs, {
        metadata: { name: 'j' },
        spec: { template, suspend: true },
      })
      expect(made.body.metadata.labels).toMatchObject({ 'job-name': 'j' })
      expect(made.body.spec.podReplacementPolicy).toBe('TerminatingOrFailed')
      const patch = (spec: object) =>
        ask(world.transport, 'PATCH', `${jobs}/j`, { spec: { template: { spec } } }, STRATEGIC)
      expect((await patch({ nodeSelector: { a: 'b' } })).status).toBe(200)
      const command = await patch({ containers: [{ name: 'a', command: ['true'] }] })
      expect(command.body).toMatchObject({ code: 422, reason: 'Invalid' })
    },
  },
  {
    name: 'a value of another type than its field is not read',
    async run(world) {
      const number = await ask(world.transport, 'POST', configMaps(world), { ...aConfigMap('one'), data: { a: 5 } })
      expect(number.body).toMatchObject({ code: 400, reason: 'BadRequest' })
      const pods = `/api/v1/namespaces/${world.namespace}/pods`
      const text = await ask(world.transport, 'POST', pods, { metadata: { name: 'p' }, spec: { containers: 'none' } })
      expect(text.body).toMatchObject({ code: 400, reason: 'BadRequest' })
      const container = { name: 'a', image: 'x', resources: { limits: { cpu: 1 } } }
      const amount = { metadata: { name: 'q', creationTimestamp: null }, spec: { containers: [container] } }
      expect((await ask(world.transport, 'POST', pods, amount)).status).toBe(201)
    },
  },
  {
    name: 'a pod is bound to its node once',
    async run(world) {
      const pods = `/api/v1/namespaces/${world.namespace}/pods`
      await ask(world.transport, 'POST', pods, aPod('p'))
      const binding = (name: string) => ({
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'p' },
        target: { apiVersion: 'v1', kind: 'Node', name },
      })
      const bound = await ask(world.transport, 'POST', `${pods}/p/binding`, binding('here'))
      expect(bound.body).toMatchObject({ kind: 'Status', status: 'Success' })
      expect((await ask(world.transport, 'GET', `${pods}/p`)).body.spec.nodeName).toBe('here')
      const again = await ask(world.transport, 'POST', `${pods}/p/binding`, binding('there'))
      expect(again.body).toMatchObject({ code: 409, reason: 'Conflict' })
    },
  },
]
