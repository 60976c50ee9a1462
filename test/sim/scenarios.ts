/** Every life that the simulation goes through. */
import { coreScenarios } from './core-scenarios.ts'
import type { Scenario } from './scenario.ts'
import { trialScenarios } from './trial-scenarios.ts'
import { userScenarios } from './user-scenarios.ts'

export const scenarios: readonly Scenario[] = [...coreScenarios, ...trialScenarios, ...userScenarios]

/** For tests that are about one of them. */
export function scenarioNamed(name: string): Scenario {
  const found = scenarios.find(scenario => scenario.name === name)
  if (!found) throw new Error(`no scenario is named ${name}`)
  return found
}
