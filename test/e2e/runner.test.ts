import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Resource } from '#api'
import { type Clock, systemClock } from '#kube'
import type { BuiltInImage } from '#standalone'
import { processStart } from '../../cli/machine/process-start.ts'
import { aMachine, aPod, aScript, isOver } from '../support/kubelet-machine.ts'

const terminated = (pod: Awaited<ReturnType<Awaited<ReturnType<typeof aMachine>>['pod']>>, i = 0) =>
  pod.status?.containerStatuses?.[i]?.state.terminated

test('a program that ends well: Succeeded, Completed, its output is its log', async () => {
  await using machine = await aMachine()
  await machine.client.create(aScript('good', 'echo out; echo err >&2; echo more'))
  const pod = await machine.pod('good', isOver)
  expect(pod.status?.phase).toBe('Succeeded')
  expect(terminated(pod)).toMatchObject({ exitCode: 0, reason: 'Completed' })
  expect(await machine.logs(pod)).toBe('out\nerr\nmore\n')
})

test('an exit code, and the last lines as the message', async () => {
  await using machine = await aMachine()
  await machine.client.create(aScript('bad', 'echo working; echo no such data >&2; exit 3'))
  const pod = await machine.pod('bad', isOver)
  expect(pod.status?.phase).toBe('Failed')
  expect(terminated(pod)).toMatchObject({ exitCode: 3, reason: 'Error', message: 'working\nno such data' })
})

test('a signal from inside is 128 plus its number, SIGKILL is guessed to be memory', async () => {
  await using machine = await aMachine()
  await machine.client.create(aScript('segv', 'kill -SEGV $$$$'))
  await machine.client.create(aScript('oom', 'kill -KILL $$$$'))
  expect(terminated(await machine.pod('segv', isOver))).toMatchObject({ exitCode: 139, reason: 'Error' })
  const killed = terminated(await machine.pod('oom', isOver))
  expect(killed).toMatchObject({ exitCode: 137, reason: 'OOMKilled' })
  expect(killed?.message).toContain('guess')
})

test('the program writes its own last words', async () => {
  await using machine = await aMachine()
  await machine.client.create(aScript('words', 'echo 42 > /dev/termination-log; exit 1'))
  expect(terminated(await machine.pod('words', isOver))?.message).toBe('42\n')
})

test('init containers run in order, a sidecar beside them and until the end, then it is told to end', async () => {
  await using machine = await aMachine()
  const mount = [{ name: 'shared', mountPath: '/shared' }]
  const step = (name: string, script: string, more = {}) => ({
    name,
    image: 'none',
    command: ['sh', '-c', script],
    volumeMounts: mount,
    ...more,
  })
  const sidecar =
    'trap "echo side-end >> /shared/order; exit 0" TERM; echo side >> /shared/order; while :; do sleep 0.05; done'
  await machine.client.create(
    aPod('ordered', {
      initContainers: [
        step('one', 'echo one >> /shared/order'),
        step('side', sidecar, { restartPolicy: 'Always' }),
        step('two', 'while ! grep -q side /shared/order; do sleep 0.02; done; echo two >> /shared/order'),
      ],
      containers: [step('main', 'echo main >> /shared/order'), step('other', 'cat /shared/order > /dev/null')],
      volumes: [{ name: 'shared', emptyDir: {} }],
    }),
  )
  const pod = await machine.pod('ordered', isOver)
  expect(pod.status?.phase).toBe('Succeeded')
  const reader = aScript('reader', `cat ${join(machine.kubelet.podDirectory(pod.metadata), 'volumes/shared/order')}`)
  await machine.client.create(reader)
  expect(await machine.logs(await machine.pod('reader', isOver))).toBe('one\nside\ntwo\nmain\nside-end\n')
})

test('a failing init container fails the pod, and nothing else starts', async () => {
  await using machine = await aMachine()
  const pod = aScript('init-fails', 'echo never')
  await machine.client.create({
    ...pod,
    spec: { ...pod.spec, initContainers: [{ name: 'first', image: 'none', command: ['false'] }] },
  })
  const over = await machine.pod('init-fails', isOver)
  expect(over.status?.phase).toBe('Failed')
  expect(over.status?.initContainerStatuses?.[0].state.terminated?.exitCode).toBe(1)
  expect(over.status?.containerStatuses?.[0].state.waiting?.reason).toBe('PodInitializing')
})

