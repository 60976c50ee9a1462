/** Where a command finds the API, as its options say. */

export interface Place {
  readonly dataDir: string
  readonly server?: string
  readonly kubeconfig?: string
  readonly cluster?: boolean
  readonly namespace?: string
}
