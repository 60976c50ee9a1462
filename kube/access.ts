/** What a kubeconfig says: where the server is, and how to convince it. */
import type { Dispatcher } from 'undici'
import type { TlsOptions } from './https-transport.ts'

export interface Access {
  readonly server: string
  readonly namespace?: string
  /** Asked every few seconds, so that tokens and certificates may be renewed. */
  credentials(): Promise<Credentials>
}

export interface Credentials {
  readonly headers: Record<string, string>
  readonly tls: TlsOptions
  /** A pool of connections with this `tls`; the caller owns it. */
  connect(): Promise<Dispatcher>
}
