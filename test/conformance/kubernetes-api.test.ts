import { afterAll, beforeAll, describe, test } from 'vitest'
import { anApiServer, ask, type TestApiServer } from '../standalone/an-api-server.ts'
import { behaviours } from './kubernetes-api.ts'

describe('embedded server', () => {
  let own: TestApiServer
  beforeAll(async () => {
    own = await anApiServer()
  })
  afterAll(() => own[Symbol.asyncDispose]())

  test.each(behaviours.map((behaviour, i) => ({ ...behaviour, i })))('$name', async ({ run, i }) => {
    const namespace = `behaviour-${i}`
    await ask(own.transport, 'POST', '/api/v1/namespaces', { metadata: { name: namespace } })
    await run({ transport: own.transport, namespace })
  })
})
