/** Every overlay, rendered by kubectl and taken by a real API server; every pod of ours is `restricted`; its flags are understood. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments, stringify } from 'yaml'
import type { Resource } from '#api'
import { createClient, createInformers, kubeconfigTransport, systemClock, type WritingClient } from '#kube'
import { root } from '../support/qalam.ts'
import { startRealCluster } from '../support/real-cluster.ts'
import { until } from './until.ts'

const cluster = await startRealCluster()
const run = promisify(execFile)
const overlays = readdirSync(join(root, 'manifests/overlays'))

describe.skipIf(cluster === undefined)('the overlays', () => {
  const running = new AsyncDisposableStack()
  let client: WritingClient
  const warnings: string[] = []

  beforeAll(async () => {
    if (cluster === undefined) return
    running.use(cluster)
    const transport = running.use(await kubeconfigTransport(cluster.kubeconfig))
    client = createClient(transport, { onWarning: text => void warnings.push(text) })
    const informers = running.use(createInformers({ transport, clock: systemClock, log: () => {} }))
    const metadata = { name: 'kubeflow', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } }
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata })
    // What cert-manager and Istio bring along; only the names of their kinds matter here.
    for (const [group, version, kind, plural] of FOREIGN) {
      const definition = foreignDefinition(group, version, kind, plural)
      await client.create(definition)
      const type = { apiVersion: definition.apiVersion, kind: definition.kind }
      await until(informers.of<Definition>(type), undefined, definition.metadata.name, isEstablished)
    }
    for (const definition of await rendered('crd')) await client.apply(definition, 'lane')
  }, 120_000)
  afterAll(() => running.disposeAsync(), 60_000)

  async function rendered(path: string): Promise<readonly Resource[]> {
    const { stdout } = await kubectl('kustomize', join(root, 'manifests', path))
    return parseAllDocuments(stdout).map(each => each.toJS() as Resource)
  }

  const kubectl = (...args: string[]) =>
    run(join(process.env.KUBEBUILDER_ASSETS ?? '', 'kubectl'), args, { maxBuffer: 16 * 1024 * 1024 })

  test.each(overlays)(
    '%s is taken whole by the API server',
    async overlay => {
      const directory = join(root, 'manifests/overlays', overlay)
      const { stdout, stderr } = await kubectl(
        ...['--kubeconfig', cluster?.kubeconfig ?? '', 'apply', '--server-side', '--dry-run=server', '-k', directory],
      )
      const taken = stdout.trim().split('\n')
      expect(taken).toHaveLength((await rendered(`overlays/${overlay}`)).length)
      expect(stderr).toBe('')
    },
    120_000,
  )

  test.each(overlays)(
    'of %s every pod passes PodSecurity restricted',
    async overlay => {
      const deployments = (await rendered(`overlays/${overlay}`)).filter(({ kind }) => kind === 'Deployment')
      expect(deployments.length).toBeGreaterThanOrEqual(2)
      // As on a cluster where the account exists.
      const accounts = new Set(deployments.map(deployment => podOf(deployment).spec.serviceAccountName ?? 'default'))
      for (const name of accounts)
        await client.apply(
          { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'kubeflow' } },
          'lane',
        )
      for (const deployment of deployments) {
        const { metadata, spec } = podOf(deployment)
        const pod = {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { ...metadata, name: deployment.metadata.name, namespace: 'kubeflow' },
          spec,
        }
        await client.create(pod, { dryRun: true })
      }
      expect(warnings).toEqual([])
    },
    60_000,
  )

  test('a pod that says nothing of its rights would be refused there', async () => {
    const spec = { containers: [{ name: 'main', image: 'any' }] }
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'bare', namespace: 'kubeflow' }, spec }
    await expect(client.create(pod, { dryRun: true })).rejects.toMatchObject({
      code: 403,
      message: expect.stringContaining('violates PodSecurity "restricted'),
    })
  })

  test.each(overlays)('of %s no role has a wildcard or secrets of the whole cluster', async overlay => {
    const objects = (await rendered(`overlays/${overlay}`)) as readonly (Resource & { rules?: readonly Rule[] })[]
    const roles = objects.filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role')
    expect(roles.length).toBeGreaterThanOrEqual(2)
    for (const { kind, metadata, rules = [] } of roles) {
      for (const { apiGroups = [], resources = [], verbs = [] } of rules) {
        expect([metadata.name, ...apiGroups, ...resources, ...verbs]).not.toContain('*')
        if (kind === 'ClusterRole') expect([metadata.name, ...resources]).not.toContain('secrets')
      }
    }
  })

  test.each(overlays)('of %s every reference to a Service, Secret, account or port is met', async overlay => {
    const objects = await rendered(`overlays/${overlay}`)
    const names = (kind: string) => new Set(objects.filter(each => each.kind === kind).map(each => each.metadata.name))
    const certificates = objects.filter(({ kind }) => kind === 'Certificate')
    const served = objects.flatMap(({ metadata }) => {
      const secret = metadata.annotations?.['service.beta.openshift.io/serving-cert-secret-name']
      return secret === undefined ? [] : [secret]
    })
    const made = [...certificates.map(({ spec }) => (spec as { secretName: string }).secretName), ...served]
    const secrets = names('Secret').union(new Set(made))
    for (const deployment of objects.filter(({ kind }) => kind === 'Deployment')) {
      const { spec } = podOf(deployment)
      const wanted = [
        ...(spec.volumes ?? []).flatMap(({ secret }) => (secret ? [secret.secretName] : [])),
        ...spec.containers.flatMap(({ env = [] }) =>
          env.flatMap(({ valueFrom }) => (valueFrom?.secretKeyRef ? [valueFrom.secretKeyRef.name] : [])),
        ),
      ]
      expect(wanted.filter(name => !secrets.has(name))).toEqual([])
      if (spec.serviceAccountName) expect(names('ServiceAccount')).toContain(spec.serviceAccountName)
      const urls = spec.containers.flatMap(({ args = [] }) => args.join(' ').match(/https:\/\/([\w-]+)/)?.[1] ?? [])
      for (const service of urls) expect(names('Service')).toContain(service)
    }
  })

  test.each(['standalone', 'single-namespace'])(
    'of %s nobody reads logs for collectors where that is not wanted',
    async overlay => {
      const directory = mkdtempSync(join(tmpdir(), 'qalam-kustomize-'))
      const from = (path: string) => relative(realpathSync(directory), join(root, 'manifests', path))
      const resources = [from(`overlays/${overlay}`)]
      writeFileSync(
        join(directory, 'kustomization.yaml'),
        stringify({ resources, components: [from('components/no-log-relay')] }),
      )
      const { stdout } = await kubectl('kustomize', directory).finally(() => rmSync(directory, { recursive: true }))
      const objects = parseAllDocuments(stdout).map(each => each.toJS() as Resource)
      const named = (kind: RegExp, name: string) =>
        objects.filter(object => kind.test(object.kind) && object.metadata.name === name)
      const rights = named(/Role$/, 'qalam-store').flatMap(role => (role as { rules?: readonly Rule[] }).rules ?? [])
      expect(rights.length).toBeGreaterThan(3)
      expect(rights.flatMap(({ resources: granted = [] }) => granted)).not.toContain('pods/log')
      const [controller] = named(/^Deployment$/, 'qalam-controller')
      expect(controller && podOf(controller).spec.containers[0]?.args).toContain('--no-log-relay')
    },
  )

  test('every flag in a manifest is one that the program knows', async () => {
    const deployments = (await rendered('overlays/openshift')).filter(({ kind }) => kind === 'Deployment')
    const { program } = await import('../../cli/program.ts')
    let seen = 0
    for (const deployment of deployments) {
      const [verb, ...args] = podOf(deployment).spec.containers[0]?.args ?? []
      const command = program([]).commands.find(each => each.name() === verb)
      if (command === undefined) continue
      const known = command.options.map(({ long }) => long)
      for (const arg of args) expect(known).toContain(arg.split('=')[0])
      seen += args.length
    }
    expect(seen).toBeGreaterThan(10)
  })
})

interface Rule {
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly verbs?: readonly string[]
}

interface PodTemplate {
  readonly metadata: object
  readonly spec: {
    readonly serviceAccountName?: string
    readonly volumes?: readonly { readonly secret?: { readonly secretName: string } }[]
    readonly containers: readonly {
      readonly args?: readonly string[]
      readonly env?: readonly { readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string } } }[]
    }[]
  }
}
const podOf = (deployment: Resource) => (deployment.spec as { template: PodTemplate }).template

interface Definition extends Resource {
  readonly status?: { readonly conditions?: readonly { type: string; status: string }[] }
}
const isEstablished = (definition: Definition | undefined) =>
  definition?.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false

const FOREIGN = [
  ['cert-manager.io', 'v1', 'Issuer', 'issuers'],
  ['cert-manager.io', 'v1', 'Certificate', 'certificates'],
  ['networking.istio.io', 'v1beta1', 'VirtualService', 'virtualservices'],
  ['security.istio.io', 'v1beta1', 'AuthorizationPolicy', 'authorizationpolicies'],
] as const

function foreignDefinition(group: string, version: string, kind: string, plural: string): Resource {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  }
}
