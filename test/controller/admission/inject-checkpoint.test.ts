import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Resource } from '#api'
import { injectCheckpoint, injectCollector } from '#controller'
import { aTrial } from '../../support/builders.ts'

const algorithm = {
  algorithmName: 'pbt',
  algorithmSettings: [{ name: 'suggestion_trial_dir', value: '/var/log/katib/checkpoints/' }],
}
const job: Resource = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'e-1', namespace: 'default' },
  spec: { template: { spec: { containers: [{ name: 'main', image: 'i', command: ['train'] }] } } },
}
const trial = (parent?: string) => {
  const { metadata, spec, ...rest } = aTrial(1)
  const labels = { ...metadata.labels, ...(parent === undefined ? {} : { 'qalam.dev/parent-trial': parent }) }
  return { ...rest, metadata: { ...metadata, labels }, spec: { ...spec, primaryContainerName: 'main' } }
}

interface PodSpec {
  readonly containers: { volumeMounts?: object[] }[]
  readonly initContainers: { name: string; command: string[]; volumeMounts: object[] }[]
  readonly volumes: object[]
}
const podOf = (injected: Resource) => (injected.spec as { template: { spec: PodSpec } }).template.spec

test('a trial mounts its own directory, under the names that Katib gives volume, claim and path', () => {
  const { containers, volumes, initContainers } = podOf(injectCheckpoint(job, trial(), algorithm))
  expect(containers[0].volumeMounts).toEqual([
    { name: 'suggestion-volume', mountPath: '/var/log/katib/checkpoints/', subPath: 'e/e-1' },
  ])
  expect(volumes).toEqual([{ name: 'suggestion-volume', persistentVolumeClaim: { claimName: 'e-pbt' } }])
  expect(initContainers).toEqual([])
})

test('one that has a parent copies first, before the collector starts', () => {
  const pod = podOf(injectCollector(injectCheckpoint(job, trial('e-0'), algorithm), trial('e-0'), 'pbt'))
  expect(pod.initContainers.map(({ name }) => name)).toEqual(['checkpoint', 'metrics-logger-and-collector'])
  expect(pod.initContainers[0].command.slice(-2)).toEqual(['e-0', 'e-1'])
  // Kubernetes would expand it.
  expect(pod.initContainers[0].command.join()).not.toContain('$(')
})

test('a search without the setting leaves the job as it is', () => {
  expect(injectCheckpoint(job, trial('e-0'), { algorithmName: 'hyperband', algorithmSettings: [] })).toBe(job)
})

describe('the copy', () => {
  let directory = ''
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'qalam-checkpoint-'))
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  /** The command as it stands in the pod, with its two paths moved here. */
  function copy(): string {
    const { command } = podOf(injectCheckpoint(job, trial('e-0'), algorithm)).initContainers[0]
    const [shell, ...words] = command.map(word =>
      word.replaceAll('/qalam/checkpoints', directory).replaceAll('/dev/termination-log', join(directory, 'message')),
    )
    execFileSync(shell, words)
    return readFileSync(join(directory, 'message'), 'utf8').trim()
  }
  const save = (trialName: string, text: string) => {
    mkdirSync(join(directory, trialName, 'deep'), { recursive: true })
    writeFileSync(join(directory, trialName, 'deep/weights'), text)
  }
  const saved = (trialName: string) => readFileSync(join(directory, trialName, 'deep/weights'), 'utf8')

  test('is whole, and leaves the parent its own', () => {
    save('e-0', 'of the parent')
    mkdirSync(join(directory, 'e-1'))
    expect(copy()).toBe('starts from the checkpoint of trial e-0')
    save('e-1', `${saved('e-1')}, and on`)
    expect([saved('e-0'), saved('e-1')]).toEqual(['of the parent', 'of the parent, and on'])
  })

  test('of a parent that is gone, or left nothing: the child starts fresh and says so', () => {
    expect(copy()).toBe('starts fresh: trial e-0 has left no checkpoint')
    mkdirSync(join(directory, 'e-0'))
    expect(copy()).toBe('starts fresh: trial e-0 has left no checkpoint')
    expect(existsSync(join(directory, 'e-1'))).toBe(false)
  })

  test('a pod in place of a lost one keeps what its trial has saved', () => {
    save('e-0', 'of the parent')
    save('e-1', 'its own')
    expect(copy()).toBe('goes on from its own checkpoint')
    expect(saved('e-1')).toBe('its own')
  })

  test('that broke off before is begun again', () => {
    save('e-0', 'of the parent')
    save('.e-1.part', 'half')
    expect(copy()).toBe('starts from the checkpoint of trial e-0')
    expect(saved('e-1')).toBe('of the parent')
  })
})
