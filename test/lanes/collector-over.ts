/** The sidecar in this process: as in a pod, with the environment that the pod gives it and a token that is bound to the pod. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { STORE_AUDIENCE } from '#api'
import { runSidecar } from '#collector'
import { systemClock, type Transport } from '#kube'
import type { BuiltInContainer, BuiltInImage } from '#standalone'

/** `transport`: an administrator's, who makes tokens as a kubelet does. */
export function collectorOver(transport: Transport, say: (line: string) => void): BuiltInImage {
  return async container => {
    const { pod, args, env, log, terminate } = container
    const directory = mkdtempSync(join(tmpdir(), 'qalam-token-'))
    try {
      const tokenFile = join(directory, 'token')
      writeFileSync(tokenFile, await podToken(transport, pod, STORE_AUDIENCE))
      return await runSidecar({
        args: args.map((arg, i) => (args[i - 1] === '-path' ? pathHere(arg, container) : arg)),
        env: { ...env, QALAM_TOKEN_FILE: tokenFile, QALAM_SPOOL_DIR: directory, HOSTNAME: pod.name },
        clock: systemClock,
        terminated: terminate,
        log(text) {
          log(text)
          say(`${pod.name}: ${text.trimEnd()}`)
        },
      })
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }
}

/** Of the account that the pod runs as. */
export async function podToken(
  transport: Transport,
  pod: { readonly namespace: string; readonly name: string; readonly uid: string },
  audience: string,
): Promise<string> {
  const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: pod.name, uid: pod.uid }
  const reply = await transport.send({
    method: 'POST',
    path: `/api/v1/namespaces/${pod.namespace}/serviceaccounts/default/token`,
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences: [audience], boundObjectRef },
    },
  })
  const text = await reply.text()
  if (reply.status >= 300) throw new Error(`no token for pod ${pod.name}: ${text}`)
  return (JSON.parse(text) as { status: { token: string } }).status.token
}

function pathHere(path: string, { mounts }: BuiltInContainer): string {
  const mount = mounts.find(({ mountPath }) => path === mountPath || path.startsWith(`${mountPath}/`))
  return mount ? join(mount.directory, path.slice(mount.mountPath.length)) : path
}
