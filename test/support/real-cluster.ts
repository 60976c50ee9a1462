/** A real API server for the lanes: etcd, kube-apiserver and, where asked for, kube-controller-manager, on free ports. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from './qalam.ts'

const scripts = join(root, '../shared/cluster')
const run = promisify(execFile)

export interface RealCluster extends AsyncDisposable {
  /** Path of an administrator's kubeconfig. */
  readonly kubeconfig: string
  /** State, certificates and logs of the servers; removed when disposed. */
  readonly directory: string
  /** Kills every server and starts it again on the same ports with the same data. */
  restart(): Promise<void>
}

/** `undefined`, after one printed line that says why, where the binaries or the scripts are missing. */
export async function startRealCluster(
  options: { readonly controllerManager?: boolean; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<RealCluster | undefined> {
  const missing = process.env.KUBEBUILDER_ASSETS
    ? existsSync(join(scripts, 'start'))
      ? undefined
      : '../shared/cluster is absent'
    : 'KUBEBUILDER_ASSETS is not set'
  if (missing !== undefined) {
    process.stdout.write(`skipped: ${missing}\n`)
    return undefined
  }
  const directory = mkdtempSync(join(tmpdir(), 'qalam-cluster-'))
  const [api, etcd, peer, manager] = await freePorts(4)
  const env = {
    ...process.env,
    API_PORT: String(api),
    ETCD_PORT: String(etcd),
    PEER_PORT: String(peer),
    KCM_PORT: String(manager),
    // A crash of the machine may lose a test's objects.
    FSYNC: '0',
    ...(options.controllerManager ? { KCM: '1' } : {}),
    ...options.env,
  }
  const start = () => run(join(scripts, 'start'), [directory], { env })
  /** `stop` waits until the killed are gone. A server that is asked politely serves open watches for up to a minute more. */
  const stop = () => {
    killServers(directory)
    return run(join(scripts, 'stop'), [directory], { env })
  }
  const killAtExit = () => {
    killServers(directory)
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  }
  process.once('exit', killAtExit)
  await start()
  return {
    kubeconfig: join(directory, 'kubeconfig'),
    directory,
    async restart() {
      await stop()
      await start()
    },
    async [Symbol.asyncDispose]() {
      process.off('exit', killAtExit)
      await stop()
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

function killServers(directory: string): void {
  for (const name of ['kcm', 'apiserver', 'etcd']) {
    try {
      process.kill(Number(readFileSync(join(directory, `${name}.pid`), 'utf8')), 'SIGKILL')
    } catch {
      // It was not started, or ended by itself.
    }
  }
}

/** All are held until the last is known, so that no two are the same. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  return Promise.all(
    servers.map(async server => {
      const { port } = server.address() as { port: number }
      await new Promise(resolve => server.close(resolve))
      return port
    }),
  )
}
