/** `qalam uninstall` after `kubectl apply -k`, on a real API server. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { API_VERSION, type Resource, TRIAL_FINALIZER } from '#api'
import type { WritingClient } from '#kube'
import { launcher, root } from '../support/qalam.ts'
import { startRealCluster } from '../support/real-cluster.ts'
import { enter } from './lane.ts'
import { until } from './until.ts'

const cluster = await startRealCluster()
const run = promisify(execFile)
const kubectl = join(process.env.KUBEBUILDER_ASSETS ?? '', 'kubectl')
const LEASE = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' }

describe.skipIf(cluster === undefined)('qalam uninstall', () => {
  const running = new AsyncDisposableStack()
  let client: WritingClient

  beforeAll(async () => {
    if (cluster === undefined) return
    const lane = await enter(cluster, { running, log: () => {} })
    client = lane.client
    const directory = join(root, 'manifests/overlays/high-availability')
    const apply = ['--kubeconfig', cluster.kubeconfig, 'apply', '--server-side', '--force-conflicts', '-k', directory]
    await run(kubectl, apply, { maxBuffer: 16 * 1024 * 1024 })
    const config = ['-n', 'kubeflow', 'patch', 'configmap', 'katib-config', '--type', 'merge', '-p']
    const edit = JSON.stringify({ data: { 'katib-config.yaml': 'edited: true' } })
    await run(kubectl, ['--kubeconfig', cluster.kubeconfig, ...config, edit])
    await client.create({
      apiVersion: API_VERSION,
      kind: 'Trial',
      metadata: { name: 'left', namespace: 'default', finalizers: [TRIAL_FINALIZER, 'example.com/other'] },
      spec: {},
    })
    await until(
      lane.informers.of({ apiVersion: API_VERSION, kind: 'Trial' }),
      'default',
      'left',
      trial => trial !== undefined,
    )
  }, 120_000)
  afterAll(() => running.disposeAsync(), 60_000)

  const uninstall = (...flags: string[]) =>
    run(launcher, ['uninstall', '--kubeconfig', cluster?.kubeconfig ?? '', ...flags])
  const trial = () =>
    client.get<Resource>({ apiVersion: API_VERSION, kind: 'Trial', namespace: 'default', name: 'left' })

  async function counts(): Promise<Readonly<Record<string, number>>> {
    const list = (apiVersion: string, kind: string) =>
      client.list({ apiVersion, kind }, { labelSelector: 'app.kubernetes.io/part-of=qalam' })
    const kinds = [
      ['apps/v1', 'Deployment'],
      ['v1', 'Service'],
      ['v1', 'Secret'],
      ['v1', 'ConfigMap'],
      ['v1', 'PersistentVolumeClaim'],
      ['policy/v1', 'PodDisruptionBudget'],
      ['networking.k8s.io/v1', 'NetworkPolicy'],
      ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
      ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'],
      ['rbac.authorization.k8s.io/v1', 'Role'],
      ['admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration'],
      ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
    ] as const
    const found = await Promise.all(
      kinds.map(async ([version, kind]) => [kind, (await list(version, kind)).items.length]),
    )
    return Object.fromEntries(found)
  }

  test('a dry run says what would go, and changes nothing', async () => {
    const before = await counts()
    expect(before).toMatchObject({ Deployment: 3, ClusterRole: 2, PodDisruptionBudget: 2, PersistentVolumeClaim: 1 })
    const { stdout } = await uninstall('--dry-run')
    expect(stdout).toContain('Trial left in namespace default would lose its finalizer')
    expect(stdout).toContain('Deployment qalam-controller in namespace kubeflow would be deleted')
    expect(stdout.indexOf('WebhookConfiguration')).toBeLessThan(stdout.indexOf('ClusterRole '))
    expect(stdout).toContain('ConfigMap katib-config in namespace kubeflow would be kept: it was edited')
    expect(stdout).toContain('ConfigMap trial-templates in namespace kubeflow would be deleted')
    expect(await counts()).toEqual(before)
    expect((await trial())?.metadata.finalizers).toContain(TRIAL_FINALIZER)
  }, 60_000)

  test('while a controller leads it refuses, and says how to end it', async () => {
    const lease = { ...LEASE, metadata: { name: 'qalam-controller', namespace: 'kubeflow' } }
    const renewTime = new Date(Date.now() + 3_600_000).toISOString().replace('Z', '000Z')
    const spec = { holderIdentity: 'somebody', leaseDurationSeconds: 15, renewTime }
    await client.create({ ...lease, spec } as Resource)
    await expect(uninstall()).rejects.toMatchObject({ code: 6, stderr: expect.stringContaining('--replicas=0') })
    await client.delete({ ...LEASE, namespace: 'kubeflow', name: 'qalam-controller' })
  }, 60_000)

  test('what the manifests made goes; definitions, trials, the volume and what was edited stay; a second call finds nothing', async () => {
    await uninstall()
    const left = Object.entries(await counts()).filter(([, count]) => count > 0)
    // The volume is protected from being lost, the definitions hold the experiments, and somebody edited the configuration.
    expect(Object.fromEntries(left)).toEqual({ PersistentVolumeClaim: 1, ConfigMap: 1, CustomResourceDefinition: 3 })
    const config = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'kubeflow', name: 'katib-config' }
    expect(await client.get(config)).toMatchObject({ data: { 'katib-config.yaml': 'edited: true' } })
    expect((await trial())?.metadata.finalizers).toEqual(['example.com/other'])
    const { stdout, stderr } = await uninstall()
    expect(stdout).toBe(
      'ConfigMap katib-config in namespace kubeflow is kept: it was edited; delete it where that is not wanted\n',
    )
    expect(stderr).toContain('nothing of ours is in namespace kubeflow')
  }, 60_000)
})
