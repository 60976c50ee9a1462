import { describe, expect, test } from 'vitest'
import { ApiError, type Trial } from '#api'
import { claimHeldBy, claimRefusedBy } from '../../../controller/suggestion/checkpoint-claim.ts'
import { plan } from '../../../controller/suggestion/plan.ts'
import { wanted } from '../../../controller/suggestion/wanted.ts'
import type { SuggestionWorld } from '../../../controller/suggestion/world.ts'
import { TrialRoll } from '../../../controller/trial-roll.ts'
import { anExperiment, aSuggestion, aTrial } from '../../support/builders.ts'

const now = new Date('2026-01-01T10:01:00Z')
/** A world with trials as a list. */
type Change = Partial<Omit<SuggestionWorld, 'trials'>> & { readonly trials?: readonly Trial[] }
const world = ({ trials, ...change }: Change): SuggestionWorld => ({
  self: aSuggestion(),
  experiment: anExperiment(),
  trials: new TrialRoll(trials),
  isTaken: () => false,
  isAsking: false,
  ...change,
})
const answer = (firstIndex: number, count: number, searchEnded = false) => ({
  firstIndex,
  searchEnded,
  assignments: Array.from({ length: count }, (_, i) => ({
    index: firstIndex + i,
    parameterAssignments: [{ name: 'x', value: '0.5' }],
    labels: {},
  })),
})
const over = anExperiment({}, { conditions: [{ type: 'Succeeded', status: 'True' }] })
const indexes = (change: Change) => plan(world(change), now).status?.suggestions?.map(({ index }) => index)
/** The state that a first look at `self` leaves behind. */
const settled = (status: object) => aSuggestion({ ...plan(world({}), now).status, ...status })

