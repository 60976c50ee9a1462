/**
 * One JSON object a line: `{"loss": 0.22, "step": 3, "timestamp": 1638422847.287801}`. Values are numbers or numbers in
 * quotes, as cloudml-hypertune and the Kubeflow SDK write them; NaN and infinities, which Python prints bare, are read too.
 */
import type { MetricLog } from '#api'
import type { LineFormat, Witness } from './format.ts'
import { numberText } from './number-text.ts'
import { rfc3339OfSeconds, rfc3339Text } from './timestamp.ts'

/** For collectors of format JSON: a line that is no object is skipped and told to the witness. */
export function jsonFormat(metricNames: ReadonlySet<string>, witness: Witness): LineFormat {
  return line => {
    if (line.trim() === '') return []
    const metrics = readJsonLine(line, metricNames, witness)
    if (metrics === undefined) witness.badLine(line)
    return metrics ?? []
  }
}

/** The wanted values of one JSON line; `undefined` when the line is no JSON object. */
export function readJsonLine(
  line: string,
  metricNames: ReadonlySet<string>,
  witness: Witness,
): readonly MetricLog[] | undefined {
  const members = parseObject(line)
  if (members === undefined) return undefined
  const time = timeOf(members.get('timestamp'))
  const step = stepOf(members, metricNames)
  const metrics: MetricLog[] = []
  for (const metricName of metricNames) {
    const found = members.get(metricName)
    if (found === undefined) continue
    const text = typeof found === 'string' ? found.trim() : String(found)
    const value = typeof found === 'string' || typeof found === 'number' ? numberText(text) : undefined
    if (value === undefined) witness.notANumber(metricName, text)
    else metrics.push({ metricName, value, ...(time && { time }), ...(step !== undefined && { step }) })
  }
  return metrics
}

/** Members of the object by name; nested values are kept as they are and are never metrics. */
function parseObject(line: string): ReadonlyMap<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(line)
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined
    return new Map(Object.entries(parsed))
  } catch {
    // Python's json.dumps writes NaN and Infinity without quotes, which JSON does not know.
    const quoted = line.replace(BARE_NON_FINITE, '$1"$2"')
    return quoted === line ? undefined : parseObject(quoted)
  }
}

const BARE_NON_FINITE = /(:\s{0,8})(NaN|-?Infinity)(?=\s{0,8}[,}])/g

function timeOf(stamp: unknown): string | undefined {
  if (typeof stamp === 'number') return rfc3339OfSeconds(stamp)
  return typeof stamp === 'string' ? rfc3339Text(stamp) : undefined
}

/** `step`, else `epoch`, where the trial wrote one as a whole number and it is not itself a metric. */
function stepOf(members: ReadonlyMap<string, unknown>, metricNames: ReadonlySet<string>): number | undefined {
  for (const name of ['step', 'epoch']) {
    const step = members.get(name)
    const asNumber = typeof step === 'string' && step !== '' ? Number(step) : step
    if (!metricNames.has(name) && Number.isSafeInteger(asNumber) && Number(asNumber) >= 0) return Number(asNumber)
  }
  return undefined
}
