/**
 * A collector of the user's own, in a container beside the program: reads the log of train.mjs while it grows, pushes what
 * it finds to the server (REST, with the token of its trial) and ends when the log says "done".
 */
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

const { QALAM_SERVER_URL, QALAM_NAMESPACE, QALAM_TRIAL_NAME, QALAM_TOKEN_FILE } = process.env
const url = `${QALAM_SERVER_URL}/api/v1/namespaces/${QALAM_NAMESPACE}/trials/${QALAM_TRIAL_NAME}/metrics`
const log = process.argv[2]

for (let read = 0, isOver = false; !isOver; ) {
  await setTimeout(100)
  const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : []
  isOver = lines.at(-1) === 'done'
  const metrics = lines
    .slice(read)
    .filter(line => line !== 'done')
    .map(line => line.split('|').map(Number))
    .map(([step, value]) => ({ name: 'loss', value, step }))
  read = lines.length
  if (metrics.length > 0) await push(metrics)
}

async function push(metrics) {
  const authorization = `Bearer ${readFileSync(QALAM_TOKEN_FILE, 'utf8').trim()}`
  const headers = { 'content-type': 'application/json', authorization }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ metrics }) })
  if (!response.ok) throw new Error(`the server answered ${response.status}: ${await response.text()}`)
  console.log(`pushed ${metrics.length} values`)
}