test('a built-in image runs in this process and ends when the main containers have', async () => {
  const seen: string[] = []
  const collector: BuiltInImage = async ({ args, mounts, log, terminate, pod }) => {
    seen.push(args.join(' '), mounts.map(({ mountPath }) => mountPath).join(), pod.name)
    if (!terminate.aborted) await new Promise(resolve => terminate.addEventListener('abort', resolve, { once: true }))
    log('collected\n')
    return 0
  }
  await using machine = await aMachine({ builtIns: { 'qalam/collector': collector } })
  const volumeMounts = [{ name: 'metrics', mountPath: '/var/log/katib' }]
  await machine.client.create(
    aPod('collected', {
      initContainers: [
        {
          name: 'collector',
          image: 'qalam/collector',
          args: ['-t', '$(TRIAL)'],
          env: [{ name: 'TRIAL', value: 'x' }],
          restartPolicy: 'Always',
          volumeMounts,
        },
      ],
      containers: [
        {
          name: 'main',
          image: 'none',
          command: ['sh', '-c', 'echo loss=1 1>/var/log/katib/metrics.log 2>&1'],
          volumeMounts,
        },
      ],
      volumes: [{ name: 'metrics', emptyDir: {} }],
    }),
  )
  const pod = await machine.pod('collected', isOver)
  expect(pod.status?.phase).toBe('Succeeded')
  expect(seen).toEqual(['-t x', '/var/log/katib', 'collected'])
  expect(await machine.logs(pod, 'collector')).toBe('collected\n')
  expect(existsSync(join(machine.kubelet.podDirectory(pod.metadata), 'volumes/metrics/metrics.log'))).toBe(true)
})

test('the environment is the allow-list, the manifest and ours; references are expanded', async () => {
  process.env.QALAM_TEST_CANARY = 'secret'
  await using machine = await aMachine({ env: { EXTRA: 'given' } })
  await machine.client.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default' },
    data: { DEPTH: '3' },
  })
  const pod = aPod('env', {
    containers: [
      {
        name: 'main',
        image: 'none',
        command: ['sh', '-c', 'env; echo arg=$1 $0', '$(GREETING)', '$$(GREETING) $(UNKNOWN)'],
        envFrom: [{ prefix: 'CM_', configMapRef: { name: 'settings' } }],
        env: [
          { name: 'NAME', valueFrom: { fieldRef: { fieldPath: "metadata.labels['who']" } } },
          { name: 'GREETING', value: 'hello $(NAME)' },
          { name: 'CPUS', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
          { name: 'ONE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'DEPTH' } } },
        ],
        resources: { limits: { cpu: '2' } },
      },
    ],
  })
  await machine.client.create({ ...pod, metadata: { ...pod.metadata, labels: { who: 'world' } } })
  const text = await machine.logs(await machine.pod('env', isOver))
  const lines = text.split('\n')
  expect(lines).toEqual(
    expect.arrayContaining([
      'CM_DEPTH=3',
      'GREETING=hello world',
      'CPUS=2',
      'ONE=3',
      'EXTRA=given',
      'OMP_NUM_THREADS=2',
    ]),
  )
  expect(lines).toContain('arg=$(GREETING) $(UNKNOWN) hello world')
  expect(text).not.toContain('CANARY')
  delete process.env.QALAM_TEST_CANARY
})

test('paths of a local image and of mounts are its own; each container has its own working directory and TMPDIR', async () => {
  await using machine = await aMachine({ images: { 'katib/tool': '/nowhere' } })
  const folder = join(machine.dataDir, 'image')
  mkdirSync(join(folder, 'opt/tool'), { recursive: true })
  writeFileSync(join(folder, 'opt/tool/run.sh'), 'echo "$@"; pwd; echo $TMPDIR')
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({ config: { Entrypoint: ['sh', '/opt/tool/run.sh'], Env: ['A=/opt/tool'] } }),
  )
  await using own = await aMachine({ images: { 'katib/tool': folder } })
  await own.client.create(
    aPod('mapped', {
      containers: [
        {
          name: 'a',
          image: 'ghcr.io/katib/tool:latest',
          args: ['--out=/data/x', '/database', 'http://h/data'],
          volumeMounts: [{ name: 'd', mountPath: '/data/' }],
        },
        { name: 'b', image: 'katib/tool' },
      ],
      volumes: [{ name: 'd', emptyDir: {} }],
    }),
  )
  const pod = await own.pod('mapped', isOver)
  const directory = own.kubelet.podDirectory(pod.metadata)
  expect(pod.status?.phase).toBe('Succeeded')
  const a = (await own.logs(pod, 'a')).split('\n')
  expect(a[0]).toBe(`--out=${directory}/volumes/d/x /database http://h/data`)
  expect(a.slice(1, 3)).toEqual([`${directory}/a/work`, `${directory}/a/tmp`])
  expect((await own.logs(pod, 'b')).split('\n')[1]).toBe(`${directory}/b/work`)
  expect(own.lines.join('\n')).toContain(`/opt/tool/run.sh -> ${folder}/opt/tool/run.sh`)
})

