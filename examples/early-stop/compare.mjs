/**
 * What stopping is worth: `node examples/early-stop/compare.mjs`, one to three minutes. Six trials that all run to their end
 * against nine under each rule, the first six of them the same. Prints epochs and the best accuracy of each, a line a run.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'

const here = import.meta.dirname
const EPOCHS = 24
const experiment = parse(readFileSync(join(here, 'experiment.yaml'), 'utf8'))
const { earlyStopping: medianstop, ...spec } = experiment.spec

run('nobody stopped', { ...spec, maxTrialCount: 6 })
run('medianstop', { ...spec, earlyStopping: medianstop })
run('asha', { ...spec, earlyStopping: { algorithmName: 'asha' } })

function run(name, manifest) {
  const directory = mkdtempSync(join(tmpdir(), 'early-stop-'))
  // Started by root, Postgres runs under another account and has to pass through.
  chmodSync(directory, 0o711)
  try {
    const at = ['--data-dir', join(directory, 'data')]
    qalam(['run', '-f', '-', ...at], stringify({ ...experiment, spec: manifest }))
    const trials = qalam(['trials', 'early-stop', '-o', 'jsonl', ...at])
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    console.log(sentence(name, trials))
  } finally {
    rmSync(directory, { recursive: true, maxRetries: 5 })
  }
}

function sentence(name, trials) {
  const metrics = trials.map(({ status }) => new Map(status.observation.metrics.map(metric => [metric.name, metric])))
  const spent = metrics.reduce((sum, metric) => sum + Number(metric.get('step').max), 0)
  const best = Math.max(...metrics.map(metric => Number(metric.get('accuracy').max)))
  const whole = EPOCHS * trials.length
  const saved = Math.round(100 * (1 - spent / whole))
  return `${name}: ${trials.length} trials, ${spent} of ${whole} epochs, ${saved} % saved, best accuracy ${best}`
}

function qalam(args, input) {
  const options = { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'inherit'] }
  const { status, stdout } = spawnSync(join(here, '../../qalam'), args, options)
  if (status !== 0) throw new Error(`qalam ${args.join(' ')} ended with ${status}`)
  return stdout
}
