/** The algorithm service of `algorithm.py`, and what it is asked. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface AlgorithmService extends AsyncDisposable {
  /** `HOST:PORT` */
  readonly address: string
  /** By method, the requests until now as Katib names their fields. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of a request
  asked(method: string): readonly any[]
}

export async function startAlgorithm(python: string, port = 0): Promise<AlgorithmService> {
  const args = [join(import.meta.dirname, 'algorithm.py'), String(port)]
  const child = spawn(python, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  const asked: { method: string; request: object }[] = []
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  createInterface({ input: child.stdout }).on('line', line => {
    const said = JSON.parse(line)
    if (said.port === undefined) asked.push(said)
    else resolve(said.port)
  })
  void ended.then(() => reject(new Error('the service ended before it listened')))
  return {
    address: `127.0.0.1:${await promise}`,
    asked: method => asked.filter(each => each.method === method).map(({ request }) => request),
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await ended
    },
  }
}
