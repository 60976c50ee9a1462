/**
 * Katib's stopping rules of one trial (`-stop-rule name;value;comparison;startStep`), fixed when the trial was made.
 *
 * As Katib's collector has it (katib-compatibility 4.5): the objective is compared by its best value so far, any other
 * metric by the current one. A rule with a start step N is tested once, at the N-th report of its metric; with 0, at every
 * report. A rule that holds is done; the trial is to be stopped when all are. Departs from it where a value is no number:
 * that holds for no rule, instead of ending the collector.
 */
import { InvalidArguments } from '../arguments.ts'
import type { CollectedMetric } from '../collector.ts'

export interface StopRule {
  readonly name: string
  readonly value: number
  readonly comparison: 'equal' | 'less' | 'greater'
  readonly startStep: number
}

/** Throws `InvalidArguments`. */
export function parseStopRule(text: string): StopRule {
  const [name = '', value = '', comparison = '', startStep = '', ...more] = text.split(';')
  const isRule =
    name !== '' && value.trim() !== '' && Number.isFinite(Number(value)) && /^\d+$/.test(startStep) && more.length === 0
  if (isRule && (comparison === 'equal' || comparison === 'less' || comparison === 'greater'))
    return { name, value: Number(value), comparison, startStep: Number(startStep) }
  throw new InvalidArguments(
    `expected -stop-rule NAME;VALUE;COMPARISON;START_STEP with equal, less or greater, got "${text}"`,
  )
}

export interface Objective {
  readonly name: string
  readonly type: 'minimize' | 'maximize'
}

/** What is left of the rules as values come in. */
export class StopRules {
  #open: readonly StopRule[]
  readonly #objective: Objective
  /** By metric: how many reports until its rule is tested. */
  readonly #left: Map<string, number>
  #best: number | undefined

  constructor(rules: readonly StopRule[], objective: Objective) {
    this.#open = rules
    this.#objective = objective
    this.#left = new Map(rules.filter(rule => rule.startStep > 0).map(rule => [rule.name, rule.startStep]))
  }

  /** True: all rules have held, at this value or before. */
  sees({ metricName, value }: Pick<CollectedMetric, 'metricName' | 'value'>): boolean {
    for (const rule of this.#open.filter(({ name }) => name === metricName)) {
      const compared = metricName === this.#objective.name ? this.#bestWith(Number(value)) : Number(value)
      if (this.#isDue(metricName) && holds(rule, compared)) this.#open = this.#open.filter(open => open !== rule)
    }
    return this.#open.length === 0
  }

  #bestWith(value: number): number {
    const better = this.#objective.type === 'maximize' ? Math.max : Math.min
    if (!Number.isNaN(value)) this.#best = this.#best === undefined ? value : better(this.#best, value)
    return this.#best ?? Number.NaN
  }

  #isDue(metricName: string): boolean {
    const left = this.#left.get(metricName)
    if (left === undefined) return true
    this.#left.set(metricName, left - 1)
    return left === 1
  }
}

function holds({ comparison, value }: StopRule, compared: number): boolean {
  if (comparison === 'equal') return compared === value
  return comparison === 'less' ? compared < value : compared > value
}
