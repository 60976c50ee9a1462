/** Stock kubectl from PATH against an embedded server of the test's own. */
import { execFile } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { systemClock } from '#kube'
import { certificates, writeKubeconfig } from '#standalone'
import { anApiServer, type TestApiServer } from '../standalone/an-api-server.ts'

export const kubectlPath = (process.env.PATH ?? '')
  .split(delimiter)
  .map(directory => join(directory, 'kubectl'))
  .find(isExecutable)

export interface StockKubectl extends AsyncDisposable {
  readonly own: TestApiServer
  /** Holds the kubeconfig and, below `tls`, the certificates. */
  readonly directory: string
  readonly url: string
  readonly ca: string
  /** Runs kubectl; what it prints, both streams apart, and how it ended. Words in single quotes stay together. */
  run(args: string, stdin?: string): Promise<{ code: number; out: string; err: string }>
}

export async function stockKubectl(token: string, options: Parameters<typeof anApiServer>[0]): Promise<StockKubectl> {
  const directory = mkdtempSync(join(tmpdir(), 'qalam-kubectl-'))
  const tls = await certificates(join(directory, 'tls'), systemClock.now())
  const own = await anApiServer(options)
  const { url } = await own.server.listen({ port: 0, host: '127.0.0.1', tls, token })
  const kubeconfig = join(directory, 'kubeconfig')
  await writeKubeconfig(kubeconfig, { server: url, ca: tls.ca, token, namespace: 'default' })
  return {
    own,
    directory,
    url,
    ca: tls.ca,
    run(args, stdin = '') {
      const words = args.match(/'[^']*'|\S+/g)?.map(word => word.replace(/^'|'$/g, '')) ?? []
      const env = { PATH: process.env.PATH, HOME: directory, KUBECONFIG: kubeconfig }
      return new Promise(resolve => {
        const child = execFile(kubectlPath ?? '', words, { env, timeout: 60_000 }, (error, out, err) =>
          resolve({ code: error ? Number(error.code ?? 1) : 0, out, err }),
        )
        // kubectl may refuse what it reads before it has read everything.
        child.stdin?.on('error', () => {}).end(stdin)
      })
    },
    async [Symbol.asyncDispose]() {
      await own[Symbol.asyncDispose]()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
