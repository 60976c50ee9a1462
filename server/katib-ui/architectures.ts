/** Architectures that ENAS found, drawn as Graphviz text: trials of Katib's that searched for one. */
import type { Trial } from '#api'
import { onKatib, type UiRoute } from './call.ts'
import { existing } from './experiments.ts'

export const architectureRoutes: Readonly<Record<string, UiRoute>> = {
  fetch_nas_job_info: {
    async answer(call) {
      const [name, namespace] = [call.query('experimentName'), call.query('namespace')]
      // Katib asks for no right here.
      await call.need(onKatib('get', 'experiments', namespace, name))
      await call.need(onKatib('list', 'trials', namespace))
      existing(call.resources.experiments.get(namespace, name), 'experiment', namespace, name)
      return generations(call.resources.trialsOf({ namespace, name }))
    },
  },
}

/** Of succeeded trials with an architecture, in the order of their creation. */
export function generations(trials: readonly Trial[]) {
  const born = ({ metadata }: Trial) => metadata.creationTimestamp ?? ''
  return trials
    .filter(({ status }) => status?.conditions?.at(-1)?.type === 'Succeeded')
    .toSorted((a, b) => born(a).localeCompare(born(b)))
    .flatMap(trial => {
      const drawn = drawing(trial)
      return drawn === undefined ? [] : [{ trial, drawn }]
    })
    .map(({ trial, drawn }, i) => {
      const metrics = trial.status?.observation?.metrics ?? []
      return {
        Name: `Generation ${i}`,
        TrialName: trial.metadata.name,
        Architecture: drawn,
        MetricsName: metrics.map(({ name }) => name),
        MetricsValue: metrics.map(({ max, min }) => (trial.spec.objective?.type === 'minimize' ? min : max) ?? ''),
      }
    })
}

interface Operation {
  readonly opt_type?: string
  readonly opt_params?: Readonly<Record<string, string | number>>
}

/** Undefined: the trial has no architecture that can be read. */
function drawing({ spec }: Trial): string | undefined {
  const assigned = new Map(spec.parameterAssignments?.map(({ name, value }) => [name, value]))
  const architecture = parsed<readonly (readonly number[])[]>(assigned.get('architecture'))
  const { embedding = {} } = parsed<{ embedding?: Record<string, Operation> }>(assigned.get('nn_config')) ?? {}
  if (!Array.isArray(architecture) || !architecture.every(layer => Array.isArray(layer))) return undefined
  const last = architecture.length
  const nodes = architecture.map(
    ([operation = 0], i) => `${i + 1} [label=${JSON.stringify(labelOf(embedding[operation]))}];`,
  )
  /** A layer takes the one before it, and where its bits say so those before that. */
  const edges = architecture.flatMap(([, ...skips], i) => [
    `${i}->${i + 1};`,
    ...skips.flatMap((isTaken, from) => (isTaken === 1 ? [`${from + 1}->${i + 1};`] : [])),
  ])
  const ends = [
    `0 [label="Input"];`,
    `${last + 1} [label="GlobalAvgPool"];`,
    `${last + 2} [label="FullConnect\\nSoftmax"];`,
  ]
  const tail = [
    `${last}->${last + 1};`,
    `${last + 1}->${last + 2};`,
    `${last + 3} [label="Output"];`,
    `${last + 2}->${last + 3};`,
  ]
  return `digraph G {${[...ends, ...nodes, ...edges, ...tail].join('')}}`
}

function labelOf({ opt_type = 'operation', opt_params = {} }: Operation = {}): string {
  const { filter_size: size, num_filter: filters, stride, pool_size: pool } = opt_params
  const facts = [
    ...(size === undefined ? [] : [`${size}x${size}`]),
    ...(pool === undefined ? [] : [`${pool}x${pool}`]),
    opt_type.replaceAll('_', ' '),
  ]
  const counts = [
    ...(filters === undefined ? [] : [`${filters} channels`]),
    ...(stride === undefined ? [] : [`stride ${stride}`]),
  ]
  return [facts.join(' '), ...counts].join('\n')
}

/** Katib's assignments hold JSON with single quotes. */
function parsed<T>(text: string | undefined): T | undefined {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text.replaceAll("'", '"')) as T
  } catch {
    // Another program's text: nothing to draw.
    return undefined
  }
}
