/**
 * Katib's `report_metrics()`, unmodified, in trials of this machine: a proxy that carries their identity to our DBManager,
 * and a namespace file that Python finds. Both are told once; `--no-grpc-proxy` leaves them out.
 */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { API_VERSION, attemptOf, type Resource, TRIAL_LABEL, TRIAL_UID_ANNOTATION, type Trial } from '#api'
import type { Informers } from '#kube'
import { type KatibWire, openTrialProxy, SITE_CUSTOMIZE, type TrialProxy } from '#server'

type Variables = Readonly<Record<string, string>>

export interface TrialReportsOptions {
  readonly dataDir: string
  readonly informers: Informers
  /** The server's own. */
  readonly token: string
  wire(): Promise<KatibWire>
  note(text: string): void
}

export class TrialReports implements AsyncDisposable {
  readonly #options: TrialReportsOptions
  readonly #python: string
  readonly #portFile: string
  #proxy: Promise<TrialProxy> | undefined
  #prepared: Promise<void> | undefined

  private constructor(options: TrialReportsOptions) {
    this.#options = options
    this.#python = join(options.dataDir, 'python')
    this.#portFile = join(options.dataDir, 'grpc-proxy-port')
  }

  /** Trials that an earlier server started know its port: it is taken again at once. */
  static async open(options: TrialReportsOptions): Promise<TrialReports> {
    const reports = new TrialReports(options)
    const port = await readFile(reports.#portFile, 'utf8').then(Number, () => undefined)
    if (port !== undefined) reports.#proxy = reports.#listen(port)
    await reports.#proxy
    return reports
  }

  /** A container's own variables, with ours in trials that report by themselves; what it sets itself stays. */
  async variables(pod: Resource, environment: Variables): Promise<Variables> {
    const uid = pod.metadata.annotations?.[TRIAL_UID_ANNOTATION]
    if (uid === undefined || !this.#reportsItself(uid)) return environment
    this.#prepared ??= this.#prepare()
    await this.#prepared
    this.#proxy ??= this.#listen(undefined)
    const paths = environment.PYTHONPATH ? [this.#python, environment.PYTHONPATH] : [this.#python]
    return {
      grpc_proxy: (await this.#proxy).urlFor(uid, attemptOf(pod.metadata.creationTimestamp)),
      // What runs on this machine is reached as before.
      no_grpc_proxy: 'localhost,127.0.0.1,::1',
      QALAM_NAMESPACE: pod.metadata.namespace ?? 'default',
      // The primary container has it already; a collector of the user's needs it as well.
      KATIB_TRIAL_NAME: pod.metadata.labels?.[TRIAL_LABEL] ?? '',
      ...environment,
      PYTHONPATH: paths.join(delimiter),
    }
  }

  async #prepare(): Promise<void> {
    this.#options.note(
      "trials that push get grpc_proxy, and a sitecustomize.py on PYTHONPATH, so that Katib's report_metrics() reaches this server; --no-grpc-proxy leaves both out",
    )
    await mkdir(this.#python, { recursive: true })
    await copyFile(SITE_CUSTOMIZE, join(this.#python, 'sitecustomize.py'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#proxy)?.[Symbol.asyncDispose]()
  }

  async #listen(port: number | undefined): Promise<TrialProxy> {
    const { token, wire, note } = this.#options
    const proxy = await openTrialProxy({ token, wire, log: note, ...(port === undefined ? {} : { port }) })
    await writeFile(this.#portFile, String(proxy.port))
    return proxy
  }

  #reportsItself(uid: string): boolean {
    const trials = this.#options.informers.of<Trial>(
      { apiVersion: API_VERSION, kind: 'Trial' },
      { indexes: { [BY_UID]: trial => [trial.metadata.uid ?? ''] } },
    )
    const kind = trials.byIndex(BY_UID, uid)[0]?.spec.metricsCollector?.collector?.kind
    return kind === 'Push' || kind === 'Custom' || kind === 'None'
  }
}

const BY_UID = 'reports.uid'
