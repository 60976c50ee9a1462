/** A cluster in memory for REST: informers over arrays, a client that records writes, an observation store of what the test says. */
import {
  API_VERSION,
  type ApiError,
  EXPERIMENT_LABEL,
  type Experiment,
  INDEX_LABEL,
  type Resource,
  type Trial,
} from '#api'
import { type Informer, type Informers, systemClock, type WritingClient } from '#kube'
import { createRestServer, localDoorkeeper, type RestServer, type RestServerOptions } from '#server'
import type { LearningCurve, ObservationStore, ObservationSummary, Report } from '#store'

export const TOKEN = 'main-token'
export const bearer = { host: '127.0.0.1:1', authorization: `Bearer ${TOKEN}` }

export class Cluster {
  readonly writes: unknown[] = []
  readonly reports: Report[] = []
  readonly summaries = new Map<string, ObservationSummary>()
  readonly curves = new Map<string, LearningCurve>()
  readonly tails = new Map<string, string>()
  readonly pods: Resource[] = []
  podLog: readonly string[] = []
  readonly lines: string[] = []
  refusal: ApiError | undefined
  /** The observation store does not answer, for this reason. */
  storeRefusal: Error | undefined
  readonly experiments = new ArrayInformer<Experiment>('Experiment')
  readonly trials = new ArrayInformer<Trial>('Trial')

  get client(): WritingClient {
    const refuse = () => {
      if (this.refusal) throw this.refusal
    }
    const cluster = this
    return {
      get: async () => undefined,
      list: async <T extends Resource>() => ({ items: cluster.pods as unknown as T[], resourceVersion: '1' }),
      async *logs() {
        yield* cluster.podLog
      },
      async create<T extends Resource>(resource: T, options = {}) {
        refuse()
        cluster.writes.push({ create: resource, ...options })
        return { ...resource, metadata: { ...resource.metadata, uid: 'new', resourceVersion: '50' } }
      },
      replace: async resource => resource,
      apply: async resource => resource,
      async patch<T extends Resource>(ref: object, patch: object) {
        refuse()
        cluster.writes.push({ patch, ref })
        return { ...cluster.experiments.list()[0], ...patch } as unknown as T
      },
      async delete(ref, options = {}) {
        refuse()
        cluster.writes.push({ delete: ref, ...options })
      },
    }
  }

  get informers(): Informers {
    const byKind: Record<string, unknown> = { Experiment: this.experiments, Trial: this.trials }
    return {
      of: <T extends Resource>(type: { kind: string }, options: { indexes?: ArrayInformer<T>['indexes'] } = {}) => {
        const informer = byKind[type.kind] as ArrayInformer<T>
        Object.assign(informer.indexes, options.indexes)
        return informer
      },
      async [Symbol.asyncDispose]() {},
    }
  }

  get observations(): ObservationStore {
    return {
      append: async report => {
        this.reports.push(report)
        return { acknowledged: report.rows.at(-1)?.sequence ?? 0 }
      },
      summary: async uid => this.summaries.get(uid),
      summaries: async uids => {
        if (this.storeRefusal) throw this.storeRefusal
        return new Map(uids.flatMap(uid => [...this.summaries].filter(([key]) => key === uid)))
      },
      curve: async (uid, metricName) =>
        this.curves.get(`${uid}/${metricName}`) ?? { metricName, steps: [], values: [], times: [], count: 0 },
      async *rows() {},
      async *changes() {},
      putLogTail: async () => {},
      logTail: async uid => this.tails.get(uid),
      delete: async () => {},
      trialUids: async () => [],
      sweep: async () => 0,
      async [Symbol.asyncDispose]() {},
    }
  }

  serve(more: Partial<RestServerOptions> = {}): Promise<RestServer> {
    const { client, informers, observations } = this
    const algorithms = [{ name: 'random' }]
    const log = (line: string) => void this.lines.push(line)
    return createRestServer({
      client,
      informers,
      observations,
      doorkeeper: localDoorkeeper(TOKEN),
      clock: systemClock,
      version: '0.0.1',
      algorithms,
      log,
      ...more,
    })
  }
}

