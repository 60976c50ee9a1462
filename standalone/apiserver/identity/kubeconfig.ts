/** The file that makes `kubectl` a client. */
import { chmod, rename, writeFile } from 'node:fs/promises'

export interface Kubeconfig {
  /** `https://127.0.0.1:6443` */
  readonly server: string
  /** PEM. */
  readonly ca: string
  readonly token: string
  /** What commands without `-n` mean. */
  readonly namespace: string
}

/** Writes `path` (0600), whole or not at all. The only context is `qalam`. JSON is YAML, so no writer is needed. */
export async function writeKubeconfig(path: string, { server, ca, token, namespace }: Kubeconfig): Promise<void> {
  const authority = Buffer.from(ca).toString('base64')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'qalam',
    clusters: [{ name: 'qalam', cluster: { server, 'certificate-authority-data': authority } }],
    users: [{ name: 'qalam', user: { token } }],
    contexts: [{ name: 'qalam', context: { cluster: 'qalam', user: 'qalam', namespace } }],
  }
  await writeFile(`${path}.part`, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 })
  await chmod(`${path}.part`, 0o600)
  await rename(`${path}.part`, path)
}