describe('a suggestion', () => {
  test('is new: created, ready at once, running', () => {
    expect(plan(world({}), now).status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
      'Created=True',
      'DeploymentReady=True',
      'Running=True',
    ])
  })
  test('has an answer to its next index: kept under derived names, and counted', () => {
    const { status } = plan(world({ answer: answer(0, 2) }), now)
    expect([status?.suggestionCount, status?.suggestions?.map(({ index }) => index)]).toEqual([2, [0, 1]])
    expect(status?.suggestions?.[0].name).toMatch(/^e-[bcdfghjklmnpqrstvwxz2456789]{8}$/)
  })
  test('the same answer again names the same trials', () => {
    const names = () => plan(world({ answer: answer(0, 2) }), now).status?.suggestions?.map(({ name }) => name)
    expect(names()).toEqual(names())
  })
  test('has an answer to an older question: it falls away', () => {
    expect(plan(world({ self: settled({ suggestionCount: 2 }), answer: answer(0, 2) }), now)).toEqual({})
  })
  test('what became a Trial is trimmed with the next write', () => {
    const self = settled({
      suggestionCount: 2,
      suggestions: [
        { name: 'e-0', index: 0 },
        { name: 'e-1', index: 1 },
      ],
    })
    expect(plan(world({ self, trials: [aTrial(0, 'Running')] }), now)).toEqual({})
    expect(indexes({ self, trials: [aTrial(0, 'Running')], answer: answer(2, 1) })).toEqual([1, 2])
  })
  test('a Trial deleted before it ended comes back under its index and name, an ended one does not', () => {
    const deleted = { deletionTimestamp: '2026-01-01T10:00:30Z' }
    const self = settled({ suggestionCount: 2 })
    const trials = [aTrial(0, 'Running', undefined, deleted), aTrial(1, 'Succeeded', '1', deleted)]
    expect(plan(world({ self, trials }), now).status?.suggestions?.map(({ name, index }) => [name, index])).toEqual([
      ['e-0', 0],
    ])
  })
  test('a name that somebody else took is changed, once for all', () => {
    const taken = plan(world({ answer: answer(0, 1) }), now).status?.suggestions?.[0].name
    const isTaken = (name: string) => name === taken
    const other = plan(world({ answer: answer(0, 1), isTaken }), now).status?.suggestions?.[0].name
    expect(other).toMatch(/^e-\w{8}$/)
    expect(other).not.toBe(taken)
  })
  test('the search has ended: said, so that the experiment may end', () => {
    expect(plan(world({ answer: answer(0, 1, true) }), now).status?.searchEnded).toBe(true)
  })
  test('the experiment is over: closed as Katib closes it', () => {
    expect(
      plan(world({ self: settled({}), experiment: over }), now).status?.conditions?.map(
        ({ type, status, reason }) => `${type}=${status} ${reason}`,
      ),
    ).toEqual([
      'Created=True SuggestionCreated',
      'Running=False Suggestion is succeeded',
      'DeploymentReady=False Suggestion is succeeded',
      'Succeeded=True Experiment is succeeded',
    ])
  })
  test('the experiment is over and may go on (LongRunning): stays open', () => {
    expect(
      plan(
        world({ self: settled({}), experiment: { ...over, spec: { ...over.spec, resumePolicy: 'LongRunning' } } }),
        now,
      ),
    ).toEqual({})
  })
  const checkpointed = (self = aSuggestion()) => {
    const algorithmSettings = [{ name: 'suggestion_trial_dir', value: '/ckpt' }]
    return { ...self, spec: { ...self.spec, algorithm: { algorithmName: 'pbt', algorithmSettings } } }
  }
  test('keeps checkpoints: one claim of Katib’s name, made with its first status', () => {
    const { create } = plan(world({ self: checkpointed() }), now)
    expect(create?.map(({ kind, metadata }) => [kind, metadata.name, metadata.ownerReferences?.[0].kind])).toEqual([
      ['PersistentVolumeClaim', 'e-pbt', 'Suggestion'],
    ])
    expect(plan(world({ self: checkpointed(settled({})), answer: answer(0, 1) }), now).create).toEqual([])
    expect(plan(world({}), now).create).toEqual([])
  })
  test('its claim cannot be had: it says so, hands nothing out, and asks again until it is there', () => {
    const claim = { problem: 'checkpoints have no volume: exceeded quota' }
    const refused = plan(world({ self: checkpointed(), claim, answer: answer(0, 1) }), now)
    expect(refused).toMatchObject({ create: [], requeueAfterMs: 10_000, status: { suggestionCount: 0 } })
    expect(refused.status?.conditions?.at(-1)).toMatchObject({
      type: 'Degraded',
      reason: 'CheckpointClaim',
      message: claim.problem,
    })
    const self = checkpointed(aSuggestion(refused.status))
    expect(plan(world({ self, claim }), now).status).toBe(undefined)
    const next = plan(world({ self, answer: answer(0, 1) }), now)
    expect(next.create).toHaveLength(1)
    expect(next.status?.conditions?.map(({ type }) => type)).not.toContain('Degraded')
    expect(next.status?.suggestionCount).toBe(1)
  })
  test.each([
    { owner: 'nobody', references: [], claim: 'given' },
    {
      owner: 'somebody else',
      references: [
        { apiVersion: 'v1', kind: 'Notebook', name: 'mine', uid: 'u', controller: true, blockOwnerDeletion: true },
      ],
      claim: { problem: expect.stringContaining('that belongs to Notebook mine; delete or rename it') },
    },
  ])('a claim of its name that belongs to $owner', ({ references, claim }) => {
    const metadata = { name: 'e-pbt', namespace: 'default', ownerReferences: references }
    expect(claimHeldBy({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata })).toEqual(claim)
  })
  test('a claim of its name that it was given is used: none is made', () => {
    const given = plan(world({ self: checkpointed(), claim: 'given', answer: answer(0, 1) }), now)
    expect([given.create, given.status?.suggestionCount]).toEqual([[], 1])
  })
  test.each([
    { what: 'a refusal', error: new ApiError(403, 'Forbidden', 'exceeded quota'), told: true },
    { what: 'a conflict', error: new ApiError(409, 'Conflict', 'again'), told: false },
    { what: 'no answer', error: new Error('reset'), told: false },
  ])('$what while its claim is made', ({ error, told }) => {
    const claim = { problem: 'checkpoints have no volume: exceeded quota' }
    expect(claimRefusedBy(world({ self: checkpointed() }), error)).toEqual(told ? claim : undefined)
    expect(claimRefusedBy(world({ self: aSuggestion() }), error)).toBe(undefined)
  })
  test('the reason of a point goes with it', () => {
    const [assignment] = answer(0, 1).assignments
    const because = 'goes on from trial 3'
    const told = { ...answer(0, 1), assignments: [{ ...assignment, because }] }
    expect(plan(world({ answer: told }), now).status?.suggestions?.[0].because).toBe(because)
  })
  test('another model answers: one event on the Experiment, once', () => {
    const by = (model: string, first = 0) => ({ ...answer(first, 1), choice: { model, because: `${model}, as it is` } })
    const first = plan(world({ self: settled({}), answer: by('cmaes') }), now)
    expect(first.events?.map(({ reason, message, about }) => [reason, message, about?.kind])).toEqual([
      ['SearchChoice', 'suggestions come from cmaes, as it is', 'Experiment'],
    ])
    const self = settled({ suggestionCount: 1, choice: 'cmaes' })
    expect(plan(world({ self, answer: by('cmaes', 1) }), now).events).toBe(undefined)
    expect(plan(world({ self, answer: by('tpe', 1) }), now).events).toHaveLength(1)
  })
  test('the model that stood in is relieved by the algorithm itself: said too', () => {
    const own = { algorithmName: 'tpe', algorithmSettings: [] }
    const before = settled({ suggestionCount: 1, choice: 'quasi-random' })
    const self = { ...before, spec: { ...before.spec, algorithm: own } }
    expect(plan(world({ self, answer: answer(1, 1) }), now).events?.[0].message).toBe('suggestions come from tpe')
    const quiet = { ...settled({}), spec: { ...before.spec, algorithm: own } }
    expect(plan(world({ self: quiet, answer: answer(0, 1) }), now).events).toBe(undefined)
  })
  test('the experiment is gone: nothing', () => {
    expect(plan(world({ experiment: undefined, answer: answer(0, 1) }), now)).toEqual({})
  })

  test('an algorithm that fails: condition Degraded says why, one event, and the next ask after its wait', () => {
    const failure = { because: 'no memory', againInMs: 2_000 }
    const message = 'the algorithm failed and is asked again: no memory'
    const first = plan(world({ failure }), now)
    expect(first.status?.conditions?.at(-1)).toMatchObject({ type: 'Degraded', reason: 'AskFailed', message })
    expect(first).toMatchObject({ events: [{ type: 'Warning', reason: 'AskFailed', message }], requeueAfterMs: 2_000 })
    const self = aSuggestion({ ...first.status })
    expect(plan(world({ self, failure }), now)).toEqual({ requeueAfterMs: 2_000 })
    expect(plan(world({ self, isAsking: true }), now)).toEqual({})
    const types = plan(world({ self, answer: answer(0, 1) }), now).status?.conditions?.map(({ type }) => type)
    expect(types).not.toContain('Degraded')
  })

  test('points in place of the algorithm: Degraded until it answers itself', () => {
    const replaced = { ...answer(0, 1), replacedBecause: 'bo is replaced by quasi-random points: out of time' }
    const self = aSuggestion({ ...plan(world({ answer: replaced }), now).status })
    expect(self.status?.conditions?.at(-1)).toMatchObject({ type: 'Degraded', reason: 'QuasiRandom' })
    expect(plan(world({ self }), now)).toEqual({})
    const types = plan(world({ self, answer: answer(1, 1) }), now).status?.conditions?.map(({ type }) => type)
    expect(types).not.toContain('Degraded')
  })
})

