/**
 * The client of algorithm and early-stopping services that are not ours, as Katib's controller is one: plaintext, a connection
 * a call, each call within 60 s. Settings are validated before the first question is put.
 */
import * as grpc from '@grpc/grpc-js'
import type { EarlyStoppingRule, Setting } from '#api'
import { type Clock, delay } from '#kube'
import type { TrialFacts } from '#suggestion'
import { experimentMessage, type ForeignExperiment, trialMessages } from './experiment-message.ts'
import { ForeignRefusal } from './foreign-refusal.ts'
import { checkedAssignments, type ForeignAssignment } from './foreign-reply.ts'
import type { EarlyStoppingRuleMessage, GetSuggestionsReply, RuleMessage } from './messages.ts'
import { serviceOf } from './wire.ts'

export interface ForeignQuestion {
  readonly experiment: ForeignExperiment
  readonly trials: readonly TrialFacts[]
  readonly count: number
  /** Of all assignments, these included. */
  readonly total: number
}

export interface ForeignAnswer {
  readonly assignments: readonly ForeignAssignment[]
  /** What the service wants to be told again with the next question. */
  readonly algorithmSettings: readonly Setting[]
}

export class ForeignClient {
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves when the service takes the settings, or does not judge them. Throws `ForeignRefusal`. */
  validate(address: string, experiment: ForeignExperiment, signal: AbortSignal): Promise<void> {
    const request = { experiment: experimentMessage(experiment) }
    return this.#validate({ address, service: SUGGESTION, method: 'ValidateAlgorithmSettings', request }, signal)
  }

  validateStopping(address: string, { earlyStopping }: ForeignExperiment, signal: AbortSignal): Promise<void> {
    const request = { earlyStopping }
    return this.#validate({ address, service: STOPPING, method: 'ValidateEarlyStoppingSettings', request }, signal)
  }

  /** Rejects in one sentence where the service does not answer, or answers what is not of the search space. */
  async suggest(address: string, question: ForeignQuestion, signal: AbortSignal): Promise<ForeignAnswer> {
    const { experiment, trials, count, total } = question
    const request = {
      experiment: experimentMessage(experiment),
      trials: trialMessages(trials, experiment.objective),
      currentRequestNumber: count,
      totalRequestNumber: total,
    }
    const call = { address, service: SUGGESTION, method: 'GetSuggestions', request }
    // The wire hands out what the reply's message says.
    const reply = (await this.#call(call, signal).catch(toldOf(call))) as SuggestionsReply
    return {
      assignments: checkedAssignments(reply, experiment.problem.parameters, count),
      algorithmSettings: reply.algorithm?.algorithmSettings ?? [],
    }
  }

  /** One set of rules for every trial of a batch. */
  async stoppingRules(
    address: string,
    { experiment, trials, dbManagerAddress }: Omit<ForeignQuestion, 'count' | 'total'> & { dbManagerAddress: string },
    signal: AbortSignal,
  ): Promise<readonly EarlyStoppingRule[]> {
    const request = {
      experiment: experimentMessage(experiment),
      trials: trialMessages(trials, experiment.objective),
      dbManagerAddress,
    }
    const call = { address, service: STOPPING, method: 'GetEarlyStoppingRules', request }
    const { earlyStoppingRules } = (await this.#call(call, signal).catch(toldOf(call))) as RulesReply
    return earlyStoppingRules.map(({ name, value, comparison, startStep }) => ({
      ...{ name, value, startStep },
      comparison: comparison === 'LESS' ? 'less' : comparison === 'GREATER' ? 'greater' : 'equal',
    }))
  }

  /** Katib's reading of codes: these two refuse, a service that is away is asked again, and any other code lets pass. */
  async #validate(call: Call, signal: AbortSignal): Promise<void> {
    const untilMs = this.#clock.monotonicMs() + DEADLINE_MS
    for (let attempt = 1; ; attempt++) {
      const failure = await this.#call(call, signal).then(
        () => undefined,
        (error: grpc.ServiceError) => error,
      )
      if (failure === undefined) return
      signal.throwIfAborted()
      const { code, details } = failure
      if (code === grpc.status.INVALID_ARGUMENT || code === grpc.status.UNKNOWN)
        throw new ForeignRefusal(`${call.method} Error: ${details}`)
      if (code !== grpc.status.UNAVAILABLE && code !== grpc.status.RESOURCE_EXHAUSTED) return
      if (attempt === ATTEMPTS || this.#clock.monotonicMs() + PAUSE_MS > untilMs) return toldOf(call)(failure)
      await delay(this.#clock, PAUSE_MS, signal)
    }
  }

  #call({ address, service, method, request }: Call, signal: AbortSignal): Promise<unknown> {
    const Client = grpc.makeClientConstructor(serviceOf(service), service)
    const client = new Client(address, grpc.credentials.createInsecure(), LIMITS)
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const deadline = new Date(this.#clock.now().getTime() + DEADLINE_MS)
    const call: grpc.ClientUnaryCall = client[method](
      request,
      new grpc.Metadata(),
      { deadline },
      (error: grpc.ServiceError | null, reply: unknown) => (error ? reject(error) : resolve(reply)),
    )
    const cancel = () => call.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    return promise.finally(() => {
      signal.removeEventListener('abort', cancel)
      client.close()
    })
  }
}

interface Call {
  readonly address: string
  readonly service: string
  readonly method: string
  readonly request: object
}

type SuggestionsReply = GetSuggestionsReply & { readonly algorithm: RuleMessage | null }
interface RulesReply {
  readonly earlyStoppingRules: readonly EarlyStoppingRuleMessage[]
}

const SUGGESTION = 'api.v1.beta1.Suggestion'
const STOPPING = 'api.v1.beta1.EarlyStopping'
const DEADLINE_MS = 60_000
const ATTEMPTS = 10
const PAUSE_MS = 3_000
const LIMITS: grpc.ClientOptions = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 }

function toldOf({ address, method }: Call): (error: grpc.ServiceError) => never {
  return cause => {
    const code = grpc.status[cause.code] ?? 'failed'
    throw new Error(`${method} at ${address}: ${code}: ${cause.details ?? cause.message}`, { cause })
  }
}
