/**
 * Who may ask on the plaintext port of `qalam store`, which is for Kubeflow's gateway. The variables are those of Katib's UI.
 */
import type { AccessReviews, Doorkeeper } from '#server'
import { kubeflowDoorkeeper, openDoorkeeper } from '#server'
import { CommandError, EXIT } from '../exit.ts'

export interface UiOptions {
  /** Absent: none. */
  readonly uiPort?: number
  /** Absent: as APP_DISABLE_AUTH says, else `kubeflow`. */
  readonly uiAuth?: string
  /** Whose word is taken for who asks. */
  readonly uiProxy: readonly string[]
  readonly insecure?: boolean
}

type Mode = 'kubeflow' | 'none'

/** Throws `CommandError` for what would let in whoever reaches the port, unless that is asked for. */
export function uiDoorkeeper(
  options: UiOptions,
  { host, reviews, env }: { readonly host: string; readonly reviews: AccessReviews; readonly env: NodeJS.ProcessEnv },
): Doorkeeper {
  if (modeOf(options, env) === 'none') {
    if (isLoopback(host) || options.insecure) return openDoorkeeper
    const advice = 'give --insecure if everybody who reaches the port may do everything'
    throw new CommandError(EXIT.usage, `--ui-auth none on ${host}: nobody would be asked who he is; ${advice}`)
  }
  if (options.uiProxy.length === 0)
    throw new CommandError(
      EXIT.usage,
      '--ui-port needs --ui-proxy: the address of the gateway, 127.0.0.6 where its own mesh sidecar lets only that one in',
    )
  const { USERID_HEADER: header, USERID_PREFIX: prefix } = env
  try {
    return kubeflowDoorkeeper({
      ...{ reviews, proxies: options.uiProxy },
      ...(header ? { header } : {}),
      ...(prefix === undefined ? {} : { prefix }),
    })
  } catch (error) {
    throw new CommandError(EXIT.usage, `--ui-proxy: ${(error as Error).message}`)
  }
}

export const isLoopback = (host: string) => /^(127\.|localhost$|::1$)/.test(host)

function modeOf({ uiAuth }: UiOptions, env: NodeJS.ProcessEnv): Mode {
  if (uiAuth === 'kubeflow' || uiAuth === 'none') return uiAuth
  if (uiAuth !== undefined) throw new CommandError(EXIT.usage, `--ui-auth ${uiAuth}: expected kubeflow or none`)
  return env.APP_DISABLE_AUTH === 'true' ? 'none' : 'kubeflow'
}
