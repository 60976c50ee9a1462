/** `qalam collector`: the sidecar's own entry. It loads the collector and nothing else of the house. */
import { runSidecar } from '#collector'

const terminated = new AbortController()
process.on('SIGTERM', () => terminated.abort())
process.on('SIGINT', () => terminated.abort())
process.exitCode = await runSidecar({
  args: process.argv.slice(2),
  env: process.env,
  clock: {
    now: () => new Date(),
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs)
      return { [Symbol.dispose]: () => clearTimeout(timer) }
    },
  },
  terminated: terminated.signal,
  log: text => void process.stdout.write(text),
})
// A second of grace that a stopped program still has must not hold up the pod.
process.stdout.write('', () => process.exit())
