/** The admission webhooks over HTTPS on a real API server: Katib's paths, stored defaults, refusals, warnings, and an outage. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { stringify } from 'yaml'
import { API_VERSION, type Experiment, isTrue, type Resource } from '#api'
import type { Informers, WritingClient } from '#kube'
import { type ClusterCertificates, renewed } from '../../cli/cluster/certificates.ts'
import { usePostgres } from '../support/postgres.ts'
import { startRealCluster } from '../support/real-cluster.ts'
import { exampleExperiment } from './example.ts'
import { enter, laneDirectory } from './lane.ts'
import { webhooksAt } from './local-webhooks.ts'
import {
  applyManifests,
  databaseUrlOf,
  kubeconfigOf,
  manifest,
  type OwnProcess,
  ownProcess,
} from './shipped-account.ts'
import { until } from './until.ts'

const cluster = await startRealCluster()
const emptyDatabase = usePostgres()
const run = promisify(execFile)

describe.skipIf(cluster === undefined)('the webhooks of qalam controller', () => {
  const running = new AsyncDisposableStack()
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  let client: WritingClient
  let informers: Informers
  let directory = ''
  let leader: OwnProcess
  let flags: readonly string[] = []
  let env: NodeJS.ProcessEnv = {}

  beforeAll(async () => {
    if (cluster === undefined) return
    const lane = await enter(cluster, { running, log })
    ;({ client, informers } = lane)
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kubeflow' } })
    await applyManifests(client, 'rbac/controller.yaml', 'webhook/secret.yaml', 'webhook/creator-key.yaml')
    directory = laneDirectory(running)
    const path = join(directory, 'kubeconfig')
    const kubeconfig = await kubeconfigOf('qalam-controller', {
      transport: lane.transport,
      admin: cluster.kubeconfig,
      path,
    })
    flags = ['controller', '--kubeconfig', kubeconfig, '--lease-duration', '12s', '--webhook-port', '0']
    env = { ...process.env, DATABASE_URL: databaseUrlOf((await emptyDatabase()).config) }
    leader = ownProcess([...flags, '--health-port', '0', '--metrics-port', '0'], { running, env, log })
    await webhooksAt((await leader.line(/webhook on port (\d+)/))[1] ?? '', lane)
    await leader.line(/leading/)
  }, 120_000)
  afterAll(() => running.disposeAsync(), 120_000)

  const kubectl = (...args: string[]) =>
    run(join(process.env.KUBEBUILDER_ASSETS ?? '', 'kubectl'), ['--kubeconfig', cluster?.kubeconfig ?? '', ...args])

  /** API servers take some time to hear of a configuration: until a write is judged, it is asked again without being stored. */
  async function judged(): Promise<void> {
    const wrong = exampleExperiment('wrong', { algorithm: { algorithmName: 'tpo' } })
    for (;;) {
      const refusal = await client.create(wrong, { dryRun: true }).catch((error: { code: number }) => error.code)
      if (refusal === 400) return
    }
  }

  test('what is left out is stored filled in', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    await judged()
    const bare = exampleExperiment('defaults')
    const { parallelTrialCount: _, metricsCollectorSpec: __, ...spec } = bare.spec as Readonly<Record<string, unknown>>
    const stored = await client.create<Resource>({ ...bare, spec }, { dryRun: true })
    expect(stored.spec).toMatchObject({
      parallelTrialCount: 3,
      resumePolicy: 'Never',
      metricsCollectorSpec: { collector: { kind: 'StdOut' } },
      trialTemplate: { successCondition: 'status.conditions.#(type=="Complete")#|#(status=="True")#' },
    })
  }, 60_000)

  test('a refusal has every problem, with the code and words of Katib, as kubectl shows them', async () => {
    const bare = exampleExperiment('wrong')
    const spec = { ...(bare.spec as object), maxTrialCount: 0, algorithm: { algorithmName: 'tpo' } }
    await expect(client.create({ ...bare, spec } as Resource)).rejects.toMatchObject({
      code: 400,
      details: {
        causes: expect.arrayContaining([
          expect.objectContaining({ field: 'spec.maxTrialCount', reason: 'FieldValueInvalid' }),
          expect.objectContaining({ field: 'spec.algorithm.algorithmName' }),
        ]),
      },
    })
    const file = join(directory, 'wrong.yaml')
    writeFileSync(file, stringify({ ...bare, spec }))
    await expect(kubectl('apply', '-f', file)).rejects.toMatchObject({
      stderr: expect.stringMatching(
        /admission webhook "validator\.experiment\.katib\.kubeflow\.org" denied the request: \[spec\.maxTrialCount: /,
      ),
    })
  }, 60_000)

  test('what probably leaves trials without a metric is a warning', async () => {
    const bare = exampleExperiment('warned')
    const source = { httpGet: { path: '/metrics', port: 8080 } }
    const spec = { ...(bare.spec as object), metricsCollectorSpec: { collector: { kind: 'StdOut' }, source } }
    const file = join(directory, 'warned.yaml')
    writeFileSync(file, stringify({ ...bare, spec }))
    const { stderr } = await kubectl('apply', '--dry-run=server', '-f', file)
    expect(stderr).toContain('Warning: spec.metricsCollectorSpec.source.httpGet: kind StdOut does not read it')
  }, 60_000)

  test('a template that the same command brings along is found', async () => {
    const bare = exampleExperiment('templated')
    const { trialSpec, ...trialTemplate } = (bare.spec as { trialTemplate: Record<string, unknown> }).trialTemplate
    const configMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'templates', namespace: 'default' },
      data: { 'job.yaml': stringify(trialSpec) },
    }
    const place = { configMapName: 'templates', configMapNamespace: 'default', templatePath: 'job.yaml' }
    const conditions = {
      successCondition: 'status.conditions.#(type=="Complete")#|#(status=="True")#',
      failureCondition: 'status.conditions.#(type=="Failed")#|#(status=="True")#',
    }
    const spec = { ...(bare.spec as object), trialTemplate: { ...trialTemplate, ...conditions, configMap: place } }
    const file = join(directory, 'templated.yaml')
    writeFileSync(file, [configMap, { ...bare, spec }].map(each => stringify(each)).join('---\n'))
    const { stdout } = await kubectl('apply', '-f', file)
    expect(stdout).toContain('experiment.kubeflow.org/templated created')
    const missing = { ...place, configMapName: 'nowhere' }
    await expect(
      client.create({
        ...exampleExperiment('untemplated'),
        spec: { ...spec, trialTemplate: { ...spec.trialTemplate, configMap: missing } },
      } as Resource),
    ).rejects.toMatchObject({ code: 400, message: expect.stringContaining('no ConfigMap default/nowhere') })
  }, 60_000)

  test('probes and figures are served', async () => {
    const health = (await leader.line(/health on port (\d+)/))[1]
    const metrics = (await leader.line(/metrics on port (\d+)/))[1]
    expect(await textAt(`http://127.0.0.1:${health}/healthz`)).toBe('ok\n')
    expect(await textAt(`http://127.0.0.1:${health}/readyz`)).toBe('ok\n')
    expect(await textAt(`http://127.0.0.1:${metrics}/metrics`)).toMatch(/^qalam_leading 1$/m)
  })

  test('a second process shows a certificate of the same authority', async () => {
    const second = ownProcess(flags, { running, env, log })
    const port = (await second.line(/webhook on port (\d+)/))[1]
    const type = { apiVersion: 'v1', kind: 'Secret' }
    const secret = await client.get<Secret>({ ...type, namespace: 'kubeflow', name: 'katib-webhook-cert' })
    const ca = Buffer.from(secret?.data?.['ca.crt'] ?? '', 'base64')
    const { request } = await import('node:https')
    const options = { ca, servername: 'katib-controller.kubeflow.svc', method: 'POST' }
    const status = await new Promise((resolve, reject) =>
      request(`https://127.0.0.1:${port}/validate-experiment`, options, reply => resolve(reply.statusCode))
        .once('error', reject)
        .end('{}'),
    )
    expect(status).toBe(400)
    second.child.kill('SIGTERM')
    expect(await second.ended).toBe(0)
  }, 60_000)

  test('with no webhook there writes pass, and the controllers judge what is stored', async () => {
    leader.child.kill('SIGKILL')
    await leader.ended
    const bare = exampleExperiment('unjudged')
    const spec = { ...(bare.spec as object), algorithm: { algorithmName: 'tpo' } }
    await client.create({ ...bare, spec } as Resource)
    const next = ownProcess(flags, { running, env, log })
    await next.line(/leading/)
    const experiments = informers.of<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment' })
    const failed = await until(experiments, 'default', 'unjudged', each => isTrue(each?.status?.conditions, 'Failed'))
    expect(failed?.status?.conditions?.at(-1)).toMatchObject({ reason: 'InvalidSpec' })
    next.child.kill('SIGTERM')
    expect(await next.ended).toBe(0)
  }, 120_000)

  test('under a certificate that has ended writes pass unjudged; with another in its directory they are judged again', async () => {
    onTestFailed(() => void process.stdout.write(`${lines.join('\n')}\n`))
    const names = ['localhost']
    const old = await renewed({}, names, new Date(Date.now() - 200 * 86_400_000))
    const put = (made: ClusterCertificates) => {
      for (const file of ['tls.crt', 'tls.key'] as const)
        writeFileSync(join(directory, file), made[file], { mode: 0o600 })
    }
    put(old)
    const served = ownProcess([...flags, '--webhook-certificates', directory, '--health-port', '0'], {
      running,
      env,
      log,
    })
    const [, port = ''] = await served.line(/webhook on port (\d+)/)
    await served.line(/certificate: it ended/)
    for (const object of manifest('webhook/configurations.yaml')) {
      const { webhooks } = object as unknown as { webhooks: readonly { clientConfig: { service: { path: string } } }[] }
      const caBundle = Buffer.from(old['ca.crt']).toString('base64')
      const local = webhooks.map(({ clientConfig, ...webhook }) => ({
        ...webhook,
        clientConfig: { url: `https://localhost:${port}${clientConfig.service.path}`, caBundle },
      }))
      await client.apply({ ...object, webhooks: local } as Resource, 'lane')
    }
    const wrong = exampleExperiment('wrong', { algorithm: { algorithmName: 'tpo' } })
    expect(await client.create(wrong, { dryRun: true })).toMatchObject({ kind: 'Experiment' })
    const health = (await served.line(/health on port (\d+)/))[1]
    expect(await textAt(`http://127.0.0.1:${health}/readyz`)).toContain("waiting for the webhook's certificate")
    put(await renewed({ ...old }, names, new Date()))
    await judged()
    served.child.kill('SIGTERM')
    expect(await served.ended).toBe(0)
  }, 120_000)
})

interface Secret extends Resource {
  readonly data?: Readonly<Record<string, string>>
}

function textAt(url: string): Promise<string> {
  return new Promise((resolve, reject) =>
    get(url, reply => {
      let text = ''
      reply.on('data', data => {
        text += data
      })
      reply.on('end', () => resolve(text))
    }).once('error', reject),
  )
}
