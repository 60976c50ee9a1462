/**
 * `EarlyStopping`: Katib's rules for trials that start, over ours, and the word of a collector that it stopped its trial.
 *
 * Departs from Katib: nothing is remembered between calls, the median is a median (`compat: katib` for Katib's mean), trials
 * without a log are left out instead of failing the call, and curves come from our own store, whatever address is named.
 */
import type { Trial } from '#api'
import { earlyStoppers, fixedRule, settingProblems, type TrialCurve } from '#earlystop'
import type { ObservationStore } from '#store'
import type { Caller, Callers } from './caller.ts'
import type { EarlyStoppingRuleMessage, GetEarlyStoppingRulesRequest, RuleMessage } from './messages.ts'
import { Refusal } from './refusal.ts'
import type { Handlers } from './wire.ts'

/** Notes on the Trial that its collector stopped it; the trial's own reconciler decides what comes of it. */
export type RecordEarlyStop = (trial: Trial) => Promise<void>

export function earlyStoppingHandlers(
  callers: Callers,
  observations: ObservationStore,
  recordEarlyStop: RecordEarlyStop,
): Handlers {
  return {
    ValidateEarlyStoppingSettings: async ({ earlyStopping }: { earlyStopping: RuleMessage | null }) => {
      validate(earlyStopping)
      return {}
    },

    GetEarlyStoppingRules: async (request: GetEarlyStoppingRulesRequest, caller) => ({
      earlyStoppingRules: await rulesFor(request, caller, callers, observations),
    }),

    SetTrialStatus: async ({ trialName }: { trialName: string }, caller) => {
      const trial = await callers.trial(caller, trialName, 'report')
      if (!trial) throw new Refusal('NOT_FOUND', `no trial is named "${trialName}"`)
      await recordEarlyStop(trial)
      return {}
    },
  }
}

/** Returns the rule. Throws `Refusal` with every problem. */
function validate(rule: RuleMessage | null | undefined): RuleMessage {
  if (!rule || rule.algorithmName === '')
    throw new Refusal('INVALID_ARGUMENT', 'early_stopping.algorithm_name is empty')
  const { algorithmName } = rule
  const known = earlyStoppers.get(algorithmName)
  if (!known?.fixed) {
    const why = known ? 'has no threshold that is known before a trial starts' : 'is unknown'
    const fixed = [...earlyStoppers.values()].filter(one => one.fixed).map(({ name }) => name)
    throw new Refusal('INVALID_ARGUMENT', `early stopping "${algorithmName}" ${why}; here there is ${fixed.join(', ')}`)
  }
  const problems = settingProblems(rule)
  if (problems.length > 0)
    throw new Refusal('INVALID_ARGUMENT', problems.map(({ name, message }) => `${name}: ${message}`).join('; '))
  return rule
}

async function rulesFor(
  { experiment, trials }: GetEarlyStoppingRulesRequest,
  caller: Caller,
  callers: Callers,
  observations: ObservationStore,
): Promise<EarlyStoppingRuleMessage[]> {
  const spec = validate(experiment?.spec?.earlyStopping)
  const metricName = experiment?.spec?.objective?.objectiveMetricName ?? ''
  if (metricName === '')
    throw new Refusal('INVALID_ARGUMENT', 'experiment.spec.objective.objective_metric_name is empty')
  const isMaximized = experiment?.spec?.objective?.type === 'MAXIMIZE'
  const curves: TrialCurve[] = []
  for (const { name, status } of trials) {
    const uid =
      status?.condition === 'SUCCEEDED' ? (await callers.trial(caller, name, 'read'))?.metadata.uid : undefined
    if (uid !== undefined) curves.push(await curveOf(observations, { trial: name, uid, metricName, isMaximized }))
  }
  const rule = fixedRule(spec, curves)
  if (!rule) return []
  return [
    {
      name: metricName,
      value: String(isMaximized ? -rule.threshold : rule.threshold),
      comparison: isMaximized ? 'LESS' : 'GREATER',
      startStep: rule.startStep,
    },
  ]
}

/** Losses in the order of the reports: what is maximised is turned round. */
async function curveOf(
  observations: ObservationStore,
  { trial, uid, metricName, isMaximized }: { trial: string; uid: string; metricName: string; isMaximized: boolean },
): Promise<TrialCurve> {
  const { steps, values } = await observations.curve(uid, metricName, MAX_POINTS)
  return { trial, ended: true, steps, losses: isMaximized ? values.map(value => -value) : values }
}

/** What every rule reads of a curve at most. */
const MAX_POINTS = 1_000
