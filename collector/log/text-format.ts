/**
 * Lines of a log: `2024-03-04T17:55:08Z INFO loss=0.1234 step=3`. The default filter takes `name=value`; a JSON object on a
 * line, as the Kubeflow SDK prints it, is read as one. A line that holds no wanted name is passed over at once.
 */
import type { MetricLog } from '#api'
import { isNameCode, scanAssignments } from './default-filter.ts'
import type { LineFormat, Witness } from './format.ts'
import { readJsonLine } from './json-format.ts'
import { rfc3339Text } from './timestamp.ts'

/** The default filter. */
export function textFormat(metricNames: ReadonlySet<string>, witness: Witness): LineFormat {
  const names = [...metricNames]
  const oddNames = names.filter(name => ![...name].every(letter => isNameCode(letter.codePointAt(0)!)))
  return line => {
    if (!names.some(name => line.includes(name))) return []
    const asJson = line.startsWith('{') ? readJsonLine(line, metricNames, witness) : undefined
    return asJson ?? readAssignments(line, metricNames, oddNames, witness)
  }
}

function readAssignments(
  line: string,
  metricNames: ReadonlySet<string>,
  oddNames: readonly string[],
  witness: Witness,
): readonly MetricLog[] {
  const found: { metricName: string; value: string }[] = []
  let step: number | undefined
  scanAssignments(line, oddNames, (name, value, valueStart) => {
    if (!metricNames.has(name)) {
      if (name === 'step' && value !== undefined) step = wholeNumber(value)
    } else if (value === undefined) witness.notANumber(name, line.slice(valueStart, valueStart + 40))
    else found.push({ metricName: name, value })
  })
  if (found.length === 0) return found
  return stamped(found, line, step)
}

/** Gives every value of a line its time, the text before the first space, and its step. */
export function stamped(
  found: readonly { metricName: string; value: string }[],
  line: string,
  step?: number,
): readonly MetricLog[] {
  const time = rfc3339Text(line.slice(0, Math.max(0, line.indexOf(' '))))
  if (time === undefined && step === undefined) return found
  return found.map(metric => ({ ...metric, ...(time && { time }), ...(step !== undefined && { step }) }))
}

function wholeNumber(text: string): number | undefined {
  const value = Number(text)
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
