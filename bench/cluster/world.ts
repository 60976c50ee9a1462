/** A real API server, a Postgres, controllers as processes of their own under the shipped rights, and a node that takes no time. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { API_VERSION, EXPERIMENT_LABEL, type Experiment, type Resource, type Suggestion } from '#api'
import {
  createClient,
  createInformers,
  type Informer,
  kubeconfigTransport,
  systemClock,
  type WritingClient,
} from '#kube'
import { openObservations, startPostgres } from '#store'
import { applyManifests, databaseUrlOf, kubeconfigOf } from '../../test/lanes/shipped-account.ts'
import { establishDefinitions } from '../../test/lanes/until.ts'
import { launcher, says } from '../../test/support/qalam.ts'
import { startRealCluster } from '../../test/support/real-cluster.ts'

export type Job = Resource

export interface OwnController {
  readonly pid: number
  readonly child: ChildProcess
  /** It is ready to lead. */
  readonly waiting: Promise<void>
  /** Milliseconds of performance.now() when it said that it leads. */
  readonly leading: Promise<number>
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

export interface World extends AsyncDisposable {
  readonly client: WritingClient
  readonly experiments: Informer<Experiment>
  readonly suggestions: Informer<Suggestion>
  /** When the first Job of an experiment that is still to come is seen, in milliseconds of performance.now(). */
  jobOf(experiment: string): Promise<number>
  /** Process ids of what is counted beside the controller. */
  readonly pids: { readonly apiserver: number; readonly etcd: number; readonly postgres: number }
  readonly auditLog: string
  startController(): OwnController
}

/** Undefined, after a printed line, where there is no API server to be had. */
export async function startWorld({ audit }: { readonly audit: boolean }): Promise<World | undefined> {
  await using running = new AsyncDisposableStack()
  const cluster = await startRealCluster({
    env: { AUDIT: audit ? '1' : '0', FSYNC: '1', API_EXTRA: audit ? '--audit-log-mode=blocking' : '' },
  })
  if (cluster === undefined) return undefined
  running.use(cluster)
  const directory = mkdtempSync(join(tmpdir(), 'qalam-bench-'))
  chmodSync(directory, 0o711)
  running.defer(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))
  const log = (line: string) => void process.stderr.write(`${line}\n`)
  // Sessions of the killed may still be open when it is asked to end; then it leaves that to us.
  running.defer(() => endIfAlive(postgres.pid))
  const postgres = running.use(await startPostgres(directory, log))
  const databaseUrl = databaseUrlOf(postgres.connection)
  // Makes the tables.
  await (await openObservations({ databaseUrl, log }))[Symbol.asyncDispose]()

  const transport = running.use(await kubeconfigTransport(cluster.kubeconfig))
  const client = createClient(transport)
  const informers = running.use(createInformers({ transport, clock: systemClock, log }))
  await establishDefinitions(client, informers)
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kubeflow' } })
  await applyManifests(client, 'rbac/controller.yaml')
  const path = join(directory, 'kubeconfig')
  const kubeconfig = await kubeconfigOf('qalam-controller', { transport, admin: cluster.kubeconfig, path })

  const node = spawn(process.execPath, [join(import.meta.dirname, 'fake-node.ts'), cluster.kubeconfig], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, DATABASE_CONFIG: JSON.stringify(postgres.connection) },
  })
  running.defer(() => killed(node))
  await says(node, 'stdout', /^node/)
  const experiments = informers.of<Experiment>({ apiVersion: API_VERSION, kind: 'Experiment' })
  const suggestions = informers.of<Suggestion>({ apiVersion: API_VERSION, kind: 'Suggestion' })
  const waiting = new Map<string, (at: number) => void>()
  informers.of<Job>({ apiVersion: 'batch/v1', kind: 'Job' }, { namespace: 'default' }).onChange(({ object }) => {
    const experiment = object.metadata.labels?.[EXPERIMENT_LABEL] ?? ''
    waiting.get(experiment)?.(performance.now())
    waiting.delete(experiment)
  })
  const children = new Set<ChildProcess>()
  running.defer(async () => {
    await Promise.all([...children].map(killed))
  })
  const resources = running.move()
  const pidOf = (name: string) => Number(readFileSync(join(cluster.directory, `${name}.pid`), 'utf8'))
  return {
    client,
    experiments,
    suggestions,
    pids: { apiserver: pidOf('apiserver'), etcd: pidOf('etcd'), postgres: postgres.pid },
    auditLog: join(cluster.directory, 'log/audit.log'),
    jobOf: experiment => new Promise(resolve => waiting.set(experiment, resolve)),
    startController() {
      const flags = ['controller', '--kubeconfig', kubeconfig]
      const env = { ...process.env, DATABASE_URL: databaseUrl }
      const child = spawn(launcher, flags, { env, stdio: ['ignore', 'pipe', 'pipe'] })
      children.add(child)
      const over = new Promise<void>(resolve => child.once('close', () => resolve()))
      return {
        pid: child.pid ?? 0,
        child,
        waiting: says(child, 'stderr', /waits for the lease/).then(() => {}),
        leading: says(child, 'stdout', /leading/).then(() => performance.now()),
        end(signal) {
          child.kill(signal)
          return over
        },
      }
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  const over = new Promise<void>(resolve => child.once('close', () => resolve()))
  child.kill('SIGKILL')
  return over
}

function endIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGINT')
  } catch {
    // It has ended.
  }
}
