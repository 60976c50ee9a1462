/**
 * Early stopping on simulated curves: `node bench/early-stop.ts [--seeds 10] [--trials 32] [--epochs 81] [--out FOLDER]`.
 *
 * Four workers, the presets of `problems/learning-curves.ts`, every rule but threshold, with its defaults unless said. Writes
 * early-stop.json, .md and .svg. Also how often `wilcoxon` stops a trial that is as good as the best, over 10,000 pairs.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { decide } from '#earlystop'
import { streamOf } from '#numerics'
import { plot, type Row, table } from './early-stop-report.ts'
import { type Run, type Setting, simulate } from './early-stop-simulation.ts'
import { presets } from './problems/learning-curves.ts'

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10' },
    trials: { type: 'string', default: '32' },
    epochs: { type: 'string', default: '81' },
    out: { type: 'string', default: join(import.meta.dirname, 'results') },
  },
})
const [seeds, trials, epochs] = [options.seeds, options.trials, options.epochs].map(Number)

const rules: Record<string, Setting['rule']> = {
  none: undefined,
  medianstop: rule('medianstop'),
  percentile: rule('percentile', { n_warmup_steps: '4' }),
  asha: rule('asha'),
  'asha, 9 reports, eta 3': rule('asha', { min_resource: '9', eta: '3' }),
  hyperband: rule('hyperband', { max_resource: String(epochs) }),
  curve: rule('curve'),
  patience: rule('patience', { patience: '10', min_delta: '0.001' }),
}

function rule(algorithmName: string, settings: Record<string, string> = {}) {
  return { algorithmName, algorithmSettings: Object.entries(settings).map(([name, value]) => ({ name, value })) }
}

const rows = presets.flatMap(preset =>
  Object.entries(rules).map(([name, spec]): Row => {
    const runs = Array.from({ length: seeds }, (_, seed) =>
      simulate({ rule: spec, preset, seed, trials, epochs, workers: 4 }),
    )
    const sum = (of: (run: Run) => number) => runs.reduce((total, run) => total + of(run), 0)
    return {
      rule: name,
      preset,
      saved: 1 - sum(run => run.epochs) / (seeds * trials * epochs),
      regret: sum(run => run.reached - run.bestOfAll) / seeds,
      keptBest: sum(run => Number(run.reached === run.bestOfAll)) / seeds,
      stoppedWinners:
        sum(run => run.stoppedWinners) /
        Math.max(
          1,
          sum(run => run.stopped),
        ),
      msPerDecision: sum(run => run.cpuMs) / sum(run => run.decisions),
    }
  }),
)

/** A trial as good as its peers, judged at each of 40 instances; the share of trials that were ever stopped. */
function falseStops(rounds: number, peerCount: number): number {
  let stopped = 0
  for (let round = 0; round < rounds; round++) {
    const rng = streamOf(round, 'equal', peerCount)
    const steps = Array.from({ length: 40 }, (_, i) => i + 1)
    const draw = (name: string) => ({ trial: name, ended: true, steps, losses: steps.map(() => rng.normal()) })
    const peers = Array.from({ length: peerCount }, (_, i) => draw(`peer-${i}`))
    const whole = draw('own')
    // Between two looks nothing can change but the trial's own mean: four, eight, sixteen, thirty-two are all there are.
    const isStopped = steps.some(count => {
      if (count < 4) return false
      const trial = { ...whole, ended: false, steps: steps.slice(0, count), losses: whole.losses.slice(0, count) }
      return decide(rule('wilcoxon'), trial, peers).stop
    })
    if (isStopped) stopped++
  }
  return stopped / rounds
}

const falseStopRate = { oneEqualPeer: falseStops(10_000, 1), bestOfFiveEqualPeers: falseStops(2_000, 5) }
const text = [
  `# Early stopping on simulated curves`,
  '',
  `${seeds} seeds, ${trials} trials of ${epochs} epochs, 4 workers; \`npm run bench:early-stop\`.`,
  '',
  table(rows),
  '',
  `\`wilcoxon\` stops a trial that is as good as its one peer in ${(100 * falseStopRate.oneEqualPeer).toFixed(1)} % of 10,000 trials of 40`,
  `instances, and one that is compared with the best of five equal peers in ${(100 * falseStopRate.bestOfFiveEqualPeers).toFixed(1)} % of 2,000.`,
  '',
].join('\n')
mkdirSync(options.out, { recursive: true })
writeFileSync(
  join(options.out, 'early-stop.json'),
  `${JSON.stringify({ seeds, trials, epochs, rows, falseStopRate }, undefined, 2)}\n`,
)
writeFileSync(join(options.out, 'early-stop.md'), text)
writeFileSync(join(options.out, 'early-stop.svg'), plot(rows))
console.log(text)
