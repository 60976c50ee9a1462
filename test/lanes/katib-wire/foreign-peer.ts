/** The algorithm service of `algorithm.py`, and what it is asked. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface AlgorithmService extends AsyncDisposable {
  /** `HOST:PORT` */
  readonly address: string
  /** Of a method, the requests until now as Katib names their fields; resolves when there are `count` at least. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of a request
  asked(method: string, count: number): Promise<readonly any[]>
}

export async function startAlgorithm(python: string, port = 0): Promise<AlgorithmService> {
  const args = [join(import.meta.dirname, 'algorithm.py'), String(port)]
  const child = spawn(python, args, { stdio: ['pipe', 'pipe', 'inherit'] })
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
