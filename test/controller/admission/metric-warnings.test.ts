import { describe, expect, test } from 'vitest'
import type { Experiment, ExperimentSpec } from '#api'
import { metricWarnings } from '#controller'
import { anExperiment } from '../../support/builders.ts'

type Collector = ExperimentSpec['metricsCollectorSpec']
const file = (path: string, kind: 'File' | 'TensorFlowEvent' = 'File'): Collector => ({
  collector: { kind },
  source: { fileSystemPath: { path, kind: kind === 'File' ? 'File' : 'Directory' } },
})
const filter = (...metricsFormat: string[]): Collector => ({
  collector: { kind: 'StdOut' },
  source: { filter: { metricsFormat } },
})
const page = (httpGet: Record<string, unknown>): Collector => ({
  collector: { kind: 'PrometheusMetric' },
  source: { httpGet },
})

function experiment(
  collector: Collector,
  container: object = {},
  kind = { apiVersion: 'batch/v1', kind: 'Job' },
): Experiment {
  const containers = [{ name: 'main', image: 'i', command: ['python3', 'train.py'], ...container }]
  return anExperiment({
    ...(collector && { metricsCollectorSpec: collector }),
    trialTemplate: {
      primaryContainerName: 'main',
      trialParameters: [],
      trialSpec: { ...kind, spec: { template: { spec: { containers } } } },
    },
  })
}

describe('warned of', () => {
  test.each<[string, Experiment, string, string]>([
    [
      'a source that the kind does not read',
      experiment({ ...file('/a/b.log'), collector: { kind: 'StdOut' } }),
      'spec.metricsCollectorSpec.source.fileSystemPath',
      'kind StdOut does not read it; it is read with kind File or',
    ],
    [
      'a filter for event files',
      experiment({ ...filter('(\\w+)=(.*)'), collector: { kind: 'TensorFlowEvent' } }),
      'spec.metricsCollectorSpec.source.filter',
      'kind TensorFlowEvent does not read it',
    ],
    [
      'pods that are not known',
      experiment(undefined, {}, { apiVersion: 'a.io/v1', kind: 'Odd' }),
      'spec.metricsCollectorSpec.collector.kind',
      'no collector can be put into a Odd of a.io/v1',
    ],
    [
      'a file at the root',
      experiment(file('/train.log')),
      'spec.metricsCollectorSpec.source.fileSystemPath.path',
      'mounted over the whole container',
    ],
    [
      'a directory that is mounted already',
      experiment(file('/data/train.log'), { volumeMounts: [{ name: 'd', mountPath: '/data/' }] }),
      'spec.metricsCollectorSpec.source.fileSystemPath.path',
      'mounts something at /data already',
    ],
    [
      'event files where something is mounted',
      experiment(file('/logs', 'TensorFlowEvent'), { volumeMounts: [{ name: 'd', mountPath: '/logs' }] }),
      'spec.metricsCollectorSpec.source.fileSystemPath.path',
      'mounts something at /logs already',
    ],
    [
      'a command that names another file',
      experiment(file('/out/mnist.log'), { args: ['--log=/out/train.log'] }),
      'spec.metricsCollectorSpec.source.fileSystemPath.path',
      'the command names /out/train.log, and /out/mnist.log is read',
    ],
    [
      'a page on a port that is not declared',
      experiment(page({ port: 9090, path: '/metrics' }), { ports: [{ containerPort: 8080 }] }),
      'spec.metricsCollectorSpec.source.httpGet.port',
      'declares port 8080',
    ],
    [
      'a page elsewhere',
      experiment(page({ port: 8080, path: '/m', host: 'other' })),
      'spec.metricsCollectorSpec.source.httpGet',
      'remove host and scheme',
    ],
    [
      'a filter that takes no such name',
      experiment(filter('([A-Z]+)=(\\S+)')),
      'spec.metricsCollectorSpec.source.filter.metricsFormat',
      'no first group takes the name "loss"',
    ],
    [
      'a filter whose first group is the value',
      experiment(filter('(\\d+) of (\\w+)')),
      'spec.metricsCollectorSpec.source.filter.metricsFormat',
      'no first group takes the name "loss"',
    ],
    [
      'a filter whose second group is no number',
      experiment(filter('(\\w+)=([a-z]+)')),
      'spec.metricsCollectorSpec.source.filter.metricsFormat[0]',
      'its second group takes no number',
    ],
  ])('%s', (_, given, path, says) => {
    expect(metricWarnings(given)).toContainEqual({ path, reason: 'Invalid', message: expect.stringContaining(says) })
  })
})

describe('nothing to say of', () => {
  test.each<[string, Experiment]>([
    ['a program', experiment(undefined)],
    ['a command that names the file', experiment(file('/out/a.log'), { args: ['--log=/out/a.log', '/out/model.pt'] })],
    ['a command that names no file', experiment(file('/out/a.log'))],
    ['a volume beside', experiment(file('/out/a.log'), { volumeMounts: [{ name: 'd', mountPath: '/data' }] })],
    ['a page on a declared port', experiment(page({ port: 8080, path: '/m' }), { ports: [{ containerPort: 8080 }] })],
    [
      'Push into an unknown kind',
      experiment({ collector: { kind: 'Push' } }, {}, { apiVersion: 'a.io/v1', kind: 'Odd' }),
    ],
    [
      "Katib's own filters",
      experiment(
        filter(
          '([\\w|-]+)\\s*=\\s*([+-]?\\d*(\\.\\d+)?([Ee][+-]?\\d+)?)',
          '{metricName: ([\\w|-]+), metricValue: ((-?\\d+)(\\.\\d+)?)}',
        ),
      ),
    ],
    ['named groups, classes and escapes', experiment(filter('\\((?P<name>[^)]+)\\)(?:x)?([0-9.]+)'))],
  ])('%s', (_, given) => {
    expect(metricWarnings(given)).toEqual([])
  })

  test('a ConfigMap template is looked at as well', () => {
    const { spec } = experiment(file('/data/train.log'))
    const trialTemplate = { ...spec.trialTemplate, trialSpec: undefined, configMap: { configMapName: 'c' } }
    const text = `apiVersion: batch/v1\nkind: Job\nspec: {template: {spec: {containers: [{name: main, volumeMounts: [{name: d, mountPath: /data}]}]}}}\n`
    expect(metricWarnings(anExperiment({ ...spec, trialTemplate }), text)).toHaveLength(1)
  })
})
