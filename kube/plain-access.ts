/** The common kubeconfigs, read without the Kubernetes client: fixed tokens, token files, certificates, the pod's own account. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import type { Access } from './access.ts'
import { connections } from './https-transport.ts'

/** `undefined` where the file says more than this reads, or names no such context: the Kubernetes client knows what to do. */
export async function plainAccess(path: string | undefined, context: string | undefined): Promise<Access | undefined> {
  const file = path ?? defaultFile()
  if (file === undefined) {
    if (existsSync(join(ACCOUNT, 'token'))) return podAccess(process.env)
    throw new Error('there is no kubeconfig: expected one in $KUBECONFIG or ~/.kube/config, or a pod with an account')
  }
  if (path === undefined && file.includes(delimiter)) return undefined
  const { parse } = await import('yaml')
  const text = await readFile(file, 'utf8').catch(cause => {
    throw new Error(`the kubeconfig ${file} cannot be read: ${cause.code ?? cause.message}`, { cause })
  })
  return accessOf(parse(text) as Kubeconfig, dirname(file), context)
}

interface Kubeconfig {
  readonly 'current-context'?: string
  readonly contexts?: readonly { name: string; context?: { cluster?: string; user?: string; namespace?: string } }[]
  readonly clusters?: readonly { name: string; cluster?: Readonly<Record<string, unknown>> }[]
  readonly users?: readonly { name: string; user?: Readonly<Record<string, unknown>> | null }[]
}

function accessOf(config: Kubeconfig, folder: string, contextName = config['current-context']): Access | undefined {
  const context = config.contexts?.find(({ name }) => name === contextName)?.context
  const cluster = config.clusters?.find(({ name }) => name === context?.cluster)?.cluster
  const user = config.users?.find(({ name }) => name === context?.user)?.user ?? {}
  if (!cluster || !isPlain(cluster, clusterFields) || !isPlain(user, userFields)) return undefined
  const pem = async (source: Readonly<Record<string, unknown>>, field: string) => {
    const data = source[`${field}-data`]
    if (data !== undefined) return Buffer.from(String(data), 'base64').toString()
    const path = source[field]
    return path === undefined ? undefined : readFile(resolve(folder, String(path)), 'utf8')
  }
  return {
    server: String(cluster.server),
    ...(context?.namespace ? { namespace: context.namespace } : {}),
    async credentials() {
      const tls = {
        ca: await pem(cluster, 'certificate-authority'),
        cert: await pem(user, 'client-certificate'),
        key: await pem(user, 'client-key'),
        rejectUnauthorized: cluster['insecure-skip-tls-verify'] !== true,
        servername: cluster['tls-server-name'] as string | undefined,
      }
      return { headers: await authorization(user, folder), tls, connect: () => connections(tls) }
    },
  }
}

const clusterFields = [
  'server',
  'certificate-authority',
  'certificate-authority-data',
  'insecure-skip-tls-verify',
  'tls-server-name',
]
const userFields = [
  'token',
  'tokenFile',
  'client-certificate',
  'client-certificate-data',
  'client-key',
  'client-key-data',
  'username',
  'password',
]

function isPlain(entry: Readonly<Record<string, unknown>>, fields: readonly string[]): boolean {
  return Object.entries(entry).every(([field, value]) => fields.includes(field) && typeof value !== 'object')
}

/** As in kubectl a token file wins over a token, and a token over a password. */
async function authorization(user: Readonly<Record<string, unknown>>, folder: string): Promise<Record<string, string>> {
  const { token, tokenFile, username, password = '' } = user
  if (tokenFile !== undefined) return bearer(await readFile(resolve(folder, String(tokenFile)), 'utf8'))
  if (token !== undefined) return bearer(String(token))
  if (username === undefined) return {}
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token.trim()}` })

/** Kubernetes renews the token and the authority in place. */
async function podAccess(environment: NodeJS.ProcessEnv): Promise<Access> {
  const { KUBERNETES_SERVICE_HOST: host = 'kubernetes.default.svc', KUBERNETES_SERVICE_PORT: port = '443' } =
    environment
  const namespace = (await readFile(join(ACCOUNT, 'namespace'), 'utf8')).trim()
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    namespace,
    async credentials() {
      const tls = { ca: await readFile(join(ACCOUNT, 'ca.crt'), 'utf8') }
      const headers = bearer(await readFile(join(ACCOUNT, 'token'), 'utf8'))
      return { headers, tls, connect: () => connections(tls) }
    },
  }
}

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

function defaultFile(): string | undefined {
  if (process.env.KUBECONFIG) return process.env.KUBECONFIG
  const file = join(homedir(), '.kube', 'config')
  return existsSync(file) ? file : undefined
}