describe('an algorithm that is not ours', () => {
  const because = 'ValidateAlgorithmSettings Error: no'
  const refusedBy = { because, againInMs: 1_000, isFinal: true } as const

  test('does not take the experiment: Failed in its words, and nothing is asked any more', () => {
    const { status } = plan(world({ failure: refusedBy }), now)
    expect(status?.conditions?.at(-1)).toMatchObject({
      type: 'Failed',
      status: 'True',
      reason: 'SuggestionFailed',
      message: `Validation failed: ${because}`,
    })
    const self = aSuggestion(status)
    expect(plan(world({ self }), now)).toEqual({})
    expect(wanted(anExperiment(), self, new TrialRoll())).toBeUndefined()
    expect(wanted(anExperiment(), aSuggestion(), new TrialRoll())).toMatchObject({ firstIndex: 0 })
  })

  test('what it wants to be told again is kept by name, and its stopping rules go with every assignment', () => {
    const rule = { name: 'loss', value: '0.5', comparison: 'greater', startStep: 3 } as const
    const carried = [{ name: 'round', value: '2' }]
    const self = settled({
      algorithmSettings: [
        { name: 'round', value: '1' },
        { name: 'kept', value: 'x' },
      ],
    })
    const { status } = plan(world({ self, answer: { ...answer(0, 2), carried, earlyStoppingRules: [rule] } }), now)
    expect(status?.algorithmSettings).toEqual([
      { name: 'round', value: '2' },
      { name: 'kept', value: 'x' },
    ])
    expect(status?.suggestions?.map(({ earlyStoppingRules }) => earlyStoppingRules)).toEqual([[rule], [rule]])
  })
})
