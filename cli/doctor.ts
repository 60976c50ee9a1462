/** `qalam doctor`: what stands in the way of Katib's clients here and, with `--migration`, of taking over from Katib. Changes nothing. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { isTrue, KATIB_FINALIZERS, type Resource } from '#api'
import { systemClock as clock, createClient, kubeconfigTransport, type ReadingClient } from '#kube'
import { openKatibLogs } from '#server'
import { refuseBesideKatib } from './cluster/katib-controller.ts'
import { leading } from './cluster/leading.ts'
import { CommandError, EXIT } from './exit.ts'
import { type Survey, survey } from './migration/survey.ts'
import type { Search } from './migration/take-over.ts'

export interface DoctorOptions {
  readonly migration?: boolean
  readonly kubeconfig?: string
  readonly namespace: string
  readonly dbManager?: string
  readonly python: string
}

/** Ends with 6 where something has to be done first; every finding is told. */
export async function doctor(options: DoctorOptions): Promise<void> {
  const findings = options.migration ? await migrationFindings(options) : await sdkFindings(options.python)
  for (const { text } of findings) process.stdout.write(`${text}\n`)
  if (findings.some(({ isHindrance }) => isHindrance))
    throw new CommandError(EXIT.conflict, 'something has to be done first, see above')
}

interface Finding {
  readonly text: string
  readonly isHindrance?: true
}

const versions = `from importlib.metadata import version, PackageNotFoundError
for name in ("kubeflow-katib", "kubernetes"):
    try: print(name, version(name))
    except PackageNotFoundError: pass`

async function sdkFindings(python: string): Promise<readonly Finding[]> {
  const advice = "pip install kubeflow-katib 'kubernetes<36'"
  const told = await promisify(execFile)(python, ['-c', versions]).catch(() => undefined)
  if (told === undefined) return [{ text: `${python}: there is no such Python; Katib's SDK is not looked at` }]
  const found = new Map(told.stdout.split('\n').map(line => line.split(' ') as [string, string]))
  const [katib, kubernetes] = [found.get('kubeflow-katib'), found.get('kubernetes')]
  if (katib === undefined) return [{ text: `${python}: Katib's SDK is not installed; where it is wanted: ${advice}` }]
  if (Number(kubernetes?.split('.')[0]) < 36)
    return [{ text: `${python}: kubeflow-katib ${katib} with kubernetes ${kubernetes}: they fit` }]
  const text = `${python}: kubeflow-katib ${katib} cannot read its own models with kubernetes ${kubernetes}, on any server: ${advice}`
  return [{ text, isHindrance: true }]
}

async function migrationFindings(options: DoctorOptions): Promise<readonly Finding[]> {
  await using transport = await kubeconfigTransport(options.kubeconfig)
  const client = createClient(transport)
  const found = await survey(client)
  const searches = found.katibs
  return [
    ...(await controllerFindings(client, options.namespace)),
    ...searches.map(experimentFinding),
    ...counted(searches),
    ...found.ambiguous.map(({ name, namespaces }): Finding => {
      const text = `trial ${name} is in the namespaces ${namespaces.join(' and ')}: Katib's observations do not tell them apart; delete all but one`
      return { text, isHindrance: true }
    }),
    ...(await logFindings(options.dbManager, searches)),
  ]
}

async function controllerFindings(client: ReadingClient, namespace: string): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  await refuseBesideKatib(client, namespace, clock.now()).catch(error => {
    if (!(error instanceof CommandError)) throw error
    findings.push({ text: error.message, isHindrance: true })
  })
  if ((await leading(client, clock.now(), namespace)) === 'yes')
    findings.push({ text: `a controller of Qalam leads in namespace ${namespace}; end it first`, isHindrance: true })
  return findings
}

function experimentFinding({ experiment, trials, hindrance }: Search): Finding {
  const { metadata, spec, status } = experiment
  const last = status?.conditions?.findLast(({ status }) => status === 'True')?.type ?? 'new'
  const running = trials.filter(({ status }) => isTrue(status?.conditions, 'Running')).length
  const counts = `${trials.length} trials, ${running} of them running, budget ${spec.maxTrialCount ?? 'without limit'}`
  const what = hindrance === undefined ? '' : `; it cannot go on here and would be suspended: ${hindrance}`
  return {
    text: `Experiment ${metadata.namespace}/${metadata.name}: ${last}, ${spec.algorithm?.algorithmName}, ${counts}${what}`,
  }
}

/** What goes away or is changed besides. */
function counted(searches: Survey['katibs']): readonly Finding[] {
  const all: readonly Resource[] = searches.flatMap(({ experiment, trials }) => [experiment, ...trials])
  const finalized = all.filter(({ metadata }) => metadata.finalizers?.some(name => KATIB_FINALIZERS.includes(name)))
  const services = searches.flatMap(search => search.services).filter(({ kind }) => kind === 'Deployment')
  return [
    {
      text: `${searches.length} experiments of Katib, ${searches.reduce((sum, { trials }) => sum + trials.length, 0)} trials`,
    },
    { text: `${finalized.length} finalizers of Katib (${KATIB_FINALIZERS.join(', ')})` },
    {
      text: `${services.length} Deployments of algorithms${services.map(({ metadata }) => ` ${metadata.namespace}/${metadata.name}`).join()}`,
    },
  ]
}

async function logFindings(dbManager: string | undefined, searches: Survey['katibs']): Promise<readonly Finding[]> {
  if (dbManager === undefined)
    return [{ text: "observation logs are not looked at: name Katib's DBManager with --db-manager HOST:PORT" }]
  using logs = await openKatibLogs(dbManager, clock)
  let [values, trials] = [0, 0]
  for (const { metadata } of searches.flatMap(search => search.trials)) {
    const found = (await logs.of(metadata.name)).length
    values += found
    trials += found > 0 ? 1 : 0
  }
  return [{ text: `${values} reported values of ${trials} trials at ${dbManager}` }]
}
