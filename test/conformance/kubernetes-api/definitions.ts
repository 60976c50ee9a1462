/** Kinds that come by definitions, and how a client finds what is served. */
import { expect } from 'vitest'
import { ask } from '../../standalone/an-api-server.ts'
import { type Behaviour, MERGE } from './behaviour.ts'

export const definitions: readonly Behaviour[] = [
  {
    name: 'a new definition is served, prunes, fills in and judges; deleted, it goes with its objects',
    async run(world) {
      const group = `${world.namespace}.example.com`
      const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
      const size = { type: 'integer', minimum: 1, default: 2 }
      const spec = { type: 'object', properties: { size, mode: { type: 'string', enum: ['a', 'b'] } } }
      const made = await ask(world.transport, 'POST', definitions, {
        metadata: { name: `widgets.${group}` },
        spec: {
          group,
          scope: 'Namespaced',
          names: { kind: 'Widget', plural: 'widgets' },
          versions: [
            {
              name: 'v1',
              served: true,
              storage: true,
              schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
            },
          ],
        },
      })
      expect(made.status).toBe(201)
      const widgets = `/apis/${group}/v1/namespaces/${world.namespace}/widgets`
      for (let status = 404; status === 404; ) ({ status } = await ask(world.transport, 'GET', widgets))
      const aWidget = { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'w' } }
      const widget = await ask(world.transport, 'POST', widgets, { ...aWidget, spec: { mode: 'a', extra: 1 }, more: 1 })
      expect(widget.body.spec).toEqual({ mode: 'a', size: 2 })
      expect(widget.body.more).toBeUndefined()
      for (const [patch, field] of [
        [{ spec: { size: 0 } }, 'spec.size'],
        [{ spec: { mode: 'c' } }, 'spec.mode'],
        [{ spec: { size: 'x' } }, 'spec.size'],
      ] as const) {
        const refused = await ask(world.transport, 'PATCH', `${widgets}/w`, patch, MERGE)
        expect(refused.body).toMatchObject({ code: 422, details: { causes: [{ field }] } })
      }
      expect((await ask(world.transport, 'DELETE', `${definitions}/widgets.${group}`)).status).toBe(200)
      for (let status = 200; status !== 404; ) ({ status } = await ask(world.transport, 'GET', `${widgets}/w`))
    },
  },
  {
    name: 'discovery names our kinds, with their categories and subresources',
    async run(world) {
      const { body } = await ask(world.transport, 'GET', '/apis/kubeflow.org/v1beta1')
      expect(body.kind).toBe('APIResourceList')
      const experiments = body.resources.find(({ name }: { name: string }) => name === 'experiments')
      expect(experiments).toMatchObject({
        kind: 'Experiment',
        namespaced: true,
        categories: ['all', 'kubeflow', 'katib'],
      })
      expect(body.resources.map(({ name }: { name: string }) => name)).toContain('trials/status')
      const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
      const aggregated = await ask(world.transport, 'GET', '/apis', undefined, { accept })
      expect(aggregated.body).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' })
      const { body: schemas } = await ask(world.transport, 'GET', '/openapi/v3')
      expect(schemas.paths['apis/kubeflow.org/v1beta1'].serverRelativeURL).toContain('hash=')
    },
  },
  {
    name: 'who am I and may I are answered',
    async run(world) {
      const review = (group: string, kind: string, spec: object) =>
        ask(world.transport, 'POST', `/apis/${group}/v1/${kind.toLowerCase()}s`, {
          apiVersion: `${group}/v1`,
          kind,
          ...spec,
        })
      const self = await review('authentication.k8s.io', 'SelfSubjectReview', {})
      expect(self.status).toBe(201)
      expect(self.body.status.userInfo.groups).toContain('system:masters')
      const resourceAttributes = { verb: 'create', group: 'kubeflow.org', resource: 'experiments' }
      const access = await review('authorization.k8s.io', 'SelfSubjectAccessReview', { spec: { resourceAttributes } })
      expect(access.body).toMatchObject({ spec: { resourceAttributes }, status: { allowed: true } })
      const rules = await review('authorization.k8s.io', 'SelfSubjectRulesReview', {
        spec: { namespace: world.namespace },
      })
      // A real server gives its rules in no order.
      const verbs = (rules.body.status.resourceRules as { verbs: string[] }[]).map(rule => rule.verbs)
      expect(verbs).toContainEqual(['*'])
    },
  },
  {
    name: 'what is not served is 404 in whatever form it comes',
    async run(world) {
      const protobuf = { 'content-type': 'application/vnd.kubernetes.protobuf' }
      for (const headers of [{}, protobuf]) {
        const path = `/apis/none.example.com/v1/namespaces/${world.namespace}/nones`
        const refused = await ask(world.transport, 'POST', path, headers === protobuf ? 'k8s' : {}, headers)
        expect(refused.status).toBe(404)
      }
    },
  },
]