test('a command that is not here: the pod waits and says what to do', async () => {
  await using machine = await aMachine()
  await machine.client.create(
    aPod('absent', { containers: [{ name: 'main', image: 'some/tool:1', command: ['no-such-tool'] }] }),
  )
  await machine.client.create(aPod('no-command', { containers: [{ name: 'main', image: 'some/tool:1' }] }))
  const waiting = (name: string) =>
    machine.pod(name, ({ status }) => status?.containerStatuses?.[0]?.state.waiting?.message !== undefined)
  const absent = (await waiting('absent')).status?.containerStatuses?.[0].state.waiting
  expect(absent).toEqual({
    reason: 'ErrImageNeverPull',
    message:
      'command no-such-tool of container main is not on PATH; install it, or give image some/tool:1 a folder with --image some/tool=DIR',
  })
  expect((await waiting('no-command')).status?.containerStatuses?.[0].state.waiting?.message).toContain(
    'has no command',
  )
  const events = machine.informers.of({ apiVersion: 'v1', kind: 'Event' })
  await new Promise<void>(resolve => {
    const look = () => events.list().length === 2 && resolve()
    events.onChange(look)
    look()
  })
  expect(events.list().find(({ message }) => String(message).includes('no-such-tool'))).toMatchObject({
    involvedObject: { kind: 'Pod', name: 'absent', fieldPath: 'spec.containers{main}' },
    type: 'Warning',
    reason: 'Failed',
    source: { component: 'kubelet' },
  })
})

test('files of a ConfigMap have their bytes and their modes', async () => {
  await using machine = await aMachine()
  const metadata = { name: 'files', namespace: 'default' }
  const binaryData = { raw: Buffer.from([0, 255, 10]).toString('base64') }
  const map: Resource = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'run.sh': 'echo ran' }, binaryData }
  await machine.client.create(map)
  await machine.client.create(
    aPod('reader', {
      containers: [
        {
          ...{ name: 'main', image: 'none', command: ['sh', '-c', '/in/run.sh && od -An -tx1 < /in/raw'] },
          volumeMounts: [{ name: 'in', mountPath: '/in' }],
        },
      ],
      volumes: [{ name: 'in', configMap: { name: 'files', defaultMode: 0o555 } }],
    }),
  )
  const pod = await machine.pod('reader', isOver)
  expect((await machine.logs(pod)).trim().split(/\s+/)).toEqual(['ran', '00', 'ff', '0a'])
})

test('a log that grows beyond its cap is cut in place, and what comes later is kept', async () => {
  await using machine = await aMachine()
  const script = 'until [ -e ../0.log.cut ]; do head -c 4000000 /dev/zero; done; echo after'
  await machine.client.create(aScript('endless', script))
  const pod = await machine.pod('endless', isOver)
  const log = await machine.logs(pod)
  const gone = /\(the log was longer than 64 MiB: the (\d+) bytes before this line are gone\)\n/.exec(log)?.[1]
  expect(Number(gone)).toBeGreaterThan(64 * 1024 * 1024)
  expect(log.endsWith('after\n')).toBe(true)
  const cut = join(machine.kubelet.podDirectory(pod.metadata), 'main/0.log.cut')
  expect(readFileSync(cut, 'utf8')).toBe(`${gone}\n`)
})

test('each line of a log has the time at which it came', async () => {
  await using machine = await aMachine()
  // Each line waits until the one before is noted; the first two come at once.
  const noted = (count: number) =>
    `until [ "$(cat ../0.log.times 2>/dev/null | wc -l)" -ge ${count} ]; do sleep 0.02; done`
  await machine.client.create(
    aScript('timed', `echo one; echo two; ${noted(1)}; sleep 1.1; echo three; ${noted(2)}; echo four`),
  )
  const pod = await machine.pod('timed', isOver)
  const lines = (await machine.logs(pod, { timestamps: true })).trimEnd().split('\n')
  expect(lines.map(line => line.split(' ')[1])).toEqual(['one', 'two', 'three', 'four'])
  const times = lines.map(line => line.split(' ')[0])
  for (const time of times) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/)
  expect(Date.parse(times[2]) - Date.parse(times[1])).toBeGreaterThanOrEqual(1_000)
  const since = new Date(Date.parse(times[1]) + 500)
  expect(await machine.logs(pod, { since })).toBe('three\nfour\n')
  expect(await machine.logs(pod, { since, tailLines: 1 })).toBe('four\n')
  expect(await machine.logs(pod, { since: new Date(Date.parse(times[3]) + 60_000) })).toBe('')
  expect(await machine.logs(pod, { timestamps: true, limitBytes: 35 })).toBe(`${times[0]} one\n`.slice(0, 35))
})

