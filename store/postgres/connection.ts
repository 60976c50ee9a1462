/** How Postgres is reached. Plain data, so that it may be sent to a thread. */
import { Client, type ClientConfig, Pool } from 'pg'

export interface DatabaseConfig {
  /** A URL, or else host (a directory: its unix socket), port, user and database. */
  readonly connectionString?: string
  readonly host?: string
  readonly port?: number
  readonly user?: string
  readonly database?: string
}

/** Where a store says what its operator should know: an outage, its end. One sentence a call. */
export type Log = (sentence: string) => void

export function newClient(config: DatabaseConfig, name: string): Client {
  const client = new Client(settings(config, name))
  // Without a listener a lost connection would end the process; the next query says what happened.
  client.on('error', () => {})
  return client
}

export function newPool(config: DatabaseConfig, name: string, max: number): Pool {
  const pool = new Pool({ ...settings(config, name), max, idleTimeoutMillis: 30_000 })
  pool.on('error', () => {})
  // The pool listens only to those that nobody has taken.
  pool.on('connect', client => client.on('error', () => {}))
  return pool
}

function settings(config: DatabaseConfig, name: string): ClientConfig {
  return { ...config, application_name: `qalam ${name}`, connectionTimeoutMillis: 5_000, keepAlive: true }
}

/** True when the connection, not the statement, failed: Postgres restarts, went away, or the outcome was never told. */
export function isConnectionLoss(reason: unknown): boolean {
  const { code, message } = reason as { code?: string; message?: string }
  // 08: connection exceptions; 57P01-3: shutdown, crash, starting up; 53300: too many connections.
  if (code !== undefined && /^(08...|57P0[1-5]|53300)$/.test(code)) return true
  if (code !== undefined && /^(ECONN|EPIPE|ENOENT|ETIMEDOUT|EHOST|ENET|EAI_)/.test(code)) return true
  return /connection terminated|connection ended|timeout expired|not queryable|client was closed/i.test(message ?? '')
}
