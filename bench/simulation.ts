/**
 * What a trial costs the controllers, over experiments of no-op trials in a simulated world, with every invariant checked:
 * `node bench/simulation.ts [trials ...] [--parallel 20] [--requests]`; default 100, 1,000 and 10,000 trials.
 *
 *   seconds    from the first write to the settled end; the goal is 10,000 trials in 120 s
 *   ms         of processor time a trial: the controllers, the embedded API over memory and the simulation itself
 *   requests   of the controllers to the API a trial, events included; the budget is 8 beside Experiment.status
 *   largest    object, in KiB; the bound is 256
 *   resident   memory of the process, in MiB, after it; the bound is 1,024
 */
import { parseArgs } from 'node:util'
import { anExperiment } from '../test/controller/admission/an-experiment.ts'
import { isOver } from '../test/sim/scenario.ts'
import { createSimWorld, REF } from '../test/sim/sim-world.ts'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { parallel: { type: 'string', default: '20' }, requests: { type: 'boolean', default: false } },
})
const sizes = positionals.length > 0 ? positionals.map(Number) : [100, 1_000, 10_000]

/** Better trials become rarer, as in a search. */
const endOf = (_: unknown, order: number) => ({ afterMs: 1_000 + order, losses: [String(Math.abs(Math.sin(order)))] })

// The first world pays for compiling the code.
await measure(200)
say('trials', 'seconds', 'ms', 'requests', 'largest', 'resident')
for (const trials of sizes) {
  const { seconds, cpuMs, counts, largestBytes } = await measure(trials)
  const requests = [...counts.values()].reduce((sum, count) => sum + count, 0)
  say(
    trials,
    seconds.toFixed(1),
    (cpuMs / trials).toFixed(2),
    (requests / trials).toFixed(2),
    (largestBytes / 1_024).toFixed(0),
    (process.memoryUsage.rss() / 2 ** 20).toFixed(0),
  )
  if (!options.requests) continue
  for (const [key, count] of [...counts].sort((a, b) => b[1] - a[1]))
    process.stdout.write(`  ${key.padEnd(28)} ${(count / trials).toFixed(2).padStart(8)} a trial\n`)
}

async function measure(trials: number) {
  await using world = await createSimWorld({ endOf })
  const experiment = anExperiment({ maxTrialCount: trials, parallelTrialCount: Number(options.parallel), seed: 1 })
  const beganMs = performance.now()
  const cpu = process.cpuUsage()
  await world.user.create({ ...experiment, metadata: { name: REF.name, namespace: REF.namespace } })
  await world.run(async () => isOver(await world.experiment()), trials * 60_000)
  await world.clock.advance(5_000)
  await world.settle()
  const { user, system } = process.cpuUsage(cpu)
  const { violations, largestBytes } = world.invariants
  if (violations.length > 0) throw new Error(`an invariant is broken: ${violations[0]}`)
  const seconds = (performance.now() - beganMs) / 1e3
  return { seconds, cpuMs: (user + system) / 1e3, counts: countsOf(world.requests.kept), largestBytes }
}

/** By method, kind and subresource: /apis/GROUP/VERSION/namespaces/NAMESPACE/KIND[/NAME[/SUBRESOURCE]], one part fewer for /api/VERSION. */
function countsOf(lines: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const line of lines) {
    const [method = '', path = ''] = line.split(' ')
    const parts = path.split('?')[0].split('/')
    const [kind = '', , subresource] = parts.slice(path.startsWith('/api/') ? 5 : 6)
    const key = `${method.padEnd(6)} ${subresource ? `${kind}/${subresource}` : kind}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

function say(...cells: readonly (string | number)[]): void {
  process.stdout.write(`${cells.map(cell => String(cell).padStart(10)).join('')}\n`)
}
