/** Asks the API server for one of its reviews; what it answers is that review with its status. */
import { ApiError } from '#api'
import type { Transport } from '#kube'

const GROUPS = {
  TokenReview: 'authentication.k8s.io',
  SelfSubjectReview: 'authentication.k8s.io',
  SubjectAccessReview: 'authorization.k8s.io',
  LocalSubjectAccessReview: 'authorization.k8s.io',
} as const

/** `namespace` of a local one. Every refusal is an `ApiError`; S is what the API's reference says of the status. */
export async function askReview<S>(
  transport: Transport,
  kind: keyof typeof GROUPS,
  spec: object = {},
  namespace?: string,
): Promise<S> {
  const apiVersion = `${GROUPS[kind]}/v1`
  const place = namespace === undefined ? '' : `namespaces/${namespace}/`
  const metadata = namespace === undefined ? {} : { namespace }
  const path = `/apis/${apiVersion}/${place}${kind.toLowerCase()}s`
  const reply = await transport.send({ method: 'POST', path, body: { apiVersion, kind, metadata, spec } })
  const text = await reply.text()
  if (reply.status >= 300) {
    const sentence = `${kind}: the API server answered ${reply.status}: ${text.slice(0, 300)}`
    throw new ApiError(reply.status, 'Unknown', sentence)
  }
  return (JSON.parse(text) as { status: S }).status
}
