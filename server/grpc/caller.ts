/** Who calls, and which trial such a caller may speak of. */
import type { Metadata } from '@grpc/grpc-js'
import type { Trial } from '#api'
import { readTrialToken, sameText } from '../rest/guard.ts'
import { Refusal } from './refusal.ts'

/** What a call or its connection shows. Without a token it is anyone, on a port that was opened for such callers. */
export interface Caller {
  readonly token?: string
  /** The trial that a connection says it is of. */
  readonly uid?: string
  /** Where the connection comes from; of a pod on a cluster its own. */
  readonly address?: string
}

/** What a call wants with a trial: to say something as that trial, or to read what was said. */
export type Purpose = 'report' | 'read'

/** Who may speak of which trial: one token on one machine (`Guard`), the cluster's identities elsewhere (`ClusterCallers`). */
export interface Callers {
  /** The trial that `name` means to this caller; `undefined`: there is none. Throws `Refusal`. */
  trial(caller: Caller, name: string, purpose: Purpose): Promise<Trial | undefined> | Trial | undefined
  /** Which of the trial's pods speaks, where that is known. */
  attempt(caller: Caller, trialUid: string): Promise<number | undefined> | number | undefined
  /** May delete. */
  isOperator(caller: Caller): Promise<boolean> | boolean
}

/** The metadata `authorization: Bearer TOKEN` says who calls; without it the connection does. */
export function callerOf(metadata: Metadata, ofConnection: Caller | undefined, peer: string): Caller {
  const [authorization] = metadata.get('authorization')
  const address = addressOf(peer)
  if (authorization === undefined) return { ...ofConnection, address }
  const token = /^Bearer (\S+)$/i.exec(String(authorization))?.[1]
  if (token === undefined) throw new Refusal('UNAUTHENTICATED', 'the metadata authorization is not "Bearer TOKEN"')
  return { token, address }
}

/** Of `ADDRESS:PORT`; an IPv4 address that came over IPv6 is itself. */
function addressOf(peer: string): string {
  return peer
    .replace(/^ipv[46]:/, '')
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .replace(/^::ffff:/, '')
}

/** Trials by name: Katib's wire carries no namespace. */
export interface TrialsByName {
  /** Of every namespace. */
  named(name: string): readonly Trial[]
  byUid(uid: string): Trial | undefined
}

export class Guard implements Callers {
  readonly #trials: TrialsByName
  readonly #serverToken: string

  constructor(trials: TrialsByName, serverToken: string) {
    this.#trials = trials
    this.#serverToken = serverToken
  }

  /**
   * The trial that `name` means to this caller: with a trial's own token that trial and no other; else the only one of that
   * name, `NAMESPACE/NAME` where several have it. `undefined`: there is none. Throws `Refusal`.
   */
  trial(caller: Caller, name: string): Trial | undefined {
    if (name === '') throw new Refusal('INVALID_ARGUMENT', 'trial_name is empty')
    if (caller.token === undefined || this.isOperator(caller)) return onlyNamed(this.#trials, name)
    const { token, uid } = caller
    const own = trialsNamed(this.#trials, name).find(trial => this.#isTokenOf(token, trial.metadata.uid))
    if (own) return own
    const bearer = uid !== undefined && this.#isTokenOf(token, uid) ? this.#trials.byUid(uid) : undefined
    if (bearer) {
      const { name: ownName } = bearer.metadata
      throw new Refusal('PERMISSION_DENIED', `the token is of trial ${ownName}, which may not speak for "${name}"`)
    }
    if (uid !== undefined && this.#isTokenOf(token, uid))
      throw new Refusal('UNAUTHENTICATED', `the token is of a trial that is gone; it says nothing about "${name}"`)
    throw new Refusal('UNAUTHENTICATED', `the token is neither that of trial "${name}" nor the one of this server`)
  }

  /** Which of the trial's pods speaks, where its token says so. */
  attempt({ token }: Caller, trialUid: string): number | undefined {
    return token === undefined ? undefined : readTrialToken(this.#serverToken, trialUid, token)?.attempt
  }

  isOperator({ token }: Caller): boolean {
    return token !== undefined && sameText(token, this.#serverToken)
  }

  #isTokenOf(token: string, trialUid: string | undefined): boolean {
    return trialUid !== undefined && readTrialToken(this.#serverToken, trialUid, token) !== undefined
  }
}

/** The only trial of that name. Throws `Refusal` with the spelling that tells several apart. */
export function onlyNamed(trials: TrialsByName, name: string): Trial | undefined {
  const found = trialsNamed(trials, name)
  if (found.length < 2) return found[0]
  const namespaces = found.map(({ metadata }) => metadata.namespace).sort()
  throw new Refusal(
    'FAILED_PRECONDITION',
    `trial "${name}" exists in the namespaces ${namespaces.join(' and ')}; name it "${namespaces[0]}/${name}", or show its own token`,
  )
}

/** `NAME` in every namespace, or `NAMESPACE/NAME`. */
export function trialsNamed(trials: TrialsByName, name: string): readonly Trial[] {
  const slash = name.indexOf('/')
  if (slash < 0) return trials.named(name)
  const namespace = name.slice(0, slash)
  return trials.named(name.slice(slash + 1)).filter(({ metadata }) => metadata.namespace === namespace)
}
