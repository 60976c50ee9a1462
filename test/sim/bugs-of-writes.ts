/** Controllers that write wrongly. */
import type { Resource } from '#api'
import { answering } from './fault-transport.ts'
import type { PlantedBug } from './planted-bug.ts'
import { isEnd, isMark, lastCondition, onWrites, type Write } from './tampering.ts'

/** Under another name, its rendered job too. */
function renamed({ body }: Write, name: string): void {
  const spec = body.spec as { runSpec: Resource }
  Object.assign(body.metadata, { name })
  Object.assign(spec.runSpec.metadata, { name })
}

/** The whole status under whatever version there is: who is late wins. */
function blind(plural: string, which: (write: Write) => boolean = () => true): PlantedBug['plant'] {
  return () => ({
    transport: inner =>
      onWrites(inner, write => {
        if (write.plural !== plural || !write.isStatus || !which(write)) return undefined
        const path = write.request.path.replace(/\/status$/, '')
        return inner.send({ method: 'GET', path }).then(async response => {
          const there = (response.json ?? JSON.parse(await response.text())) as Resource
          write.body.metadata.resourceVersion = there.metadata.resourceVersion
          return write.send()
        })
      }),
  })
}

export const bugsOfWrites: readonly PlantedBug[] = [
  {
    name: 'a trial has a name of chance',
    caughtBy: 'S1',
    scenario: 'happy path',
    plant() {
      let count = 0
      return {
        transport: inner =>
          onWrites(inner, write => {
            if (write.plural !== 'trials' || write.request.method !== 'POST') return undefined
            renamed(write, `tune-${++count}`)
            return write.send()
          }),
      }
    },
  },
  {
    name: 'a create that is refused is sent again under another name',
    caughtBy: 'S1',
    scenario: 'happy path',
    plant: () => ({
      transport: inner =>
        onWrites(inner, write => {
          if (write.plural !== 'trials' || write.request.method !== 'POST') return undefined
          const again = () => {
            renamed(write, `${write.body.metadata.name}2`)
            return write.send()
          }
          return write.send().then(response => (response.status < 300 ? response : again()), again)
        }),
    }),
  },
  {
    name: 'a job is made without a claim on its trial',
    caughtBy: 'S1',
    scenario: 'happy path',
    plant: blind('trials', write => !isEnd(write) && !isMark(write)),
  },
  {
    name: 'the job goes before the end of its trial is written',
    caughtBy: 'S1',
    scenario: 'happy path',
    plant: () => ({
      transport: inner =>
        onWrites(inner, write => {
          if (write.plural !== 'trials' || !write.isStatus || !isEnd(write)) return undefined
          const { namespace, name } = write.body.metadata
          const path = `/apis/batch/v1/namespaces/${namespace}/jobs/${name}`
          return inner.send({ method: 'DELETE', path }).then(() => write.send())
        }),
    }),
  },
  {
    name: 'the end of a trial is written over whatever is there',
    caughtBy: 'S6',
    scenario: 'longer than the running deadline',
    plant: blind('trials'),
  },
  {
    name: 'the status of an experiment is written over whatever is there',
    caughtBy: 'S6',
    scenario: 'happy path',
    plant: blind('experiments'),
  },
  {
    name: 'a trial is born without a finalizer',
    caughtBy: 'L1',
    scenario: 'an ended trial is deleted',
    plant: () => ({
      transport: inner =>
        onWrites(inner, write => {
          if (write.plural !== 'trials' || write.request.method !== 'POST') return undefined
          delete write.body.metadata.finalizers
          return write.send()
        }),
    }),
  },
  {
    name: 'a trial is stopped without a mark',
    caughtBy: 'L1',
    scenario: 'early stopping',
    plant: () => ({
      transport: inner =>
        onWrites(inner, write => {
          if (write.plural !== 'trials' || !write.isStatus || !isMark(write)) return undefined
          const { namespace, name } = write.body.metadata
          const path = `/apis/batch/v1/namespaces/${namespace}/jobs/${name}`
          const headers = { 'content-type': 'application/merge-patch+json' }
          const trial = write.request.path.replace(/\/status$/, '')
          return inner
            .send({ method: 'PATCH', path, headers, body: { spec: { suspend: true } } })
            .then(() => inner.send({ method: 'GET', path: trial }))
        }),
    }),
  },
  {
    name: 'a stopped trial ends before its program does',
    caughtBy: 'P5',
    scenario: 'early stopping',
    plant: () => ({
      transport: inner =>
        onWrites(inner, write => {
          if (write.plural !== 'trials' || !write.isStatus || !isMark(write)) return undefined
          const mark = lastCondition(write)
          const conditions = [
            { type: 'Running', status: 'False', reason: 'TrialRunning' },
            { type: 'EarlyStopped', status: 'True', reason: 'TrialEarlyStopped', message: mark?.message ?? '' },
          ]
          Object.assign(write.body.status ?? {}, { conditions, completionTime: '2026-01-01T00:00:09Z' })
          return write.send()
        }),
    }),
  },
  {
    name: 'the job of an ended trial stays',
    caughtBy: 'L4',
    scenario: 'happy path',
    plant: () => ({
      transport: inner =>
        onWrites(inner, ({ plural, request }) =>
          plural === 'jobs' && request.method === 'DELETE' ? Promise.resolve(answering(200, {})) : undefined,
        ),
    }),
  },
  {
    name: 'a condition holds a whole log',
    caughtBy: 'S13',
    scenario: 'happy path',
    plant: () => ({
      transport: inner =>
        onWrites(inner, write => {
          if (write.plural !== 'trials' || !write.isStatus || !isEnd(write)) return undefined
          const conditions = write.body.status?.conditions?.map(one => ({ ...one, message: 'loss=1\n'.repeat(40_000) }))
          Object.assign(write.body.status ?? {}, { conditions })
          return write.send()
        }),
    }),
  },
  {
    name: 'whoever starts says so on the experiment',
    caughtBy: 'S10',
    scenario: 'happy path',
    plant: () => ({
      transport(inner) {
        const seen = new Date().toISOString()
        const path = '/apis/kubeflow.org/v1beta1/namespaces/lab/experiments/tune'
        const headers = { 'content-type': 'application/merge-patch+json' }
        const body = { metadata: { annotations: { seen } } }
        void inner.send({ method: 'PATCH', path, headers, body }).catch(() => {})
        return inner
      },
    }),
  },
]
