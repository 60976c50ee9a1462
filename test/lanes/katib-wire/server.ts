/** A real server with a plaintext gRPC port, and experiments whose trials are programs of the test's. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Trial } from '#api'
import { finished, qalam, says, start, temporaryDirectory } from '../../support/qalam.ts'

export interface KatibServer extends AsyncDisposable {
  readonly grpc: string
  readonly token: string
  readonly kubeconfig: string
  run(...args: string[]): ReturnType<typeof qalam>
  /** Resolves when it has written this to standard error. */
  says(like: RegExp): Promise<void>
  /** Resolves with a trial as soon as there is one that reads like this. */
  trial(namespace: string, like?: RegExp): Promise<Trial>
  /** Resolves with the object of a kind, as soon as there is one that reads like this. */
  seen<T>(kind: string, namespace: string, like: RegExp): Promise<T>
}

export async function startKatibServer({
  env = {},
  flags = [],
}: {
  env?: NodeJS.ProcessEnv
  flags?: readonly string[]
} = {}): Promise<KatibServer> {
  const directory = temporaryDirectory()
  const data = join(directory.path, 'data')
  const child = start(['server', '--data-dir', data, '--grpc-port', '0', '--stop-trials', ...flags], { env })
  let said = ''
  const listeners = new Set<() => void>()
  child.stderr?.on('data', text => {
    said += text
    for (const listener of listeners) listener()
  })
  const ended = finished(child)
  const [, grpc] = await says(child, 'stdout', /^ready .* grpc=(\S+)$/m)
  async function seen<T>(kind: string, namespace: string, like: RegExp): Promise<T> {
    const watching = start(['get', kind, '-w', '-o', 'jsonl', '-n', namespace, '--data-dir', data])
    const [line] = await says(watching, 'stdout', like)
    watching.kill()
    return JSON.parse(line) as T
  }
  return {
    grpc,
    token: readFileSync(join(data, 'token'), 'utf8').trim(),
    kubeconfig: join(data, 'kubeconfig'),
    says(like) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const look = () => like.test(said) && resolve()
      listeners.add(look)
      look()
      return promise
    },
    run: (...args) => qalam([...args, '--data-dir', data]),
    trial: (namespace, like = /^\{.*\}$/m) => seen<Trial>('trials', namespace, like),
    seen,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
      directory[Symbol.dispose]()
    },
  }
}

/** Writes the manifest of an experiment whose trials run `command`, and returns its path. */
export function anExperiment(
  directory: string,
  experiment: { name: string; namespace: string; command: readonly string[]; env?: readonly object[]; spec?: object },
): string {
  const { name, namespace, command, env, spec } = experiment
  const file = join(directory, `${name}.yaml`)
  const container = { name: 'main', image: 'local', command, ...(env ? { env } : {}) }
  const manifest = {
    apiVersion: 'kubeflow.org/v1beta1',
    kind: 'Experiment',
    metadata: { name, namespace },
    spec: {
      objective: { type: 'minimize', objectiveMetricName: 'loss', additionalMetricNames: ['accuracy'] },
      algorithm: { algorithmName: 'random' },
      parallelTrialCount: 1,
      maxTrialCount: 1,
      metricsCollectorSpec: { collector: { kind: 'Push' } },
      parameters: [{ name: 'x', parameterType: 'double', feasibleSpace: { min: '0', max: '1' } }],
      trialTemplate: {
        primaryContainerName: 'main',
        trialParameters: [{ name: 'x', reference: 'x' }],
        trialSpec: {
          apiVersion: 'batch/v1',
          kind: 'Job',
          spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers: [container] } } },
        },
      },
      ...spec,
    },
  }
  writeFileSync(file, stringify(manifest))
  return file
}

export async function trialsOf(run: KatibServer['run'], namespace: string): Promise<readonly Trial[]> {
  const { stdout } = await run('get', 'trials', '-n', namespace, '-o', 'jsonl')
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Trial)
}
