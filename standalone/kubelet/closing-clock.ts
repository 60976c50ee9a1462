/** A clock whose timers end with their owner: what waits when the kubelet closes goes on in its next life. */
import type { Clock } from '#kube'

export function clockUntil(clock: Clock, closing: AbortSignal): Clock {
  const timers = new Set<Disposable>()
  const cancel = (timer: Disposable) => {
    timers.delete(timer)
    timer[Symbol.dispose]()
  }
  closing.addEventListener('abort', () => {
    for (const timer of timers) cancel(timer)
  })
  return {
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs(),
    after(delayMs, run) {
      if (closing.aborted) return { [Symbol.dispose]() {} }
      const timer = clock.after(delayMs, () => {
        timers.delete(timer)
        run()
      })
      timers.add(timer)
      return { [Symbol.dispose]: () => cancel(timer) }
    },
  }
}
