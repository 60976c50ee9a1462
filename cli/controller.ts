/**
 * `qalam controller`: the controllers of a cluster. Of several processes one leads; the others wait for its lease.
 *
 * Every request of the leader passes the fence, which refuses writes once the lease may be another's, and a limit, so that
 * a busy leader does not crowd out the cluster's other clients. Who loses the lease ends: its caches are of no use any more.
 */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { API_VERSION, type Trial } from '#api'
import { createSuggestPool, startControllers, sweepObservations } from '#controller'
import {
  acquireLease,
  systemClock as clock,
  createClient,
  createInformers,
  fenced,
  kubeconfigTransport,
  type Lease,
  limitedTransport,
  patientTransport,
  type Transport,
} from '#kube'
import { clusterAdmission } from './cluster/admission.ts'
import type { ControllerOptions } from './cluster/controller-options.ts'
import { startSurroundings } from './cluster/controller-surroundings.ts'
import { deployedServices } from './cluster/deployed-services.ts'
import { API_SERVER, firstAnswer } from './cluster/first-answer.ts'
import { leadAlone, refuseBesideKatib } from './cluster/katib-controller.ts'
import { LEASE } from './cluster/leading.ts'
import { answeringDatabase, observationsOf } from './cluster/observations.ts'
import { equipmentOf } from './cluster/pod-equipment.ts'
import { CommandError, EXIT } from './exit.ts'
import { withForeignAlgorithms } from './foreign-algorithms.ts'
import { type WatchedKatibConfig, watchKatibConfig } from './katib-config.ts'

const note = (text: string) => void process.stderr.write(`${text}\n`)

/** Leads until SIGINT or SIGTERM; ends with 1 when the lease is lost. */
export async function controller(options: ControllerOptions): Promise<void> {
  const ending = new AbortController()
  process.on('SIGINT', () => ending.abort()).on('SIGTERM', () => ending.abort())
  const failing = new AbortController()
  await using running = new AsyncDisposableStack()
  const transport = running.use(await kubeconfigTransport(options.kubeconfig))
  const client = createClient(transport, { onWarning: note })
  const waiting = { clock, signal: ending.signal, log: note }
  const unlessEnded = (error: unknown): undefined => {
    if (!ending.signal.aborted) throw error
  }
  const look = () => refuseBesideKatib(client, options.leaseNamespace, clock.now())
  await firstAnswer(look, API_SERVER, waiting).catch(unlessEnded)
  if (ending.signal.aborted) return
  const config = running.use(await katibConfigOf(transport, options, running))
  const equipment = await equipmentOf(options, createClient(transport), () => config.settings)
  const { knowledge, guard, policies } = clusterAdmission(options, transport, () => config.settings, equipment)
  const { figures } = await startSurroundings(options, transport, policies, running, error => failing.abort(error))
  const open = (databaseUrl: string) => answeringDatabase(databaseUrl, waiting)
  const observations = running.use(await observationsOf(options, note, open).catch(unlessEnded))
  if (!observations) return
  const identity = `${hostname()}_${randomUUID()}`
  const lease = await leaseOf(transport, { ...options, identity }, AbortSignal.any([ending.signal, failing.signal]))
  if (!lease && failing.signal.aborted) throw failing.signal.reason
  if (!lease) return
  running.use(lease)
  const over = AbortSignal.any([ending.signal, failing.signal, lease.held])
  const ended = new Promise<void>(resolve => over.addEventListener('abort', () => resolve(), { once: true }))
  const limited = limitedTransport(fenced(transport, lease), {
    clock,
    perSecond: options.rate,
    burst: 2 * options.rate,
  })
  const own = patientTransport(limited, { clock, log: note })
  const scope = options.singleNamespace ? { namespace: options.leaseNamespace } : {}
  const informers = running.use(createInformers({ transport: own, clock, log: note, ...scope }))
  const alone = { namespace: options.leaseNamespace, durationMs: options.leaseDurationMs, identity, clock, log: note }
  const onKatib = (refusal: CommandError) => failing.abort(refusal)
  running.use(leadAlone({ client: createClient(transport), informers, ...alone, onKatib }))
  const builtIn = createSuggestPool({ onTrouble: (_, message) => note(message) })
  const foreign = deployedServices(() => config.settings, options)
  const pool = running.use(withForeignAlgorithms(builtIn, foreign, clock))
  const starting = startControllers({
    ...{ transport: own, informers, observations, pool, knowledge, guard, clock, log: note },
    ...equipment,
    foreignService: foreign.service,
    claimSpec: algorithmName => config.settings?.claims.get(algorithmName),
  })
  const controllers = await Promise.race([starting, ended])
  if (controllers) {
    running.use(controllers)
    running.use(figures.lead(informers))
    const trials = informers.of<Trial>({ apiVersion: API_VERSION, kind: 'Trial' })
    running.use(sweepObservations({ trials, observations, clock, log: note }))
    process.stdout.write('leading\n')
    await ended
  }
  if (failing.signal.aborted) throw failing.signal.reason
  if (!ending.signal.aborted)
    throw new CommandError(EXIT.unexpected, `${(lease.held.reason as Error).message}; start again`)
}

function katibConfigOf(
  transport: Transport,
  { leaseNamespace: namespace, katibConfig: name }: ControllerOptions,
  running: AsyncDisposableStack,
): Promise<WatchedKatibConfig> {
  const informers = running.use(createInformers({ transport, clock, log: note }))
  return watchKatibConfig({ informers, namespace, name, log: note })
}

/** Undefined: asked to end before the lease was ours. */
async function leaseOf(
  transport: Transport,
  options: ControllerOptions & { readonly identity: string },
  ending: AbortSignal,
): Promise<Lease | undefined> {
  const { leaseNamespace: namespace, leaseDurationMs: durationMs, identity } = options
  note(`${identity} waits for the lease ${namespace}/${LEASE}`)
  try {
    return await acquireLease(
      {
        client: createClient(transport, { onWarning: note }),
        clock,
        namespace,
        name: LEASE,
        identity,
        durationMs,
        // The parts of client-go: 15 s, 10 s, 2 s.
        renewDeadlineMs: (durationMs * 2) / 3,
        retryMs: (durationMs * 2) / 15,
        log: note,
      },
      ending,
    )
  } catch (error) {
    if (ending.aborted) return undefined
    throw error
  }
}
