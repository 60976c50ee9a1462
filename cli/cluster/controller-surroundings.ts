/** What a controller process serves whether it leads or waits: webhooks, probes, figures. */
import { systemClock as clock, createClient, createInformers, type Transport, type WritingClient } from '#kube'
import { type ControllerFigures, controllerFigures, startProbes } from '#server'
import { CommandError, EXIT } from '../exit.ts'
import { listening } from '../listening.ts'
import { VERSION } from '../version.ts'
import { directorySource, secretSource } from './certificate-source.ts'
import type { ControllerOptions } from './controller-options.ts'
import { keepRenewing } from './shown-certificate.ts'
import { startWebhook, type Webhook, type WebhookOptions } from './webhook.ts'

const SECRET = 'katib-webhook-cert'

/** `onEnd`: something cannot be served at all. What is started ends with `running`. */
export async function startSurroundings(
  options: ControllerOptions,
  transport: Transport,
  admission: WebhookOptions['admission'],
  running: AsyncDisposableStack,
  onEnd: (error: unknown) => void,
): Promise<{ readonly figures: ControllerFigures }> {
  const figures = controllerFigures(VERSION)
  const { host, healthPort, metricsPort, webhookPort, singleNamespace } = options
  if (singleNamespace && webhookPort !== undefined)
    throw new CommandError(EXIT.usage, '--webhook-port with --single-namespace: webhooks take rights of the cluster')
  const note = (line: string) => void process.stderr.write(`${line}\n`)
  const webhook =
    webhookPort === undefined ? undefined : webhookOf({ ...options, webhookPort }, transport, admission, running, onEnd)
  if (singleNamespace) running.use(certificateKeeper(options, createClient(transport)))
  const waitingFor = () => (webhook && !webhook.isServing ? ["the webhook's certificate"] : [])
  if (healthPort !== undefined) {
    const probes = await listening('--health-port', healthPort, () =>
      startProbes({ waitingFor }, { host, port: healthPort }),
    )
    note(`health on port ${running.use(probes).port}`)
  }
  if (metricsPort !== undefined) {
    const probes = await listening('--metrics-port', metricsPort, () =>
      startProbes({ waitingFor, metrics: figures }, { host, port: metricsPort }),
    )
    note(`metrics on port ${running.use(probes).port}`)
  }
  return { figures }
}

/** What a webhook does by the way: the Secret that the store shows its certificate from is kept filled. */
function certificateKeeper(
  { webhookService, leaseNamespace: namespace }: ControllerOptions,
  client: WritingClient,
): AsyncDisposable {
  const source = secretSource({
    client,
    namespace,
    name: SECRET,
    dnsNames: serviceNames(webhookService, namespace),
    clock,
  })
  const log = (line: string) => void process.stderr.write(`${line}\n`)
  return keepRenewing(source, { shown: '', renew() {}, clock, log })
}

function webhookOf(
  options: ControllerOptions & { readonly webhookPort: number },
  transport: Transport,
  admission: WebhookOptions['admission'],
  running: AsyncDisposableStack,
  onEnd: (error: unknown) => void,
): Webhook {
  const { host, webhookPort: port, leaseNamespace: namespace, webhookService, webhookCertificates } = options
  const log = (line: string) => void process.stderr.write(`${line}\n`)
  const client = createClient(transport, { onWarning: log })
  const certificate =
    webhookCertificates === undefined
      ? secretSource({ client, namespace, name: SECRET, dnsNames: serviceNames(webhookService, namespace), clock })
      : directorySource(webhookCertificates)
  const informers = running.use(createInformers({ transport, clock, log }))
  return running.use(
    startWebhook({
      ...{ host, port, certificate, client, informers, admission, clock, log, onEnd },
      onServing: bound => log(`webhook on port ${bound}`),
    }),
  )
}

function serviceNames(webhookService: string, namespace: string): readonly string[] {
  return [webhookService, ...STORE_SERVICES].flatMap(service => [
    `${service}.${namespace}.svc`,
    `${service}.${namespace}.svc.cluster.local`,
  ])
}

/** Show a certificate of the same authority. */
const STORE_SERVICES = ['qalam-store', 'katib-ui']
