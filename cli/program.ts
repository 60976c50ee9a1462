/** Every verb with its options. A verb's file is imported only when it runs, so that `qalam version` starts at once. */
import { Command, type CommanderError, Option } from 'commander'
import { addClusterVerbs } from './cluster-verbs.ts'
import { CommandError, EXIT } from './exit.ts'
import { collect, count, integer, number, port } from './option-values.ts'

/** `program` is what followed `--`. */
export function program(foreign: readonly string[]): Command {
  const qalam = new Command('qalam')
    .description('Hyperparameter tuning: one machine or a cluster, the same YAML.')
    .helpCommand(false)
    .configureOutput({ writeErr: text => process.stderr.write(text.replace(/^error: /, 'qalam: ')) })
    .exitOverride(stop)
  addRunning(qalam.commandsGroup('Run:'), foreign)
  addReading(qalam.commandsGroup('Look:'))
  addWriting(qalam.commandsGroup('Change:'))
  addOffline(qalam.commandsGroup('Without a server:'))
  addClusterVerbs(qalam.commandsGroup('On a cluster:'))
  return qalam
}

function addRunning(qalam: Command, foreign: readonly string[]): void {
  const run = verb(qalam, 'run', 'run an experiment to its end and print its best assignment')
    .option('-f, --file <file>', 'manifest with the Experiment (- is standard input)')
    .option('-p, --parameter <name=space>', 'search space, for example lr=1e-4..1:log (repeatable)', collect, [])
    .option('--minimize <metric>', 'objective of a command-line experiment')
    .option('--maximize <metric>', 'objective of a command-line experiment')
    .option('--goal <number>', 'stop when the objective reaches it', number)
    .option('--algorithm <name>', 'search algorithm')
    .option('--name <name>', 'name of a command-line experiment')
    .option('--trials <count>', 'overrides maxTrialCount', count)
    .option('--parallel <count>', 'overrides parallelTrialCount', count)
    .option('--timeout <duration>', 'give up waiting after 90s, 30m, 2h')
    .option('--seed <number>', 'overrides spec.seed', integer)
    .option('--require-goal', 'exit with 11 when the goal was not reached')
    .option('--dry-run', 'print the Experiment, run nothing')
    .option('--for <reader>', 'with --dry-run: `katib` prints only what Katib accepts')
    .option('-o, --output <format>', 'args, env, json or yaml', 'args')
    .option('-q, --quiet', 'print the result alone')
    .option('-v, --verbose', 'print trial starts too')
  withMachine(run).action(async options => (await import('./run.ts')).run({ ...options, command: foreign }))

  const server = qalam
    .command('server')
    .description('serve the Kubernetes API, the controllers and REST on loopback')
    .option(...dataDir)
    .option('--port <port>', 'port of the Kubernetes API (0: any free one)', port, 0)
    .option('--rest-port <port>', 'port of REST (0: any free one)', port, 0)
    .option('--grpc-port <port>', "plaintext port of Katib's gRPC services (0: any free one; default: none)", port)
    .option('--katib-config <file>', 'a KatibConfig, or the ConfigMap that holds one: what trials may be')
    .option('--stop-trials', 'on exit stop running trials (they go on otherwise)')
  withMachine(server).action(async options => (await import('./server.ts')).server(options))
}

function addReading(qalam: Command): void {
  verb(qalam, 'get', 'list objects, or show one')
    .argument('[kind]', 'experiments, trials, suggestions, jobs, pods, ...', 'experiments')
    .argument('[name]')
    .option('-o, --output <format>', 'wide, json, jsonl, yaml or name')
    .option('-w, --watch', 'go on and print changes')
    .option('-l, --selector <labels>', 'label selector')
    .option('-A, --all-namespaces', 'of every namespace')
    .action(async (kind, name, options) => (await import('./get.ts')).get(kind, name, options))
  verb(qalam, 'best', 'the best trial of an experiment')
    .argument('<experiment>')
    .option('-o, --output <format>', 'args, env, json or yaml')
    .action(async (name, options) => (await import('./best.ts')).best(name, options))
  verb(qalam, 'trials', 'the trials of an experiment, best first')
    .argument('<experiment>')
    .option('-o, --output <format>', 'json, jsonl, yaml, csv or name')
    .option('--sort <column>', 'objective, number, or a parameter', 'objective')
    .option('--limit <count>', 'at most so many rows', count)
    .action(async (name, options) => (await import('./trials.ts')).trials(name, options))
  verb(qalam, 'logs', 'what a trial printed')
    .argument('<trial>', 'its name, or EXPERIMENT#NUMBER')
    .option('-f, --follow', 'go on while it runs')
    .option('-c, --container <name>', 'another container of its pod')
    .option('-p, --previous', 'of the run before, where its container was started again')
    .option('--tail <lines>', 'only the last lines', count)
    .option('--since <duration>', 'only what came within the last 30s, 10m, 2h')
    .option('--timestamps', 'each line after its time')
    .action(async (name, options) => (await import('./logs.ts')).logs(name, options))
  verb(qalam, 'describe', 'an experiment or a trial with its conditions and events')
    .argument('<name...>', 'an experiment, a trial, or EXPERIMENT#NUMBER; also KIND NAME and KIND/NAME')
    .action(async (words, options) => (await import('./describe.ts')).describe(words, options))
  verb(qalam, 'why', 'why an experiment or a trial does not move, and what to do next')
    .argument('<name>', 'an experiment, a trial, or EXPERIMENT#NUMBER')
    .option('-o, --output <format>', 'json')
    .action(async (name, options) => (await import('./why.ts')).why(name, options))
}

