/** Where a process of a cluster has its certificate from: a Secret that we fill ourselves, or files that somebody else renews. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ApiError, type Resource } from '#api'
import type { Clock, WritingClient } from '#kube'
import type { ServerIdentity } from '#server'
import { type ClusterCertificates, renewed } from './certificates.ts'

/** Asked again and again; each call says what is true then. */
export type CertificateSource = () => Promise<ServerIdentity & { readonly ca?: string }>

interface Secret extends Resource {
  readonly data?: Readonly<Record<string, string>>
}

export interface SecretSourceOptions {
  readonly client: WritingClient
  readonly namespace: string
  /** Of the Secret, which exists; empty at first. */
  readonly name: string
  readonly dnsNames: readonly string[]
  readonly clock: Clock
}

/** Renews what the Secret holds before it ends. Of several processes that do so at once the first write counts for all. */
export function secretSource({ client, namespace, name, dnsNames, clock }: SecretSourceOptions): CertificateSource {
  return async () => {
    for (;;) {
      const secret = await client.get<Secret>({ apiVersion: 'v1', kind: 'Secret', namespace, name })
      if (secret === undefined) throw new Error(`there is no Secret ${namespace}/${name}; apply the manifests`)
      const held = decoded(secret)
      const wanted = await renewed(held, dnsNames, clock.now())
      const identity = { cert: wanted['tls.crt'], key: wanted['tls.key'], ca: wanted['ca.crt'] }
      if (isSame(held, wanted)) return identity
      try {
        await client.replace({ ...secret, data: { ...secret.data, ...encoded(wanted) } })
        return identity
      } catch (error) {
        if (!(error instanceof ApiError && error.code === 409)) throw error
      }
    }
  }
}

/** `tls.crt` and `tls.key` of a mounted directory, as the kubelet renews them; whoever made them also tells the API server. */
export function directorySource(directory: string): CertificateSource {
  return async () => {
    const [cert, key] = await Promise.all(['tls.crt', 'tls.key'].map(file => readFile(join(directory, file), 'utf8')))
    if (!cert || !key) throw new Error(`${directory}: tls.crt or tls.key is empty`)
    return { cert, key }
  }
}

const decoded = ({ data = {} }: Secret) =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]))

const encoded = (certificates: ClusterCertificates) =>
  Object.fromEntries(Object.entries(certificates).map(([key, value]) => [key, Buffer.from(value).toString('base64')]))

const isSame = (held: Readonly<Record<string, string>>, wanted: ClusterCertificates) =>
  Object.entries(wanted).every(([key, value]) => held[key] === value)
