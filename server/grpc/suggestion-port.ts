/** Katib's Suggestion service on a port of its own, as an algorithm image of Katib serves it. */
import { type CheckpointOptions, Checkpoints } from './checkpoints.ts'
import { GrpcPort } from './grpc-port.ts'
import { type Search, suggestionHandlers } from './suggestion-service.ts'

export interface SuggestionPortOptions {
  readonly search: Search
  readonly checkpoints: CheckpointOptions
  readonly algorithmName?: string
  log(line: string): void
}

export interface SuggestionPort extends AsyncDisposable {
  /** Plaintext. Resolves with `HOST:PORT`; rejects with EADDRINUSE when the port is taken. */
  listen(host: string, port: number): Promise<string>
}

export function createSuggestionPort({ checkpoints, log, ...options }: SuggestionPortOptions): SuggestionPort {
  return new GrpcPort({
    log,
    services: {
      'api.v1.beta1.Suggestion': suggestionHandlers({ ...options, checkpoints: new Checkpoints(checkpoints) }),
    },
    alsoHealthy: ['manager.v1beta1.Suggestion'],
    isServing: async () => true,
  })
}
