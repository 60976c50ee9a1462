/** How a job stands, by the trial's success and failure conditions. */
import type { Resource } from '#api'
import { gjson } from './gjson.ts'
import { isObject } from './gjson-modifiers.ts'
import type { RunStatus } from './kind.ts'
import { kindOf } from './registry.ts'

/**
 * Failure is asked first. A condition holds if its path finds an object or a list with at least one element; text,
 * numbers and booleans never hold. Reason and message come from the object, or from the first element of the list.
 */
export function runStatus(job: Resource, successCondition: string, failureCondition: string): RunStatus {
  const failed = holding(job, failureCondition)
  if (failed) return { is: 'failed', ...explanation(failed.by) }
  const succeeded = holding(job, successCondition)
  if (succeeded) return { is: 'succeeded', ...explanation(succeeded.by) }
  return { is: kindOf(job).isRunning(job) ? 'running' : 'pending' }
}

function holding(job: Resource, condition: string): { readonly by: unknown } | undefined {
  const found = gjson(job, condition)
  if (Array.isArray(found)) return found.length > 0 ? { by: found[0] } : undefined
  return isObject(found) ? { by: found } : undefined
}

/** A list of plain values holds as well; it only has nothing to say. */
function explanation(by: unknown): { reason?: string; message?: string } {
  if (!isObject(by)) return {}
  const { reason, message } = by
  return {
    ...(typeof reason === 'string' && reason !== '' ? { reason } : {}),
    ...(typeof message === 'string' && message !== '' ? { message } : {}),
  }
}
