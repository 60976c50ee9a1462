import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createInformers, systemClock } from '#kube'
import { katibConfigIn, settingsOf, watchKatibConfig } from '../../cli/katib-config.ts'
import { anApiServer } from '../standalone/an-api-server.ts'
import { root } from '../support/qalam.ts'

const running = { stack: new AsyncDisposableStack() }
afterEach(async () => {
  await running.stack.disposeAsync()
  running.stack = new AsyncDisposableStack()
})

const configMap = (text: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'katib-config', namespace: 'kubeflow' },
  data: { 'katib-config.yaml': text },
})
const text = (kinds: string) =>
  `apiVersion: config.kubeflow.org/v1beta1\nkind: KatibConfig\ninit:\n  controller:\n    trialResources: [${kinds}]\n`

async function watching(first?: string) {
  const own = running.stack.use(await anApiServer())
  if (first !== undefined) await own.client.create(configMap(first))
  const lines: string[] = []
  const waiting = new Set<() => void>()
  const log = (line: string) => {
    lines.push(line)
    for (const look of waiting) look()
  }
  const informers = running.stack.use(createInformers({ transport: own.transport, clock: systemClock, log }))
  const configMaps = informers.of({ apiVersion: 'v1', kind: 'ConfigMap' }, { namespace: 'kubeflow' })
  const watched = await watchKatibConfig({ informers, namespace: 'kubeflow', name: 'katib-config', log })
  running.stack.use(watched)
  const seen = async (write: Promise<unknown>) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    using _change = configMaps.onChange(() => resolve())
    await Promise.all([write, promise])
  }
  return { own, lines, watched, seen }
}

const kinds = ({ settings }: Awaited<ReturnType<typeof watching>>['watched']) =>
  settings?.allowedKinds?.map(({ kind }) => kind)

test('an edit counts at once', async () => {
  const { own, watched, seen } = await watching(text('Job.v1.batch'))
  expect(kinds(watched)).toEqual(['Job'])
  await seen(own.client.replace(configMap(text('Job.v1.batch, TFJob.v1.kubeflow.org'))))
  expect(kinds(watched)).toEqual(['Job', 'TFJob'])
})

test('an edit that is no good changes nothing and is told; the next good one counts', async () => {
  const { own, watched, seen, lines } = await watching(text('Job.v1.batch'))
  await seen(own.client.replace(configMap(text('Job'))))
  expect(kinds(watched)).toEqual(['Job'])
  expect(lines.at(-1)).toBe(
    'ConfigMap kubeflow/katib-config: init.controller.trialResources[0]: expected Kind.version.group such as Job.v1.batch, got "Job"\n' +
      'ConfigMap kubeflow/katib-config: what it said before still counts',
  )
  await seen(own.client.replace(configMap(`${text('Job.v1.batch')}  metrics: [`)))
  expect(lines.at(-1)).toContain('katib-config: what it said before still counts')
  await seen(own.client.replace(configMap(text('TFJob.v1.kubeflow.org'))))
  expect(kinds(watched)).toEqual(['TFJob'])
})

test('one that comes later is read, and without it the defaults count', async () => {
  const { own, watched, seen } = await watching()
  expect(watched.settings).toBeUndefined()
  await seen(own.client.create(configMap(text('Job.v1.batch'))))
  expect(kinds(watched)).toEqual(['Job'])
  await seen(own.client.delete({ ...configMap(''), namespace: 'kubeflow', name: 'katib-config' }))
  expect(watched.settings).toBeUndefined()
})

test('a controller does not start on one that is no good, and says all of it', async () => {
  await expect(watching('apiVersion: v1\nkind: Katib\n')).rejects.toMatchObject({
    code: 7,
    message: expect.stringMatching(/: apiVersion: expected .*\n.*: kind: expected KatibConfig, got "Katib"/),
  })
})

test('the one of the manifests is sound and says nothing that has no effect', () => {
  const read = settingsOf(readFileSync(join(root, 'manifests/config/katib-config.yaml'), 'utf8'))
  expect('settings' in read && read.settings).toMatchObject({ allowedKinds: [{ kind: 'Job' }], notes: [] })
})

test('a file holds a KatibConfig or the ConfigMap around it; what is no good is told with the name of the file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'qalam-katib-config-'))
  running.stack.defer(() => rmSync(directory, { recursive: true }))
  const written = (name: string, content: string) => {
    writeFileSync(join(directory, name), content)
    return join(directory, name)
  }
  const log = () => {}
  const plain = katibConfigIn(written('plain.yaml', text('TFJob.v1.kubeflow.org')), log)
  expect(plain.allowedKinds).toEqual([{ apiVersion: 'kubeflow.org/v1', kind: 'TFJob' }])
  const around = written('around.yaml', JSON.stringify(configMap(text('Job.v1.batch'))))
  expect(katibConfigIn(around, log).allowedKinds).toEqual([{ apiVersion: 'batch/v1', kind: 'Job' }])
  expect(() => katibConfigIn(written('bad.yaml', text('Job')), log)).toThrow(/bad\.yaml: init\.controller\.trialRes/)
  expect(() => katibConfigIn(join(directory, 'none.yaml'), log)).toThrow('--katib-config')
})
