import { describe, expect, test } from 'vitest'
import { HELD_ANNOTATION, INDEX_LABEL, type Resource, TAKEN_OVER_ANNOTATION, TRIAL_FINALIZER, type Trial } from '#api'
import { giveBack, runningTrials } from '../../cli/migration/give-back.ts'
import { type Step, told } from '../../cli/migration/step.ts'
import { numbersOf, type Search, takeOver } from '../../cli/migration/take-over.ts'
import { anExperiment, aSuggestion, aTrial } from '../support/builders.ts'

const TIME = '2026-01-01T12:00:00Z'
const assignment = (name: string) => ({
  name,
  parameterAssignments: [{ name: 'x', value: '0.5' }],
  labels: { step: name },
})

/** As Katib leaves it: no numbers anywhere, its finalizers everywhere, all assignments listed. */
function aSearch(change: Partial<Search> = {}): Search {
  const katibs = (name: string, phase: 'Running' | 'Succeeded'): Trial => {
    const trial = aTrial(0, phase)
    const { labels: _, ...metadata } = trial.metadata
    return {
      ...trial,
      metadata: { ...metadata, name, uid: `uid-${name}`, finalizers: ['clean-metrics-in-db'] },
      spec: { ...trial.spec, labels: undefined },
    } as Trial
  }
  const experiment = anExperiment()
  return {
    experiment: {
      ...experiment,
      metadata: { ...experiment.metadata, finalizers: ['update-prometheus-metrics', 'other'] },
    },
    suggestion: aSuggestion({ suggestionCount: 3, suggestions: ['e-a', 'e-b', 'e-c'].map(assignment) }),
    // Lists come by name, whatever was suggested first.
    trials: [katibs('e-b', 'Running'), katibs('e-a', 'Succeeded')],
    jobs: new Map([['e-b', aJob('e-b')]]),
    services: [],
    ...change,
  }
}
const aJob = (name: string): Resource => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace: 'default' },
})

/** The search as the steps leave it. */
function lived(search: Search, steps: readonly Step[]): Search {
  const changed = <T extends Resource>(object: T): T => {
    const own = steps.filter(({ ref }) => ref.kind === object.kind && ref.name === object.metadata.name)
    let current: Resource = object
    for (const step of own) {
      if (step.is === 'patch') current = merged(current, step.patch) as Resource
      else if (step.is === 'status') current = { ...current, status: step.object.status }
    }
    return current as T
  }
  return {
    ...search,
    experiment: changed(search.experiment),
    ...(search.suggestion ? { suggestion: changed(search.suggestion) } : {}),
    trials: search.trials.map(changed),
    jobs: new Map([...search.jobs].map(([name, job]) => [name, changed(job)])),
  }
}

/** RFC 7396. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: Record<string, unknown> = { ...(target as object) }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = merged(result[key], value)
  }
  return result
}

describe('taking over', () => {
  test("numbers follow Katib's list; trials that it does not list come after, oldest first", () => {
    const search = aSearch()
    const [late] = search.trials
    const unlisted = { ...late, metadata: { ...late?.metadata, name: 'e-z' } } as Trial
    expect([...numbersOf({ ...search, trials: [...search.trials, unlisted] })]).toEqual([
      ['e-a', 0],
      ['e-b', 1],
      ['e-c', 2],
      ['e-z', 3],
    ])
  })

  test('trials get number, finalizer and the labels of their assignment; the list keeps what is no trial yet', () => {
    const { trials, suggestion, jobs, experiment } = lived(aSearch(), takeOver(aSearch(), TIME))
    const [running] = trials
    expect(running?.metadata).toMatchObject({
      labels: { [INDEX_LABEL]: '1' },
      annotations: { [TAKEN_OVER_ANNOTATION]: TIME },
      finalizers: [TRIAL_FINALIZER],
    })
    expect(running?.spec.labels).toEqual({ step: 'e-b', [INDEX_LABEL]: '1' })
    expect(suggestion?.status).toMatchObject({ suggestionCount: 3, suggestions: [{ name: 'e-c', index: 2 }] })
    expect(jobs.get('e-b')?.metadata.labels).toMatchObject({ 'katib.kubeflow.org/trial': 'e-b' })
    expect(experiment.metadata.finalizers).toEqual(['other'])
  })

  test('a second call asks for nothing', () => {
    expect(takeOver(lived(aSearch(), takeOver(aSearch(), TIME)), 'later').map(told)).toEqual([])
  })

  test('an end after any step: the next call leaves the same', () => {
    const steps = takeOver(aSearch(), TIME)
    const whole = lived(aSearch(), steps)
    for (let count = 0; count < steps.length; count++) {
      const part = lived(aSearch(), steps.slice(0, count))
      expect(lived(part, takeOver(part, TIME)), `after ${count} steps`).toEqual(whole)
    }
  })

  test('what cannot go on is suspended and says why; what is over is not', () => {
    const held = lived(aSearch(), takeOver(aSearch({ hindrance: 'no such algorithm' }), TIME)).experiment
    expect([held.spec.suspend, held.metadata.annotations?.[HELD_ANNOTATION]]).toEqual([true, 'no such algorithm'])
    const over = { ...aSearch().experiment, status: { conditions: [{ type: 'Failed', status: 'True' as const }] } }
    const steps = takeOver(aSearch({ experiment: over, hindrance: 'no such algorithm' }), TIME)
    expect(steps.map(told)).toContain('Experiment default/e is kept as it ended')
  })
})

describe('giving back', () => {
  test('leaves what Katib had, but for its finalizers, which it adds by itself', () => {
    const taken = lived(aSearch({ hindrance: 'why' }), takeOver(aSearch({ hindrance: 'why' }), TIME))
    const back = lived(taken, giveBack(taken))
    expect(back.suggestion?.status).toMatchObject({ suggestionCount: 3 })
    expect(back.suggestion?.status?.suggestions).toEqual(['e-a', 'e-b', 'e-c'].map(assignment))
    expect(back.suggestion?.spec.requests).toBe(3)
    for (const { metadata, spec } of back.trials) {
      expect(metadata.labels?.[INDEX_LABEL]).toBeUndefined()
      expect(metadata.finalizers ?? []).toEqual([])
      expect(spec.labels?.[INDEX_LABEL]).toBeUndefined()
    }
    expect(back.experiment.spec.suspend).toBeUndefined()
    expect(giveBack(back)).toEqual([])
  })

  test('trials that still run are known by name', () => {
    expect(runningTrials(aSearch())).toEqual(['e-b'])
  })
})
