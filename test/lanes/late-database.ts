/** A Postgres on a TCP port of this machine that is away until a test says otherwise, and comes and goes: whoever connects is cut off. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface LateDatabase extends AsyncDisposable {
  /** For another process. */
  readonly url: string
  /** From now on connections reach the database. */
  come(): void
  /** Connections end, and none is made. */
  go(): void
}

/** `config`: as of a test's database, on a unix socket. */
export async function lateDatabase(config: object): Promise<LateDatabase> {
  const { host, port, user, database } = config as Readonly<Record<string, string>>
  const sockets = new Set<Socket>()
  let isThere = false
  const listener = createServer(incoming => {
    if (!isThere) return void incoming.destroy()
    const outgoing = connect(`${host}/.s.PGSQL.${port}`)
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => other.destroy())
      socket.pipe(other)
    }
  })
  await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve))
  const { port: front } = listener.address() as AddressInfo
  return {
    url: `postgres://${user}@127.0.0.1:${front}/${database}`,
    come() {
      isThere = true
    },
    go() {
      isThere = false
      for (const socket of sockets) socket.destroy()
      sockets.clear()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => listener.close(resolve))
    },
  }
}
