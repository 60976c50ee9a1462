/** One look at a metrics page of the trial: on this machine's loopback only, no redirects, within bounds of time and size. */

export interface Scrape {
  readonly text: string
  readonly contentType: string
}

/** The page could not be had. The message is one a user can act on. */
export class ScrapeFailed extends Error {
  override readonly name = 'ScrapeFailed'
  /** Nobody listens (yet): before a trial serves and after it ended that is normal. */
  readonly isAbsent: boolean
  constructor(message: string, isAbsent: boolean) {
    super(message)
    this.isAbsent = isAbsent
  }
}

const TIMEOUT_MS = 5_000
const LIMIT_BYTES = 1024 * 1024
const ACCEPT = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5'

export async function scrape(port: number, path: string): Promise<Scrape> {
  // Not imported: as a module it brings the whole of fetch along, a tenth of a second and ten megabytes.
  const { get } = process.getBuiltinModule('node:http')
  return new Promise((resolve, reject) => {
    const fail = (message: string, isAbsent = false) => reject(new ScrapeFailed(message, isAbsent))
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const request = get(
      { host: '127.0.0.1', port, path, headers: { accept: ACCEPT }, signal, agent: false },
      response => {
        if (response.statusCode !== 200) {
          response.destroy()
          return fail(`port ${port} answered ${response.statusCode} for ${path}`)
        }
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > LIMIT_BYTES) {
            response.destroy()
            fail(`port ${port} answered more than 1 MiB for ${path}`)
          } else chunks.push(chunk)
        })
        response.on('end', () =>
          resolve({ text: Buffer.concat(chunks).toString(), contentType: response.headers['content-type'] ?? '' }),
        )
        response.on('error', error => fail(`port ${port}: ${error.message}`))
      },
    )
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (signal.aborted) fail(`port ${port} did not answer within ${TIMEOUT_MS / 1000} s`)
      else fail(`nothing listens on port ${port}`, error.code === 'ECONNREFUSED')
    })
  })
}
