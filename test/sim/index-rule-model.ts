/**
 * A small-scope model of creating trials: every interleaving of any controllers, each of which acts on any older state of
 * each object, time travel included. States are few enough to be visited all.
 */
export interface ModelSize {
  readonly trials: number
  readonly parallel: number
}

/** What a controller believes: which trials exist, and which of them have ended. */
export interface View {
  readonly created: number
  readonly ended: number
}

/** Every index that may be created on this view; or one more trial under a fresh name. */
export type Rule = (view: View, size: ModelSize) => readonly number[] | 'fresh name'

export interface Exploration {
  readonly states: number
  readonly violations: number
}

/**
 * A state is the history of each trial's life: absent, active, ended. A view picks, trial by trial, any earlier moment of its
 * life, so it may miss a trial that exists and an end that happened; it never sees what has not happened.
 */
export function explore(rule: Rule, size: ModelSize): Exploration {
  const seen = new Set<string>()
  const open: number[][] = [[]]
  let violations = 0
  while (open.length > 0) {
    const state = open.pop() as number[]
    const key = state.join()
    if (seen.has(key)) continue
    seen.add(key)
    if (isViolated(state, size)) {
      violations++
      continue
    }
    for (const [i, life] of state.entries()) if (life === ACTIVE) open.push(state.with(i, ENDED))
    for (const view of viewsOf(state)) {
      const act = rule(view, size)
      for (const place of act === 'fresh name' ? [state.length] : act) {
        // An index that exists is adopted; a fresh name always makes another trial.
        if (place < state.length && state[place] !== ABSENT) continue
        const next = Array.from({ length: Math.max(state.length, place + 1) }, (_, i) => state[i] ?? ABSENT)
        open.push(next.with(place, ACTIVE))
      }
    }
  }
  return { states: seen.size, violations }
}

const ABSENT = 0
const ACTIVE = 1
const ENDED = 2

function isViolated(state: readonly number[], { trials, parallel }: ModelSize): boolean {
  const active = state.filter(life => life === ACTIVE).length
  const created = state.filter(life => life !== ABSENT).length
  return active > parallel || created > trials
}

/** Every count of trials and ends that some choice of older moments shows. */
function* viewsOf(state: readonly number[]): Iterable<View> {
  const created = state.filter(life => life !== ABSENT).length
  const ended = state.filter(life => life === ENDED).length
  for (let seen = 0; seen <= created; seen++)
    for (let over = 0; over <= Math.min(seen, ended); over++) yield { created: seen, ended: over }
}
