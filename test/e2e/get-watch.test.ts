import { join } from 'node:path'
import { expect, test } from 'vitest'
import { finished, qalam, says, start, temporaryDirectory } from '../support/qalam.ts'

test('get -w shows what is there, and what comes while the server runs', async () => {
  using directory = temporaryDirectory()
  const data = ['--data-dir', join(directory.path, 'data')]
  const server = start(['server', ...data])
  const ended = finished(server)
  await says(server, 'stdout', /^ready/m)
  const watching = start(['get', 'namespaces', '-w', ...data])
  const gone = finished(watching)
  await says(watching, 'stdout', /^default\b/m)
  const came = says(watching, 'stdout', /^team-a\b/m)
  await qalam(['create', '-f', '-', ...data], {
    input: '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team-a"}}',
  })
  await came
  watching.kill('SIGINT')
  expect((await gone).code).toBe(0)
  server.kill('SIGTERM')
  await ended
})
