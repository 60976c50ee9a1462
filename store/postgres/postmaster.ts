/** A Postgres server that runs, as its pid file tells it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type DatabaseConfig, newClient } from './connection.ts'

export interface Postmaster {
  readonly pid: number
  readonly socketDirectory: string
}

/** The server whose pid file lies in the cluster, if that process is alive. A zombie is dead. */
export function readPostmaster(cluster: string): Postmaster | undefined {
  try {
    const lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')
    const pid = Number.parseInt(lines[0], 10)
    return isAlive(pid) ? { pid, socketDirectory: lines[4] ?? '' } : undefined
  } catch {
    return undefined
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM'
  }
  try {
    // The state follows the name, which may hold anything but ends with the last parenthesis.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z')
  } catch {
    // No /proc here (macOS): a zombie is then found out by asking the server.
    return true
  }
}

export function connectionOf(socketDirectory: string): DatabaseConfig {
  return { host: socketDirectory, port: 5432, user: 'qalam', database: 'postgres' }
}

/** True when it answers a query. */
export async function answers(connection: DatabaseConfig): Promise<boolean> {
  const client = newClient(connection, 'greeting')
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

/** True while a process other than this question is connected: another Qalam uses the server. */
export async function isInUse(connection: DatabaseConfig): Promise<boolean> {
  const client = newClient(connection, 'farewell')
  try {
    await client.connect()
    const { rows } = await client.query<{ others: boolean }>(`
      select exists (
        select from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()
      ) as others`)
    return rows[0].others
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

/** Fast shutdown: open transactions are rolled back, everything committed is on disk. Resolves when the process is gone. */
export async function shutDown(pid: number): Promise<void> {
  try {
    process.kill(pid, 'SIGINT')
  } catch {
    return
  }
  while (isAlive(pid)) await sleep(20)
}