function addWriting(qalam: Command): void {
  const file = ['-f, --file <file>', 'manifest (- is standard input; repeatable)'] as const
  verb(qalam, 'apply', 'create or change the objects of a manifest')
    .requiredOption(...file, collect, [])
    .action(async options => (await import('./apply.ts')).apply(options))
  verb(qalam, 'create', 'create the objects of a manifest')
    .requiredOption(...file, collect, [])
    .action(async options => (await import('./apply.ts')).create(options))
  verb(qalam, 'delete', 'delete experiments, or the objects of a manifest')
    .argument('[name...]', 'experiments; also KIND NAME and KIND/NAME')
    .option(...file, collect, [])
    .action(async (names, options) => (await import('./apply.ts')).remove(names, options))
  verb(qalam, 'stop', 'start no more trials; running ones finish')
    .argument('<experiment>')
    .option('--now', 'stop running trials as well')
    .action(async (name, options) => (await import('./stop.ts')).stop(name, options))
  verb(qalam, 'resume', 'go on with a stopped or finished experiment')
    .argument('<experiment>')
    .option('--trials <count>', 'new maxTrialCount, or +N for N more')
    .action(async (name, options) => (await import('./stop.ts')).resume(name, options))
}

function addOffline(qalam: Command): void {
  qalam
    .command('validate')
    .description('check a manifest; every problem with its line')
    .requiredOption('-f, --file <file>', 'manifest (- is standard input; repeatable)', collect, [])
    .action(async options => (await import('./validate.ts')).validate(options.file))
  qalam
    .command('algorithms')
    .description('what can be searched with, or the settings, source and needs of one')
    .argument('[name]')
    .option('-o, --output <format>', 'json')
    .action(async (name, options) => (await import('./algorithms.ts')).algorithms(name, options))
  qalam
    .command('render')
    .description('print the object that a trial would run')
    .requiredOption('-f, --file <file>', 'manifest')
    .option('--trial <number>', 'which suggestion of the experiment, from 0', count, 0)
    .option('--set <name=value>', 'give a value instead of asking the algorithm (repeatable)', collect, [])
    .action(async options => (await import('./render.ts')).render(options))
  qalam
    .command('test-metrics')
    .description('what a collector would read from a log, and why a metric would be missing')
    .requiredOption('-f, --file <log>', 'the log (- is standard input), a saved page, or a directory of event files')
    .option('-m, --metric <name>', 'metric to look for, the objective first (repeatable)', collect, [])
    .option('--collector <kind>', 'StdOut, File, TensorFlowEvent or PrometheusMetric', 'StdOut')
    .option('--filter <pattern>', 'metricsFormat (repeatable)', collect, [])
    .option('--format <format>', 'text or json', 'text')
    .option('-o, --output <format>', 'json')
    .action(async options => (await import('./test-metrics.ts')).testMetrics(options))
  qalam
    .command('version')
    .description('print the version')
    .option('-o, --output <format>', 'json')
    .action(async options => (await import('./version.ts')).version(options))
  qalam
    .command('completion')
    .description('print a completion script')
    .argument('<shell>', 'bash, zsh or fish')
    .action(async shell => (await import('./completion.ts')).completion(shell, qalam))
}

const dataDir = ['--data-dir <dir>', 'directory that holds everything', '.qalam'] as const

/** A verb that talks to an API: it can be told where. */
function verb(qalam: Command, name: string, summary: string): Command {
  return qalam
    .command(name)
    .description(summary)
    .option(...dataDir)
    .option('--server <url>', 'a running server (needs --token-file)')
    .option('--kubeconfig <file>', 'a Kubernetes API')
    .option('--cluster', 'the Kubernetes API of $KUBECONFIG or ~/.kube/config')
    .option('-n, --namespace <name>', 'namespace')
}

/** What both verbs that run trials say of this machine. */
function withMachine(command: Command): Command {
  return command
    .addOption(
      machineOption('--env <name[=value]>', 'pass a variable to the trials (repeatable)')
        .argParser(collect)
        .default([]),
    )
    .addOption(
      machineOption('--image <name=dir>', 'run an image from a local folder (repeatable)')
        .argParser(collect)
        .default([]),
    )
    .addOption(machineOption('--cpus <count>', 'CPU slots for trials').argParser(number))
    .addOption(machineOption('--gpus <count>', 'GPUs for trials').argParser(count))
    .addOption(machineOption('--no-grpc-proxy', 'leave gRPC and Python of trials that push as they are'))
    .addOption(
      machineOption(
        '--suggestion-endpoint <algorithm=host:port>',
        "an algorithm that is a service of Katib's kind (repeatable)",
      )
        .argParser(collect)
        .default([]),
    )
    .addOption(
      machineOption(
        '--early-stopping-endpoint <rule=host:port>',
        "a rule for stopping early that is a service of Katib's kind; it reads metrics at --grpc-port (repeatable)",
      )
        .argParser(collect)
        .default([]),
    )
    .addOption(machineOption('--keep-trials <which>', 'directories to keep: all, best:N or none').default('all'))
}

const machineOption = (flags: string, text: string) => new Option(flags, text).helpGroup('This machine:')

/** Help is no failure; everything else commander refuses is a usage error it has already printed. */
function stop(error: CommanderError): never {
  const asked = error.code === 'commander.helpDisplayed' || error.code === 'commander.version'
  throw new CommandError(asked ? EXIT.done : EXIT.usage, '')
}
