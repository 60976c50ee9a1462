/** The verbs of a cluster: its processes, and what an operator does to it. */
import { type Command, Option } from 'commander'
import { collectorFlags } from './collector-flags.ts'
import { collect, count, number, port } from './option-values.ts'

export function addClusterVerbs(qalam: Command): void {
  qalam
    .command('controller')
    .description('run the controllers of a cluster; of several processes one leads')
    .option('--kubeconfig <file>', 'the Kubernetes API (default: $KUBECONFIG, ~/.kube/config, or the pod itself)')
    .option('--lease-namespace <name>', 'namespace of the lease', 'kubeflow')
    .option('--lease-duration <duration>', 'how long others wait for a silent leader', '15s')
    .option('--rate <requests>', 'requests to the API per second', number, 100)
    .option('--host <address>', 'address of the ports below; in a pod 0.0.0.0', '127.0.0.1')
    .option('--single-namespace', 'work in the namespace of the lease alone, with no rights of the cluster')
    .option('--katib-config <name>', 'ConfigMap with a KatibConfig, in the namespace of the lease', 'katib-config')
    .option('--webhook-port <port>', "serve Katib's admission webhooks over HTTPS (0: any free one)", port)
    .option('--webhook-service <name>', 'Service by which the API server reaches the webhooks', 'katib-controller')
    .option('--webhook-certificates <dir>', 'directory of tls.crt and tls.key (default: a Secret kept up to date)')
    .option(
      '--trial-resource <kind>',
      'what trials may be, such as Job.v1.batch (repeatable; default: as KatibConfig says)',
      collect,
      [],
    )
    .addOption(
      new Option('--creators <mode>', 'those who may not create what their trials are')
        .choices(['warn', 'enforce'])
        .default('warn'),
    )
    .option('--health-port <port>', 'serve /healthz and /readyz', port)
    .option('--metrics-port <port>', 'serve /metrics for Prometheus', port)
    .option('--store <url>', 'the `qalam store` that has the observations (default: the database of DATABASE_URL)')
    .option('--store-token-file <file>', 'token for it, read anew for each request')
    .option('--store-ca-file <file>', 'authority of its certificate, read anew too')
    .option('--no-log-relay', 'the store may not read logs: StdOut takes a command in the template')
    .option(
      '--collector-image <image>',
      "image of this program, for collectors of trials, which report to --store; own: this pod's",
    )
    .action(async ({ leaseDuration, trialResource, ...options }) => {
      const [{ controller }, { parseDuration }] = await Promise.all([
        import('./controller.ts'),
        import('./input/duration.ts'),
      ])
      return controller({ ...options, trialResources: trialResource, leaseDurationMs: parseDuration(leaseDuration) })
    })
  qalam
    .command('store')
    .description('keep the observations of a cluster in Postgres, and serve REST over them')
    .option('--kubeconfig <file>', 'the Kubernetes API (default: $KUBECONFIG, ~/.kube/config, or the pod itself)')
    .option('--data <dir>', 'directory of a Postgres of its own (default: the database of DATABASE_URL)')
    .option('--host <address>', 'address to listen on; in a pod 0.0.0.0', '127.0.0.1')
    .option('--port <port>', 'port of REST (0: any free one)', port, 6443)
    .option('--certificates <dir>', 'serve HTTPS with tls.crt and tls.key of this directory (default: HTTP)')
    .option('--health-port <port>', 'serve /healthz and /readyz over HTTP', port)
    .option('--grpc-port <port>', "plaintext port of Katib's gRPC services (0: any free one; default: none)", port)
    .option('--ui-port <port>', "plaintext port of REST and Katib's UI routes, for a gateway (default: none)", port)
    .option('--ui-auth <mode>', 'who asks there: kubeflow (a header of the gateway) or none (default: kubeflow)')
    .option('--ui-proxy <address>', 'address or network whose header is believed (repeatable)', collect, [])
    .option('--insecure', 'let everybody in with --ui-auth none, on any address')
    .option('--namespace <name>', 'where it is installed', 'kubeflow')
    .option('--single-namespace', 'serve that namespace alone, with no rights of the cluster')
    .option(
      '--controller <user>',
      'who may read all observations (repeatable; default: the account of the manifests)',
      collect,
      [],
    )
    .action(async options => (await import('./store.ts')).store(options))
  qalam
    .command('collector')
    .description("the metrics sidecar of a trial's pod, with the flags of Katib's")
    .usage('-t TRIAL -m METRIC[;METRIC...] [-path FILE [-format TEXT]] ...')
    .addHelpText('after', collectorFlags)
    .allowUnknownOption()
    .allowExcessArguments()
    // The launcher starts the sidecar itself; this is for whoever starts cli/main.ts.
    .action(async () => {
      process.argv.splice(2, 1)
      await import('./collector-main.ts')
    })
  qalam
    .command('uninstall')
    .description('take from a cluster what the manifests made; experiments stay')
    .option('--kubeconfig <file>', 'the Kubernetes API (default: $KUBECONFIG or ~/.kube/config)')
    .option('-n, --namespace <name>', 'where it is installed', 'kubeflow')
    .option('--dry-run', 'only say what would be done')
    .option('--crds', 'delete the definitions too, and with them every Experiment')
    .action(async options => (await import('./uninstall.ts')).uninstall(options))
  qalam
    .command('migrate')
    .description("go on with Katib's experiments: trials, budgets and metrics (Katib's controller must not run)")
    .option('--kubeconfig <file>', 'the Kubernetes API (default: $KUBECONFIG or ~/.kube/config)')
    .option('-n, --namespace <name>', 'where the controllers are installed', 'kubeflow')
    .option('--dry-run', 'only say what would be done')
    .option('--back', 'give them back to Katib')
    .option('--db-manager <host:port>', "Katib's own DBManager: what trials reported is brought over")
    .option('--store <url>', 'a `qalam store` to bring it to (default: the database of $DATABASE_URL)')
    .option('--store-token-file <file>', 'bearer token for the store')
    .option('--store-ca-file <file>', "PEM of the authority of the store's certificate")
    .action(async options => (await import('./migrate.ts')).migrate(options))
  qalam
    .command('doctor')
    .description(
      "what stands in the way: packages of Katib's SDK on this machine and, with --migration, Katib on a cluster",
    )
    .option('--migration', 'what `qalam migrate` would take over')
    .option('--kubeconfig <file>', 'the Kubernetes API (default: $KUBECONFIG or ~/.kube/config)')
    .option('-n, --namespace <name>', 'where the controllers are installed', 'kubeflow')
    .option('--db-manager <host:port>', "Katib's own DBManager: what trials reported is counted")
    .option('--python <program>', "the Python that has Katib's SDK", 'python3')
    .action(async options => (await import('./doctor.ts')).doctor(options))
  qalam
    .command('suggestion')
    .description("serve the algorithms as Katib's Suggestion service, for a Katib that stays")
    .option('--port <port>', 'plaintext gRPC port (0: any free one)', count, 6789)
    .option('--host <address>', 'address to listen on; in a pod 0.0.0.0', '127.0.0.1')
    .option('--algorithm <name>', 'search with this one, whatever the Experiment names')
    .option('--data <dir>', 'where checkpoints of pbt are handed on (default: /opt/katib/data where it exists)')
    .action(async options => (await import('./suggestion.ts')).suggestion(options))
}
