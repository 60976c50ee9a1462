/** A process of ours on a real cluster, under the rights that the manifests ship and nothing more. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, parseAllDocuments, stringify } from 'yaml'
import type { Resource } from '#api'
import type { Transport, WritingClient } from '#kube'
import { launcher, root } from '../support/qalam.ts'

/** The objects of a manifest, as its file has them. */
export function manifest(path: string): readonly Resource[] {
  return parseAllDocuments(readFileSync(join(root, 'manifests', path), 'utf8')).map(each => each.toJS() as Resource)
}

/** Applies whole files of `manifests/`. */
export async function applyManifests(client: WritingClient, ...paths: readonly string[]): Promise<void> {
  for (const object of paths.flatMap(manifest)) await client.apply(object, 'lane')
}

/** Writes a kubeconfig of a ServiceAccount of namespace kubeflow, with a token of its own. */
export async function kubeconfigOf(
  account: string,
  { transport, admin, path }: { readonly transport: Transport; readonly admin: string; readonly path: string },
): Promise<string> {
  const token = await tokenOf(account, transport)
  const config = parse(readFileSync(admin, 'utf8'))
  const users = [{ name: config.users[0].name, user: { token } }]
  writeFileSync(path, stringify({ ...config, users }), { mode: 0o600 })
  return path
}

/** Of a ServiceAccount of namespace kubeflow, for the API server or for `audience`. */
export function tokenOf(account: string, transport: Transport, audience?: string): Promise<string> {
  return askToken(account, transport, audience ? { audiences: [audience] } : {})
}

async function askToken(account: string, transport: Transport, spec: object): Promise<string> {
  const path = `/api/v1/namespaces/kubeflow/serviceaccounts/${account}/token`
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec }
  const reply = await transport.send({ method: 'POST', path, body: request })
  return (JSON.parse(await reply.text()) as { status: { token: string } }).status.token
}

/** A token of the account for the API server that is good as long as a new Secret of that name is there. */
export async function tokenBoundTo(
  secret: string,
  account: string,
  { client, transport }: { readonly client: WritingClient; readonly transport: Transport },
): Promise<string> {
  const made = await client.create<Resource>({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: secret, namespace: 'kubeflow' },
  })
  const boundObjectRef = { apiVersion: 'v1', kind: 'Secret', name: secret, uid: made.metadata.uid }
  return askToken(account, transport, { boundObjectRef })
}

export interface OwnProcess {
  readonly child: ChildProcess
  /** The first line that matches, from either stream; rejects when the process ends before. */
  line(pattern: RegExp): Promise<RegExpExecArray>
  /** The exit code. */
  readonly ended: Promise<number | null>
}

/** Starts `qalam ...args`; it is killed when `running` is disposed. */
export function ownProcess(
  args: readonly string[],
  { running, env, log }: { running: AsyncDisposableStack; env: NodeJS.ProcessEnv; log(line: string): void },
): OwnProcess {
  const child = spawn(launcher, args, { env })
  running.defer(() => void child.kill('SIGKILL'))
  let said = ''
  const listeners = new Set<() => void>()
  const hear = (data: unknown) => {
    log(`${child.pid}: ${String(data).trimEnd()}`)
    said += String(data)
    for (const listener of listeners) listener()
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const ended = new Promise<number | null>(resolve => child.once('close', code => resolve(code)))
  return {
    child,
    ended,
    line: pattern =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(said)
          if (match) resolve(match)
        }
        listeners.add(look)
        void ended.then(code => reject(new Error(`ended with ${code} before ${pattern}: ${said}`)))
        look()
      }),
  }
}

/** Of a test's database, for another process. */
export function databaseUrlOf(config: object): string {
  const { host, port, user, password, database } = config as Readonly<Record<string, string>>
  return `postgres://${user}:${encodeURIComponent(password ?? '')}@${encodeURIComponent(host ?? '')}:${port}/${database}`
}
