/** Services that are not ours, in Python with Katib's stubs, and what they are asked. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface ForeignPeer extends AsyncDisposable {
  /** `HOST:PORT` */
  readonly address: string
  /** Of a method, the requests until now as Katib names their fields; resolves when there are `count` at least. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of a request
  asked(method: string, count: number): Promise<readonly any[]>
}

/** `algorithm.py`; port 0 is any free one. */
export function startAlgorithm(python: string, port = 0): Promise<ForeignPeer> {
  return startPeer(python, [join(import.meta.dirname, 'algorithm.py'), String(port)])
}

/** `stopping.py`, which writes Trials with that kubeconfig. */
export function startStopping(python: string, kubeconfig: string, port = 0): Promise<ForeignPeer> {
  const args = [join(import.meta.dirname, 'stopping.py'), String(port)]
  return startPeer(python, args, { ...process.env, KUBECONFIG: kubeconfig })
}

async function startPeer(python: string, args: readonly string[], env = process.env): Promise<ForeignPeer> {
  const child = spawn(python, args, { stdio: ['pipe', 'pipe', 'inherit'], env })
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  const listeners = new Set<() => void>()
  const asked: { method: string; request: object }[] = []
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  createInterface({ input: child.stdout }).on('line', line => {
    const said = JSON.parse(line)
    if (said.port !== undefined) return resolve(said.port)
    asked.push(said)
    for (const listener of listeners) listener()
  })
  void ended.then(() => reject(new Error('the service ended before it listened')))
  return {
    address: `127.0.0.1:${await promise}`,
    asked(method, count) {
      const { promise: enough, resolve: end } = Promise.withResolvers<readonly object[]>()
      const look = () => {
        const requests = asked.filter(each => each.method === method).map(({ request }) => request)
        if (requests.length >= count) end(requests)
      }
      listeners.add(look)
      look()
      return enough
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await ended
    },
  }
}