test('OnFailure starts it again until it ends well, and the earlier log stays', async () => {
  await using machine = await aMachine()
  const script = 'echo try; [ -f done ] && exit 0; touch done; exit 1'
  await machine.client.create(aScript('again', script, { restartPolicy: 'OnFailure' }))
  const pod = await machine.pod('again', isOver)
  expect(pod.status?.phase).toBe('Succeeded')
  expect(pod.status?.containerStatuses?.[0]).toMatchObject({
    restartCount: 1,
    lastState: { terminated: { exitCode: 1 } },
  })
})

test('children left behind are killed with their group', async () => {
  await using machine = await aMachine()
  await machine.client.create(aScript('forks', 'sleep 300 & echo $!; exit 0'))
  const pod = await machine.pod('forks', isOver)
  const child = Number(await machine.logs(pod))
  // Nobody may reap it here: a zombie is over, too.
  expect(processStart(child)).toBeUndefined()
})

test('20 MB on one line reach the log whole', async () => {
  await using machine = await aMachine()
  await machine.client.create(aScript('long', 'head -c 20000000 /dev/zero | tr "\\\\0" x'))
  const pod = await machine.pod('long', isOver)
  expect((await machine.logs(pod)).length).toBe(20_000_000)
})

test('deletion: SIGTERM, time for the last words, then the pod is gone', async () => {
  await using machine = await aMachine()
  const script = 'trap "echo saved > saved; exit 0" TERM; echo ready; while :; do sleep 0.05; done'
  await machine.client.create(aScript('stopped', script))
  const pod = await machine.pod('stopped', ({ status }) => status?.phase === 'Running')
  for await (const chunk of machine.client.logs({ namespace: 'default', name: 'stopped' }, { follow: true }))
    if (chunk.includes('ready')) break
  await machine.client.delete({ apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'stopped' })
  await machine.pod('stopped', ({ status }) => status?.phase === 'Succeeded')
  expect(existsSync(join(machine.kubelet.podDirectory(pod.metadata), 'main/work/saved'))).toBe(true)
})

test('a pod that ended within its grace leaves no timer behind', async () => {
  const graces = new Set<object>()
  const clock: Clock = {
    ...systemClock,
    after(delayMs, run) {
      const timer = systemClock.after(delayMs, run)
      const own = {
        [Symbol.dispose]() {
          graces.delete(own)
          timer[Symbol.dispose]()
        },
      }
      if (delayMs === 77_000) graces.add(own)
      return own
    },
  }
  await using machine = await aMachine({ clock })
  await machine.client.create(aScript('brief', 'sleep 300', { terminationGracePeriodSeconds: 77 }))
  await machine.pod('brief', ({ status }) => status?.phase === 'Running')
  await machine.client.delete({ apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'brief' })
  await machine.kubelet.stopPods(77)
  expect(graces.size).toBe(0)
})

test('a program that does not listen is killed when its grace is over', async () => {
  await using machine = await aMachine()
  await machine.client.create(
    aScript('deaf', 'trap "" TERM; echo ready; while :; do sleep 0.05; done', { terminationGracePeriodSeconds: 1 }),
  )
  await machine.pod('deaf', ({ status }) => status?.phase === 'Running')
  await machine.client.delete({ apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'deaf' })
  const pod = await machine.pod('deaf', isOver)
  expect(terminated(pod)).toMatchObject({ exitCode: 137, reason: 'Error' })
})

test('slots: one waits while the other runs, and a request beyond the machine fails at once with both numbers', async () => {
  await using machine = await aMachine({ slots: { cpus: 1 } })
  await machine.client.create(aScript('first', 'echo ready; while [ ! -f go ]; do sleep 0.02; done'))
  const first = await machine.pod('first', ({ status }) => status?.phase === 'Running')
  await machine.client.create(aScript('second', 'true'))
  const waits = await machine.pod(
    'second',
    ({ status }) => status?.conditions?.some(({ reason }) => reason === 'Unschedulable') ?? false,
  )
  expect(waits.status?.conditions?.[0].message).toContain('0 of 1 cpus are free')
  writeFileSync(join(machine.kubelet.podDirectory(first.metadata), 'main/work/go'), '')
  expect((await machine.pod('second', isOver)).status?.phase).toBe('Succeeded')
  const big = aScript('big', 'true')
  const [main] = big.spec.containers
  await machine.client.create({
    ...big,
    spec: { ...big.spec, containers: [{ ...main, resources: { requests: { cpu: '9' } } }] },
  })
  expect((await machine.pod('big', isOver)).status?.message).toContain('requests 9 cpus and this machine has 1')
})
