/**
 * Who may ask on one machine: the bearer of the server's token; for one trial's metrics also the bearer of that trial's token.
 * A web page of another origin, or one that reaches loopback under another name (DNS rebinding), is refused before anything
 * is looked up.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Doorkeeper } from './doorkeeper.ts'
import { Refusal } from './problem.ts'

/** The doorkeeper of a server on loopback. */
export const localDoorkeeper = (serverToken: string): Doorkeeper => ({
  admit: request => guard(request, serverToken),
})

/**
 * What a trial proves itself with; derived, so that nothing is stored. Good for appending to this trial's observations only.
 * With an attempt, `ATTEMPT.PROOF`: it also says which of the trial's pods speaks.
 */
export function trialToken(serverToken: string, trialUid: string, attempt?: number): string {
  const proof = (text: string) => createHmac('sha256', serverToken).update(text).digest('base64url')
  return attempt === undefined
    ? proof(`trial ${trialUid}`)
    : `${attempt}.${proof(`trial ${trialUid} attempt ${attempt}`)}`
}

/** What a token says, if it is this trial's. */
export function readTrialToken(
  serverToken: string,
  trialUid: string,
  token: string,
): { readonly attempt?: number } | undefined {
  const digits = /^(\d{1,10})\./.exec(token)?.[1]
  const attempt = digits === undefined ? undefined : Number(digits)
  if (!sameText(token, trialToken(serverToken, trialUid, attempt))) return undefined
  return attempt === undefined ? {} : { attempt }
}

function guard(request: FastifyRequest, serverToken: string): void {
  if (!isLoopbackName(request.headers.host)) throw new Refusal(403, 'the Host header does not name this machine')
  const origin = request.headers.origin
  if (origin !== undefined && origin !== `http://${request.headers.host}`)
    throw new Refusal(403, 'requests from web pages of another origin are refused')
  const { config } = request.routeOptions
  if (config.isOpen) return
  const bearer = bearerOf(request)
  if (bearer !== undefined && sameText(bearer, serverToken)) return
  if (bearer === undefined || !config.acceptsTrialToken)
    throw new Refusal(
      401,
      bearer === undefined ? 'no bearer token' : 'the bearer token is not the one of this server',
      {
        hint: 'send "Authorization: Bearer TOKEN" with the text of the file "token" in the data directory',
      },
    )
  request.asTrial = ({ name, uid = '' }) => {
    const said = readTrialToken(serverToken, uid, bearer)
    if (said !== undefined) return said
    throw new Refusal(403, `the bearer token is not the one of trial ${name}`, {
      hint: 'a trial reports for itself alone, with the text of the file that QALAM_TOKEN_FILE names',
    })
  }
}

export function bearerOf({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  return /^Bearer ([\x21-\x7e]+)$/i.exec(headers.authorization ?? '')?.[1]
}

/** Takes the same time wherever the texts differ. */
export function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

const isLoopbackName = (host: string | undefined) =>
  host !== undefined && /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host)
