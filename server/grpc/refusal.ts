/** A gRPC status other than OK, with one sentence for the caller. */
import { status } from '@grpc/grpc-js'

export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: status

  constructor(code: keyof typeof status, message: string) {
    super(message)
    this.code = status[code]
  }
}