class ArrayInformer<T extends Resource> implements Informer<T> {
  readonly hasSynced = true
  readonly type: { apiVersion: string; kind: string }
  readonly indexes: Record<string, (object: T) => readonly string[]> = {}
  resourceVersion = '7'
  #objects: T[] = []
  #listeners: Parameters<Informer<T>['onChange']>[0][] = []

  constructor(kind: string) {
    this.type = { apiVersion: API_VERSION, kind }
  }
  add(...objects: T[]): void {
    for (const object of objects) {
      const old = this.get(object.metadata.namespace, object.metadata.name)
      this.#objects = [...this.#objects.filter(each => each !== old), object]
      for (const listen of this.#listeners) listen({ type: old ? 'modified' : 'added', object, old })
    }
  }
  remove(object: T): void {
    this.#objects = this.#objects.filter(each => each !== object)
    for (const listen of this.#listeners) listen({ type: 'deleted', object })
  }
  get(namespace: string | undefined, name: string): T | undefined {
    return this.#objects.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name)
  }
  list(namespace?: string): readonly T[] {
    return this.#objects.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
  }
  byIndex(index: string, value: string): readonly T[] {
    return this.#objects.filter(object => this.indexes[index](object).includes(value))
  }
  onChange(listener: Parameters<Informer<T>['onChange']>[0]): Disposable {
    this.#listeners.push(listener)
    return { [Symbol.dispose]: () => void this.#listeners.splice(this.#listeners.indexOf(listener), 1) }
  }
  async synced(): Promise<void> {}
  offer(object: T): void {
    this.add(object)
  }
}

export function anExperiment(name: string, more: { spec?: object; status?: Experiment['status'] } = {}): Experiment {
  return {
    apiVersion: API_VERSION,
    kind: 'Experiment',
    metadata: { name, namespace: 'team-a', uid: `uid-${name}`, resourceVersion: '5' },
    spec: {
      objective: { type: 'minimize', objectiveMetricName: 'loss', metricStrategies: [{ name: 'loss', value: 'min' }] },
      parameters: [
        { name: 'lr', parameterType: 'double', feasibleSpace: { min: '0', max: '1' } },
        { name: 'opt', parameterType: 'categorical', feasibleSpace: { list: ['sgd', '1'] } },
      ],
      ...more.spec,
    },
    ...(more.status && { status: more.status }),
  }
}

/** Trial number `number` of an experiment; with a loss it has succeeded a minute after the one before it. */
export function aTrial(experiment: string, number: number, loss?: string, status: Trial['status'] = {}): Trial {
  const completionTime = new Date(Date.UTC(2026, 0, 1, 0, number + 1)).toISOString()
  const ended = {
    startTime: '2026-01-01T00:00:00Z',
    completionTime,
    conditions: [{ type: 'Succeeded', status: 'True', reason: 'TrialSucceeded' }],
    observation: { metrics: [{ name: 'loss', min: loss ?? '', max: '9', latest: '5' }] },
  }
  return {
    apiVersion: API_VERSION,
    kind: 'Trial',
    metadata: {
      name: `${experiment}-${number}`,
      namespace: 'team-a',
      uid: `uid-${experiment}-${number}`,
      resourceVersion: '6',
      labels: { [EXPERIMENT_LABEL]: experiment, [INDEX_LABEL]: String(number) },
    },
    spec: {
      objective: { type: 'minimize', objectiveMetricName: 'loss', metricStrategies: [{ name: 'loss', value: 'min' }] },
      parameterAssignments: [
        { name: 'lr', value: String(number / 10) },
        { name: 'opt', value: '1' },
      ],
      primaryContainerName: 'main',
    },
    status: { ...(loss === undefined ? { conditions: [{ type: 'Running', status: 'True' }] } : ended), ...status },
  }
}
