/** Why nothing is moving, asked of a real server by REST and by the program: they answer the same. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { API_VERSION } from '#api'
import { programExperiment, shell } from '../support/program-experiment.ts'
import { qalam, temporaryDirectory } from '../support/qalam.ts'
import { type Served, served } from '../support/served.ts'

/** Trials wait at a gate: they end once its file is there. */
function anExperiment(name: string, gate: string, spec: object = {}, container: object = {}) {
  const command = shell(`while [ ! -e ${gate} ]; do sleep 0.05; done; echo loss=1`)
  return programExperiment({ name, command, spec, container })
}

describe('why', { timeout: 60_000 }, () => {
  const directory = temporaryDirectory()
  const gate = join(directory.path, 'gate')
  let server: Served
  beforeAll(async () => {
    server = await served()
  }, 60_000)
  afterAll(async () => {
    writeFileSync(gate, '')
    await server[Symbol.asyncDispose]()
    directory[Symbol.dispose]()
  })

  const create = (experiment: ReturnType<typeof anExperiment>) => server.client.create(experiment)
  /** Asked again with every change of the server's objects, until it is `state`. */
  async function until(name: string, state: string): Promise<string> {
    const pods = server.informers.of({ apiVersion: 'v1', kind: 'Pod' })
    const trials = server.informers.of({ apiVersion: API_VERSION, kind: 'Trial' })
    const experiments = server.informers.of({ apiVersion: API_VERSION, kind: 'Experiment' })
    for (;;) {
      const { promise, resolve } = Promise.withResolvers<void>()
      using _pods = pods.onChange(() => resolve())
      using _trials = trials.onChange(() => resolve())
      using _experiments = experiments.onChange(() => resolve())
      const { body } = await server.rest(`/namespaces/default/experiments/${name}/why`)
      if (body.state === state) {
        const { stdout } = await qalam(['why', name, '-o', 'json', ...server.at])
        expect(JSON.parse(stdout)).toEqual(body)
        return String(body.sentence)
      }
      await promise
    }
  }

  test('finished', async () => {
    const open = join(directory.path, 'open')
    writeFileSync(open, '')
    await create(anExperiment('finished', open))
    expect(await until('finished', 'BudgetSpent')).toBe('it is finished: maxTrialCount trials have ended')
    rmSync(open)
  })

  test('a trial runs', async () => {
    await create(anExperiment('runs', gate))
    expect(await until('runs', 'Running')).toBe('1 trial runs, 0 of 1 have ended')
  })

  test('an image whose program is not here', async () => {
    await create(
      anExperiment(
        'imageless',
        gate,
        {},
        { image: 'team/nothing:1', command: ['no-such-program', '${trialParameters.x}'] },
      ),
    )
    expect(await until('imageless', 'WaitingForImage')).toContain(
      'container main (image team/nothing:1) waits for its image',
    )
  })

  test('a trial that is larger than what is free waits for a slot', async () => {
    const resources = { requests: { cpu: String((await import('node:os')).availableParallelism()) } }
    await create(anExperiment('large', gate, {}, { resources }))
    expect(await until('large', 'WaitingForSlot')).toMatch(/^trial large-\w+ waits for a slot: it waits for its turn: /)
  })

  test('suspended by its user', async () => {
    await create(anExperiment('paused', gate, { suspend: true }))
    expect(await until('paused', 'Paused')).toBe('it is suspended by its user')
    const { stdout } = await qalam(['describe', 'paused', ...server.at])
    expect(stdout).toContain(
      'Why:           it is suspended by its user\nNext:          `qalam resume paused` goes on\n',
    )
  })

  test('nothing of that name', async () => {
    const { code, stderr } = await qalam(['why', 'nothing', ...server.at])
    expect([code, stderr]).toEqual([5, 'qalam: no experiment or trial "nothing" in namespace default\n'])
  })
})
