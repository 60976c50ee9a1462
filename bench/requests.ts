/**
 * API requests of our controllers by verb and kind, over an experiment of no-op trials in a simulated world:
 * `node bench/requests.ts [trials = 100] [parallel = 10]`. The budget is 8 a trial beside Experiment.status at parallel 10.
 */
import { anExperiment } from '../test/controller/admission/an-experiment.ts'
import { isOver } from '../test/sim/scenarios.ts'
import { createSimWorld, REF } from '../test/sim/sim-world.ts'

const trials = Number(process.argv[2] ?? 100)
const parallel = Number(process.argv[3] ?? 10)

/** Better trials become rarer, as in a search. */
const endOf = (_: unknown, order: number) => ({ afterMs: 1_000 + order, losses: [String(Math.abs(Math.sin(order)))] })

await using world = await createSimWorld({ endOf })
const experiment = anExperiment({ maxTrialCount: trials, parallelTrialCount: parallel, seed: 1 })
await world.user.create({ ...experiment, metadata: { name: REF.name, namespace: REF.namespace } })
await world.run(async () => isOver(await world.experiment()), trials * 60_000)
await world.clock.advance(5_000)
await world.settle()

const counts = new Map<string, number>()
for (const line of world.requests.kept) {
  const [method = '', path = ''] = line.split(' ')
  // /apis/GROUP/VERSION/namespaces/NAMESPACE/KIND[/NAME[/SUBRESOURCE]], one part fewer for /api/VERSION.
  const [kind = '', , subresource] = path
    .split('?')[0]
    .split('/')
    .slice(path.startsWith('/api/') ? 5 : 6)
  const key = `${method.padEnd(6)} ${subresource ? `${kind}/${subresource}` : kind}`
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
for (const [key, count] of [...counts].sort((a, b) => b[1] - a[1])) report(key, count)
const status = counts.get('PUT    experiments/status') ?? 0
report('all', world.requests.count)
report('all but Experiment.status', world.requests.count - status)

function report(what: string, count: number): void {
  process.stdout.write(
    `${what.padEnd(28)} ${String(count).padStart(7)} ${(count / trials).toFixed(2).padStart(8)} a trial\n`,
  )
}
