/** One life of a process: its way to the API and its clock, which planned faults can end at any request. */
import type { Clock, KubeRequest, KubeResponse, Transport } from '#kube'

/** What happens at the n-th request, of whatever kind. */
export interface Fault {
  readonly at: number
  readonly is: (typeof requestFaults)[number]
}

export const requestFaults = [
  'crash before effect',
  'crash after effect',
  'crash after reply',
  'lost reply',
  409,
  429,
  500,
] as const

export interface Life {
  readonly transport: Transport
  readonly clock: Clock
  readonly isOver: boolean
  /** Nothing this life still wants to do reaches the world. */
  end(): void
}

/** Of all lives of a world. */
export interface RequestCounter {
  count: number
  /** Method and path of each that is no list and no watch. */
  readonly kept: string[]
}

export function aLife(transport: Transport, clock: Clock, counter: RequestCounter, faults: readonly Fault[]): Life {
  const death = new AbortController()
  const never = <T>() => new Promise<T>(() => {})
  const timers = new Set<Disposable>()
  const end = () => {
    death.abort(new Error('this life is over'))
    for (const timer of timers) timer[Symbol.dispose]()
  }

  async function send(request: KubeRequest): Promise<KubeResponse> {
    if (death.signal.aborted) return never()
    const hit = faults.find(({ at }) => at === counter.count)?.is
    counter.count++
    const isLook = isWatch(request) || isList(request)
    if (!isLook) counter.kept.push(`${request.method} ${request.path}`)
    if (typeof hit === 'number') return refusal(hit)
    if (hit === 'crash before effect') {
      end()
      return never()
    }
    // A write that is on its way arrives, whatever becomes of its sender; a watch ends with him.
    const either = request.signal ? AbortSignal.any([request.signal, death.signal]) : death.signal
    const response = await transport.send(isLook ? { ...request, signal: either } : { ...request })
    if (hit === 'crash after effect') end()
    if (hit === 'crash after reply') setImmediate(end)
    if (hit === 'lost reply') throw new Error('the connection was reset')
    return death.signal.aborted ? never() : response
  }

  return {
    transport: { send },
    clock: {
      now: clock.now,
      monotonicMs: clock.monotonicMs,
      after(delayMs, run) {
        if (death.signal.aborted) return { [Symbol.dispose]() {} }
        const timer = clock.after(delayMs, () => {
          timers.delete(timer)
          run()
        })
        timers.add(timer)
        return {
          [Symbol.dispose]() {
            timers.delete(timer)
            timer[Symbol.dispose]()
          },
        }
      },
    },
    get isOver() {
      return death.signal.aborted
    },
    end,
  }
}

export const isWatch = ({ method, path }: KubeRequest) => method === 'GET' && path.includes('watch=')
export const isList = ({ method, path }: KubeRequest) => method === 'GET' && path.includes('limit=')

function refusal(code: 409 | 429 | 500): KubeResponse {
  const reason = { 409: 'Conflict', 429: 'TooManyRequests', 500: 'InternalError' }[code]
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, code, message: reason }
  return answering(code, status, code === 429 ? { 'retry-after': '1' } : {})
}

export function answering(status: number, body: object, headers: Readonly<Record<string, string>> = {}): KubeResponse {
  const text = JSON.stringify(body)
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    text: async () => text,
    async *chunks() {
      yield text
    },
  }
}
