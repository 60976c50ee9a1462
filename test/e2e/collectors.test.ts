import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { Trial } from '#api'
import { programExperiment, shell } from '../support/program-experiment.ts'
import { qalam, root, temporaryDirectory } from '../support/qalam.ts'

/** An experiment of one trial whose program is a shell script. */
function experiment(name: string, collector: object, script: string): string {
  const objective = { type: 'minimize', objectiveMetricName: 'loss', additionalMetricNames: ['accuracy'] }
  return stringify(
    programExperiment({ name, command: shell(script), spec: { objective, metricsCollectorSpec: collector } }),
  )
}

/** Serves a page of metrics, waits until it was read twice with a better value, then ends. */
const pageServer = `
let reads = 0
const server = require('node:http').createServer((_, reply) => {
  reply.end('# TYPE loss gauge\\nloss{split="val"} ' + 1 / ++reads + '\\naccuracy 0.5\\n')
  if (reads === 2) server.close()
})
server.listen(PORT, '127.0.0.1')`

/** The user's own collector: reads the file when the program is over, and posts what it found with the trial's own token. */
const customCollector = {
  name: 'mine',
  image: 'local',
  command: [
    'node',
    '-e',
    `const { readFileSync, existsSync } = require('node:fs')
const { QALAM_SERVER_URL, QALAM_NAMESPACE, QALAM_TRIAL_NAME, QALAM_TOKEN_FILE } = process.env
const look = setInterval(() => {
  if (!existsSync('/katib/done')) return
  clearInterval(look)
  const metrics = readFileSync('/katib/losses', 'utf8').trim().split('\\n').map((value, step) => ({ name: 'loss', value, step }))
  fetch(QALAM_SERVER_URL + '/api/v1/namespaces/' + QALAM_NAMESPACE + '/trials/' + QALAM_TRIAL_NAME + '/metrics', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer ' + readFileSync(QALAM_TOKEN_FILE, 'utf8') },
    body: JSON.stringify({ metrics }),
  }).then(async answer => console.log(answer.status, await answer.text()))
}, 50)`,
  ],
}

const cases: readonly { name: string; collector: object; script: string; loss: object }[] = [
  {
    name: 'file-text',
    collector: {
      source: { fileSystemPath: { path: '/katib/train.log', kind: 'File', format: 'TEXT' } },
      collector: { kind: 'File' },
    },
    script: 'echo "loss=0.5 accuracy=0.1" > /katib/train.log; echo "loss=0.25" >> /katib/train.log',
    loss: { min: '0.25', max: '0.5', latest: '0.25' },
  },
  {
    name: 'file-json',
    collector: {
      source: { fileSystemPath: { path: '/katib/train.json', kind: 'File', format: 'JSON' } },
      collector: { kind: 'File' },
    },
    script: `printf '{"loss": 0.5, "accuracy": "0.1"}\\n{"loss": "0.25"}\\n' > /katib/train.json`,
    loss: { min: '0.25', max: '0.5', latest: '0.25' },
  },
  {
    name: 'custom',
    collector: {
      source: { fileSystemPath: { path: '/katib/losses', kind: 'File' } },
      collector: { kind: 'Custom', customCollector },
    },
    script: "printf '0.5\\n0.25\\n' > /katib/losses; touch /katib/done",
    loss: { min: '0.25', max: '0.5', latest: '0.25' },
  },
  {
    name: 'prometheus',
    collector: { source: { httpGet: { port: 18_473, path: '/metrics' } }, collector: { kind: 'PrometheusMetric' } },
    script: `node -e '${pageServer.replaceAll("'", '`').replace('PORT', '18473')}'`,
    loss: { min: '0.5', max: '1', latest: '0.5' },
  },
]

test.each(cases)('$name', async ({ name, collector, script, loss }) => {
  using directory = temporaryDirectory()
  const data = join(directory.path, 'data')
  const file = join(directory.path, 'exp.yaml')
  writeFileSync(file, experiment(name, collector, script))
  const run = await qalam(['run', '-f', file, '--data-dir', data, '--timeout', '60s'], { cwd: root })
  expect({ code: run.code, stderr: run.code === 0 ? '' : run.stderr }).toEqual({ code: 0, stderr: '' })
  const { stdout } = await qalam(['get', 'trials', '-o', 'jsonl', '--data-dir', data])
  const trial = JSON.parse(stdout) as Trial
  expect(trial.status?.observation?.metrics).toContainEqual({ name: 'loss', ...loss })
})
