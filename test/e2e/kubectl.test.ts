import { statSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, type TestApiServer } from '../standalone/an-api-server.ts'
import { kubectlPath, type StockKubectl, stockKubectl } from '../support/stock-kubectl.ts'

if (!kubectlPath) console.log('skipped: kubectl.test.ts needs kubectl on PATH')

const experiment = `
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata:
  name: NAME
  labels: {team: a}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  maxTrialCount: 3
  parameters:
  - {name: x, parameterType: double, feasibleSpace: {min: "0", max: "1"}}
`
const TOKEN = 'a-token-of-this-test'

describe.skipIf(!kubectlPath)('stock kubectl', () => {
  let server: StockKubectl
  let own: TestApiServer

  beforeAll(async () => {
    server = await stockKubectl(TOKEN, {
      logs: {
        async *read(pod, { container, tailLines }) {
          yield Buffer.from(`${pod.name}/${container} tail=${tailLines ?? 'all'}\n`)
        },
      },
    })
    ;({ own } = server)
  })
  afterAll(() => server?.[Symbol.asyncDispose]())

  const kubectl = (args: string, stdin?: string) => server.run(args, stdin)
  const apply = (name: string, flags = '') => kubectl(`apply ${flags} -f -`, experiment.replace('NAME', name))
  const status = (name: string, value: object) =>
    ask(own.transport, 'PATCH', `${experiments}/${name}/status`, { status: value }, MERGE)

  test('the kubeconfig is the owner’s alone', () => {
    expect(statSync(join(server.directory, 'kubeconfig')).mode & 0o777).toBe(0o600)
    expect(statSync(join(server.directory, 'tls', 'ca.key')).mode & 0o777).toBe(0o600)
  })

  test('version and api-resources', async () => {
    expect((await kubectl('version')).out).toContain('Server Version: v1.36')
    const { out } = await kubectl('api-resources')
    expect(out).toMatch(/experiments\s+kubeflow.org\/v1beta1\s+true\s+Experiment/)
    expect(out).toMatch(/pods\s+po\s+v1\s+true\s+Pod/)
  })

  test('apply twice: created, then unchanged; changed: configured', async () => {
    expect((await apply('twice')).out).toBe('experiment.kubeflow.org/twice created\n')
    expect((await apply('twice')).out).toBe('experiment.kubeflow.org/twice unchanged\n')
    const changed = experiment.replace('NAME', 'twice').replace('maxTrialCount: 3', 'maxTrialCount: 4')
    expect((await kubectl('apply -f -', changed)).out).toBe('experiment.kubeflow.org/twice configured\n')
    expect((await kubectl('diff -f -', changed)).code).toBe(0)
    expect((await kubectl('diff -f -', experiment.replace('NAME', 'twice'))).out).toContain('maxTrialCount')
  })

  test('apply --server-side twice, then a conflict with another manager, then by force', async () => {
    expect((await apply('sided', '--server-side')).out).toBe('experiment.kubeflow.org/sided serverside-applied\n')
    const { body: first } = await ask(own.transport, 'GET', `${experiments}/sided`)
    expect((await apply('sided', '--server-side')).code).toBe(0)
    const { body: second } = await ask(own.transport, 'GET', `${experiments}/sided`)
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
    const other = experiment.replace('NAME', 'sided').replace('maxTrialCount: 3', 'maxTrialCount: 9')
    const refused = await kubectl('apply --server-side --field-manager=other -f -', other)
    expect(refused.err).toContain('conflict with "kubectl"')
    const forced = await kubectl('apply --server-side --field-manager=other --force-conflicts -f -', other)
    expect(forced.code).toBe(0)
  })

  test('create with generateName, and an object that exists', async () => {
    const generated = await kubectl('create -f -', experiment.replace('name: NAME', 'generateName: gen-'))
    expect(generated.out).toMatch(/^experiment.kubeflow.org\/gen-[a-z0-9]{5} created/)
    await apply('there')
    const again = await kubectl('create -f -', experiment.replace('NAME', 'there'))
    expect(again.err).toContain('(AlreadyExists)')
    expect(again.code).toBe(1)
  })

  test('get: table, wide, yaml, jsonpath, labels, all namespaces', async () => {
    await apply('shown')
    await status('shown', {
      phase: 'Running',
      conditions: [{ type: 'Running', status: 'True' }],
      trials: 2,
      bestObjective: 0.5,
    })
    expect((await kubectl('get experiments shown')).out).toMatch(
      /^NAME +TYPE +STATUS +AGE\nshown +Running +True +\d+s\n$/,
    )
    expect((await kubectl('get experiment shown -o wide')).out).toMatch(
      /PHASE +TRIALS +BEST +PARAMETERS\n.*Running +2 +0\.5/,
    )
    expect((await kubectl('get experiment shown -o yaml')).out).toContain('maxTrialCount: 3')
    expect((await kubectl(`get experiment shown -o jsonpath={.status.conditions[-1:].type}`)).out).toBe('Running')
    expect((await kubectl('get experiments -A -l team=a --show-labels')).out).toContain('team=a')
    expect((await kubectl('get experiment absent')).err).toContain('experiments.kubeflow.org "absent" not found')
    expect((await kubectl('get katib')).out).toContain('shown')
  })

  test('get -w prints what comes', async () => {
    const { promise: watching, resolve } = Promise.withResolvers<void>()
    using _listener = own.server.requests.onRequest(({ verb, kind }) => {
      if (verb === 'watch' && kind === 'ConfigMap') resolve()
    })
    const seen = kubectl('get configmaps -w --request-timeout=3s -o name')
    await watching
    await own.client.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: 'later' } })
    expect((await seen).out).toContain('configmap/later')
  })

  test('wait for a condition, a field, a deletion', async () => {
    await apply('awaited')
    const condition = kubectl('wait experiment/awaited --for=condition=Succeeded --timeout=20s')
    const field = kubectl(`wait experiment/awaited --for=jsonpath={.status.phase}=Succeeded --timeout=20s`)
    await status('awaited', { phase: 'Succeeded', conditions: [{ type: 'Succeeded', status: 'True' }] })
    expect((await condition).out).toContain('condition met')
    expect((await field).out).toContain('condition met')
    const gone = kubectl('wait experiment/awaited --for=delete --timeout=20s')
    expect((await kubectl('delete experiment awaited')).out).toContain('"awaited" deleted')
    expect((await gone).code).toBe(0)
  })

  test('describe shows the object and its events', async () => {
    await apply('described')
    const { body } = await ask(own.transport, 'GET', `${experiments}/described`)
    const involvedObject = {
      apiVersion: body.apiVersion,
      kind: body.kind,
      name: 'described',
      namespace: 'default',
      uid: body.metadata.uid,
    }
    const now = new Date().toISOString()
    await ask(own.transport, 'POST', '/api/v1/namespaces/default/events', {
      metadata: { name: 'described.1' },
      involvedObject,
      reason: 'JobCreated',
      message: 'made a job',
      type: 'Normal',
      firstTimestamp: now,
      lastTimestamp: now,
    })
    const { out } = await kubectl('describe experiment described')
    expect(out).toContain('Max Trial Count:  3')
    expect(out).toMatch(/Normal +JobCreated .*made a job/)
    expect((await kubectl('get events')).out).toMatch(/JobCreated +experiment\/described +made a job/)
  })

  test('patch, label, annotate, replace', async () => {
    await apply('edited')
    expect((await kubectl(`patch experiment edited --type=merge -p {"spec":{"maxTrialCount":5}}`)).out).toContain(
      'patched',
    )
    expect(
      (
        await kubectl(
          `patch experiment edited --type=json -p '[{"op":"replace","path":"/spec/maxTrialCount","value":6}]'`,
        )
      ).code,
    ).toBe(0)
    expect((await kubectl('label experiment edited b=c')).out).toContain('labeled')
    expect((await kubectl('annotate experiment edited note=x')).out).toContain('annotated')
    const { out } = await kubectl('get experiment edited -o json')
    const replaced = await kubectl('replace -f -', out.replace('"maxTrialCount": 6', '"maxTrialCount": 7'))
    expect(replaced.out).toContain('replaced')
    const { body } = await ask(own.transport, 'GET', `${experiments}/edited`)
    expect(body).toMatchObject({
      spec: { maxTrialCount: 7 },
      metadata: { labels: { b: 'c' }, annotations: { note: 'x' } },
    })
    expect((await kubectl('replace -f -', out)).err).toContain('(Conflict)')
  })

  test('run, logs of a pod and of a job, strategic patch', async () => {
    expect((await kubectl('run web --image=nginx --restart=Never')).out).toBe('pod/web created\n')
    expect((await kubectl('logs web')).out).toBe('web/web tail=all\n')
    expect((await kubectl('logs web --tail=3')).out).toBe('web/web tail=3\n')
    expect((await kubectl(`patch pod web -p {"spec":{"activeDeadlineSeconds":9}}`)).out).toContain('patched')
    expect((await kubectl('get pods')).out).toMatch(/NAME +READY +STATUS +RESTARTS +AGE\nweb +0\/1 +Pending +0/)
    const job = await kubectl('create -f -', JOB)
    expect(job.out).toBe('job.batch/train created\n')
    const { body } = await ask(own.transport, 'GET', '/apis/batch/v1/namespaces/default/jobs/train')
    const { labels } = body.spec.template.metadata
    await own.client.create({ ...POD, metadata: { namespace: 'default', name: 'train-1', labels } })
    expect((await kubectl('logs job/train')).out).toBe('train-1/main tail=all\n')
    expect((await kubectl('get job train')).out).toMatch(/train +Running +0\/1/)
  })

  test('--validate=strict refuses a field that a Job does not have', async () => {
    const refused = await kubectl(
      'apply -f -',
      JOB.replace('train', 'typo').replace('template:', 'tmplate: {}\n  template:'),
    )
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('tmplate')
  })

  test('typed create sends protobuf: small kinds are read, others told what to do instead', async () => {
    expect((await kubectl('create configmap typed --from-literal=a=b')).out).toBe('configmap/typed created\n')
    expect((await kubectl('get configmap typed -o jsonpath={.data.a}')).out).toBe('b')
    expect((await kubectl('create namespace team-b')).out).toBe('namespace/team-b created\n')
    expect((await kubectl('create secret generic hidden --from-literal=k=v')).out).toBe('secret/hidden created\n')
    expect((await kubectl('get secret hidden -o jsonpath={.data.k}')).out).toBe(Buffer.from('v').toString('base64'))
    expect((await kubectl('create job typed --image=x -- echo hi')).out).toBe('job.batch/typed created\n')
    const { body } = await ask(own.transport, 'GET', '/apis/batch/v1/namespaces/default/jobs/typed')
    expect(body.spec.template.spec.containers).toMatchObject([{ name: 'typed', image: 'x', command: ['echo', 'hi'] }])
    const refused = await kubectl('create deployment typed --image=x')
    expect(refused.err).toContain('--dry-run=client -o yaml')
    const unknown = await kubectl('create quota typed')
    expect(unknown.err).toContain('could not find the requested resource')
    const piped = await kubectl('create namespace team-a --dry-run=client -o yaml')
    expect((await kubectl('apply -f -', piped.out)).out).toBe('namespace/team-a created\n')
  })

  test('auth: who the token is of, and that it may do everything', async () => {
    expect((await kubectl('auth whoami')).out).toMatch(/Username +qalam/)
    expect((await kubectl('auth can-i create experiments')).out).toBe('yes\n')
    expect((await kubectl('auth can-i --list')).out).toMatch(/\*\.\* /)
  })

  test('doors into containers are refused with what to do instead', async () => {
    await own.client.create({ ...POD, metadata: { namespace: 'default', name: 'closed' } })
    await ask(own.transport, 'PATCH', `${pods}/closed/status`, { status: { phase: 'Running' } }, MERGE)
    expect((await kubectl('exec closed -- ls')).err).toContain('run the command in a terminal')
    expect((await kubectl('port-forward pod/closed 0:80')).err).toContain('connect to 127.0.0.1')
    expect((await kubectl('debug closed --image=x')).err).toContain('debug it with the tools of this machine')
    expect((await kubectl('delete pod closed --grace-period=0 --force')).code).toBe(0)
  })

  test('what nothing here acts on is stored with a warning', async () => {
    const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: idle}\nspec: {ports: [{port: 80}]}\n'
    const { err, out } = await kubectl('apply -f -', service)
    expect(err).toContain('Warning: a Service is stored here, nothing answers at its address')
    expect(out).toBe('service/idle created\n')
    expect((await kubectl('get service idle')).out).toMatch(/idle +ClusterIP +None +<none> +80\/TCP/)
  })

  test('a mistyped field of a selector or a value of the wrong type is told', async () => {
    expect((await kubectl('get experiments --field-selector=spec.foo=1')).err).toContain('field label not supported')
    const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: numbers}\ndata: {a: 5}\n'
    const { err, code } = await kubectl('apply -f -', map)
    expect(err).toContain('data.a: expected string, got number; write it in quotes: "5"')
    expect(code).toBe(1)
  })

  test('delete a namespace with what is in it', async () => {
    await kubectl('apply -f -', 'apiVersion: v1\nkind: Namespace\nmetadata: {name: doomed}\n')
    await kubectl('apply -n doomed -f -', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n')
    expect((await kubectl('delete namespace doomed --timeout=20s')).out).toContain('"doomed" deleted')
    expect((await kubectl('get configmap c -n doomed')).err).toContain('not found')
    expect((await kubectl('delete namespace default')).err).toContain('(Forbidden)')
  })

  test('explain reads our descriptions and the fields of pods', async () => {
    const ours = await kubectl('explain experiment.spec.objective')
    expect(ours.out).toContain('objectiveMetricName')
    expect((await kubectl('explain trial')).out).toMatch(
      /One run of the program[\s\S]*kind\t<string>\n +Name of the kind/,
    )
    expect((await kubectl('explain job')).out).toContain('Pods that run to their end')
    expect((await kubectl('explain pod.spec.containers')).out).toContain('<[]Container>')
  })

  test('a new CustomResourceDefinition is served at once', async () => {
    expect((await kubectl('apply -f -', WIDGETS)).out).toContain('created')
    const widget = 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 3}\n'
    expect((await kubectl('apply -f -', widget)).out).toBe('widget.example.com/w created\n')
    expect((await kubectl('wait crd/widgets.example.com --for=condition=Established')).code).toBe(0)
    expect((await kubectl('get widgets')).out).toMatch(/NAME +SIZE\nw +3/)
    expect((await kubectl('apply -f -', widget.replace('3', 'big'))).err).toContain('spec.size')
    expect((await kubectl('delete crd widgets.example.com --timeout=20s')).code).toBe(0)
    expect((await ask(own.transport, 'GET', '/apis/example.com/v1')).status).toBe(404)
  })

  test('without the token, with another Host or from a page: refused', async () => {
    const path = '/api/v1/namespaces/default/secrets'
    const { url, ca } = server
    const code = (headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve, reject) => {
        const asked = request(`${url}${path}`, { ca, headers, servername: 'localhost' }, response => {
          response.resume()
          resolve(response.statusCode)
        })
        asked.on('error', reject)
        asked.end()
      })
    const authorization = `Bearer ${TOKEN}`
    expect(await code({})).toBe(401)
    expect(await code({ authorization: 'Bearer wrong' })).toBe(401)
    expect(await code({ authorization, host: 'evil.example' })).toBe(403)
    expect(await code({ authorization, origin: 'https://evil.example' })).toBe(403)
    expect(await code({ authorization })).toBe(200)
  })
})

const experiments = '/apis/kubeflow.org/v1beta1/namespaces/default/experiments'
const pods = '/api/v1/namespaces/default/pods'
const MERGE = { 'content-type': 'application/merge-patch+json' }
const POD = { apiVersion: 'v1', kind: 'Pod', spec: { containers: [{ name: 'main', image: 'x' }] } }
const JOB = `
apiVersion: batch/v1
kind: Job
metadata: {name: train}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: x}]
`
const WIDGETS = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              size: {type: integer}
`
