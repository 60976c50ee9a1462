import { describe, expect, test } from 'vitest'
import { aDouble, aJob, aList, anExperiment, aTemplate, faults, messages } from './an-experiment.ts'

test('a sound Experiment has no problems', () => {
  expect(faults(anExperiment())).toEqual([])
})

const placeholderKey = `\${trialParameters.optimizer}`

describe('one rule a row', () => {
  const collector = (kind: string, more: object = {}) => ({ metricsCollectorSpec: { collector: { kind }, ...more } })
  const file = (fileSystemPath: object, more: object = {}) => ({ source: { fileSystemPath, ...more } })
  const template = (changes: object) => ({ trialTemplate: aTemplate(changes) })
  const parameters = (...first: object[]) => ({ parameters: [...first, aList('optimizer', ['sgd', 'adam'])] })
  test.each([
    // Budgets
    { name: 'negative failures', spec: { maxFailedTrialCount: -1 }, faults: ['spec.maxFailedTrialCount: Invalid'] },
    {
      name: 'no trials at all',
      spec: { maxTrialCount: 0, parallelTrialCount: 1, maxFailedTrialCount: 0 },
      faults: ['spec.maxTrialCount: Invalid', 'spec.parallelTrialCount: Invalid'],
    },
    { name: 'nothing in parallel', spec: { parallelTrialCount: 0 }, faults: ['spec.parallelTrialCount: Invalid'] },
    {
      name: 'more failures than trials',
      spec: { maxFailedTrialCount: 7 },
      faults: ['spec.maxFailedTrialCount: Invalid'],
    },
    { name: 'more at once than in all', spec: { parallelTrialCount: 7 }, faults: ['spec.parallelTrialCount: Invalid'] },
    {
      name: 'the default of 3 counts',
      spec: { parallelTrialCount: undefined, maxTrialCount: 2 },
      faults: ['spec.parallelTrialCount: Invalid'],
    },
    { name: 'no limit of trials', spec: { maxTrialCount: undefined }, faults: [] },

    // Objective
    { name: 'no objective', spec: { objective: undefined }, faults: ['spec.objective: Required'] },
    {
      name: 'no metric',
      spec: { objective: { type: 'minimize', objectiveMetricName: '' } },
      faults: ['spec.objective.objectiveMetricName: Required'],
    },
    {
      name: 'the objective among the additional metrics',
      spec: { objective: { type: 'minimize', objectiveMetricName: 'a', additionalMetricNames: ['b', 'a'] } },
      faults: ['spec.objective.additionalMetricNames: Invalid'],
    },
    {
      name: '65 metrics',
      spec: { objective: { type: 'minimize', objectiveMetricName: 'a', additionalMetricNames: Array(64).fill('b') } },
      faults: ['spec.objective.additionalMetricNames: Invalid'],
    },
    {
      name: 'two strategies for one metric',
      spec: {
        objective: {
          type: 'minimize',
          objectiveMetricName: 'a',
          metricStrategies: [
            { name: 'a', value: 'min' },
            { name: 'a', value: 'max' },
          ],
        },
      },
      faults: ['spec.objective.metricStrategies[1].name: Duplicate'],
    },

    // Algorithm
    {
      name: 'an unknown algorithm',
      spec: { algorithm: { algorithmName: 'rando' } },
      faults: ['spec.algorithm.algorithmName: Invalid'],
    },
    {
      name: 'an unknown stopping rule',
      spec: { earlyStopping: { algorithmName: 'mediastop' } },
      faults: ['spec.earlyStopping.algorithmName: Invalid'],
    },
    {
      name: 'a stopping rule without a name',
      spec: { earlyStopping: {} },
      faults: ['spec.earlyStopping.algorithmName: Required'],
    },
    {
      name: 'a setting twice',
      spec: { algorithm: { algorithmName: 'random', algorithmSettings: [{ name: 'a' }, { name: 'a' }] } },
      faults: ['spec.algorithm.algorithmSettings[1].name: Duplicate'],
    },

    // Template
    { name: 'no template', spec: { trialTemplate: undefined }, faults: ['spec.trialTemplate: Required'] },
    {
      name: 'no primary container',
      spec: template({ primaryContainerName: undefined }),
      faults: ['spec.trialTemplate.primaryContainerName: Required'],
    },
    {
      name: 'a primary container that is not there',
      spec: template({ primaryContainerName: 'main' }),
      faults: ['spec.trialTemplate.primaryContainerName: Invalid'],
    },
    {
      name: 'no conditions for an unknown kind',
      spec: template({ trialSpec: aJob({}, { kind: 'Workflow' }) }),
      faults: ['spec.trialTemplate: Required'],
    },
    {
      name: 'no trial parameters',
      spec: template({ trialParameters: undefined }),
      faults: [
        'spec.trialTemplate.trialParameters: Required',
        'spec.trialTemplate.trialSpec.spec.template.spec.containers[0].args[0]: Invalid',
        'spec.trialTemplate.trialSpec.spec.template.spec.containers[0].args[1]: Invalid',
        'spec.parameters[0].name: Invalid',
        'spec.parameters[1].name: Invalid',
      ],
    },
    {
      name: 'no source',
      spec: template({ trialSpec: undefined, successCondition: 'a', failureCondition: 'b' }),
      faults: ['spec.trialTemplate.TrialSource: Required'],
    },
    { name: 'two sources', spec: template({ configMap: {} }), faults: ['spec.trialTemplate: Required'] },
    {
      name: 'half a ConfigMap',
      spec: template({
        trialSpec: undefined,
        successCondition: 'a',
        failureCondition: 'b',
        configMap: { configMapName: 'a' },
      }),
      faults: ['spec.trialTemplate.configMap: Required'],
    },
    {
      name: 'an empty reference',
      spec: template({
        trialParameters: [...aTemplate().trialParameters, { name: 'x', reference: '' }],
        trialSpec: aJob({ workingDir: `/\${trialParameters.x}` }),
      }),
      faults: ['spec.trialTemplate.trialParameters[2]: Invalid'],
    },
    {
      name: 'braces in a name',
      spec: template({ trialParameters: [...aTemplate().trialParameters, { name: 'a{', reference: 'lr2' }] }),
      faults: [
        'spec.trialTemplate.trialParameters[2]: Invalid',
        'spec.trialTemplate.trialParameters[2].reference: Invalid',
        'spec.trialTemplate.trialParameters[2].name: Invalid',
      ],
    },
    {
      name: 'a trial parameter twice',
      spec: template({ trialParameters: [...aTemplate().trialParameters, { name: 'rate', reference: 'lr' }] }),
      faults: [
        'spec.trialTemplate.trialParameters[2].name: Duplicate',
        'spec.trialTemplate.trialParameters[2].reference: Duplicate',
      ],
    },
    {
      name: 'a reference to no parameter',
      spec: template({
        trialParameters: [
          { name: 'rate', reference: 'lrr' },
          { name: 'optimizer', reference: 'optimizer' },
        ],
      }),
      faults: ['spec.trialTemplate.trialParameters[0].reference: Invalid', 'spec.parameters[0].name: Invalid'],
    },
    {
      name: 'a parameter that reaches no trial',
      spec: { parameters: [aDouble('lr', '0', '1'), aList('optimizer', ['a']), aDouble('momentum', '0', '1')] },
      faults: ['spec.parameters[2].name: Invalid'],
    },
    {
      name: 'a declared placeholder that the template does not have',
      spec: template({ trialSpec: aJob({ args: [`\${trialParameters.rate}`] }) }),
      faults: ['spec.trialTemplate.trialParameters[1].name: Invalid'],
    },
    {
      name: 'a placeholder in a key',
      spec: template({
        trialSpec: aJob({ args: [`\${trialParameters.rate}`] }, { metadata: { labels: { [placeholderKey]: 'x' } } }),
      }),
      faults: ['spec.trialTemplate.trialParameters[1].name: Invalid'],
    },
    {
      name: 'a placeholder that is not declared',
      spec: template({ trialSpec: aJob({ workingDir: `/\${trialParameters.rat}/\${trialParameters.rat}` }) }),
      faults: ['spec.trialTemplate.trialSpec.spec.template.spec.containers[0].workingDir: Invalid'],
    },
    {
      name: 'a label that the template does not have',
      spec: template({
        trialParameters: [...aTemplate().trialParameters, { name: 'team', reference: `\${trialSpec.Labels[team]}` }],
        trialSpec: aJob({ workingDir: `/\${trialParameters.team}` }),
      }),
      faults: ['spec.trialTemplate.trialParameters[2].reference: Invalid'],
    },
    {
      name: 'a label that it has',
      spec: template({
        trialParameters: [...aTemplate().trialParameters, { name: 'team', reference: `\${trialSpec.Labels[team]}` }],
        trialSpec: aJob({ workingDir: `/\${trialParameters.team}` }, { metadata: { labels: { team: 'red' } } }),
      }),
      faults: [],
    },
    {
      name: 'metadata that nobody has',
      spec: template({
        trialParameters: [...aTemplate().trialParameters, { name: 'x', reference: `\${trialSpec.Uid}` }],
        trialSpec: aJob({ workingDir: `/\${trialParameters.x}` }),
      }),
      faults: ['spec.trialTemplate.trialParameters[2].reference: Invalid'],
    },
    {
      name: 'a name of its own',
      spec: template({ trialSpec: aJob({}, { metadata: { name: 'a', namespace: 'b' } }) }),
      faults: [
        'spec.trialTemplate.trialSpec.metadata.name: Invalid',
        'spec.trialTemplate.trialSpec.metadata.namespace: Invalid',
      ],
    },
    {
      name: 'no apiVersion',
      spec: template({ trialSpec: aJob({}, { apiVersion: undefined }) }),
      faults: ['spec.trialTemplate.trialSpec.apiVersion: Required'],
    },
    {
      name: 'a field that no Job has',
      spec: template({ trialSpec: aJob({ imagePullpolicy: 'Always' }) }),
      faults: ['spec.trialTemplate.trialSpec.spec.template.spec.containers[0].imagePullpolicy: Invalid'],
    },
    {
      name: 'a template above 192 KiB',
      spec: template({ trialSpec: aJob({ env: [{ name: 'A', value: 'x'.repeat(192 * 1024) }] }) }),
      faults: ['spec.trialTemplate.trialSpec: Invalid'],
    },

    {
      name: 'long values, used often',
      spec: {
        parameters: [aList('lr', ['x'.repeat(5_000)]), aList('optimizer', ['a'])],
        ...template({
          trialSpec: aJob({ args: [...Array(7).fill(`\${trialParameters.rate}`), `\${trialParameters.optimizer}`] }),
        }),
      },
      faults: ['spec.trialTemplate.trialParameters: Invalid'],
    },

    // Parameters
    { name: 'nothing to vary', spec: { parameters: [] }, faults: ['spec: Required'] },
    { name: 'two spaces', spec: { nasConfig: {} }, faults: ['spec: Invalid'] },
    {
      name: 'a list for a double',
      spec: parameters(aDouble('lr', '0', '1', { list: ['1'] })),
      faults: ['spec.parameters[0].feasibleSpace.list: Invalid'],
    },
    {
      name: 'no bounds',
      spec: parameters({ name: 'lr', parameterType: 'double', feasibleSpace: {} }),
      faults: ['spec.parameters[0].feasibleSpace.min: Required', 'spec.parameters[0].feasibleSpace.max: Required'],
    },
    {
      name: 'bounds that are no numbers',
      spec: parameters(aDouble('lr', 'low', '0x10', { step: 'small' })),
      faults: [
        'spec.parameters[0].feasibleSpace.min: Invalid',
        'spec.parameters[0].feasibleSpace.max: Invalid',
        'spec.parameters[0].feasibleSpace.step: Invalid',
      ],
    },
    {
      name: 'an infinite bound',
      spec: parameters(aDouble('lr', '0', '1e999')),
      faults: ['spec.parameters[0].feasibleSpace.max: Invalid'],
    },
    {
      name: 'min above max',
      spec: parameters(aDouble('lr', '1', '0.1')),
      faults: ['spec.parameters[0].feasibleSpace.min: Invalid'],
    },
    {
      name: 'min equal to max',
      spec: parameters(aDouble('lr', '1', '1.0')),
      faults: ['spec.parameters[0].feasibleSpace.min: Invalid'],
    },
    {
      name: 'min equal to max for the resource of an algorithm',
      spec: {
        ...parameters(aDouble('lr', '1', '1')),
        algorithm: { algorithmName: 'random', algorithmSettings: [{ name: 'resource_name', value: 'lr' }] },
      },
      faults: [],
    },
    {
      name: 'a step of 0',
      spec: parameters(aDouble('lr', '0', '1', { step: '0' })),
      faults: ['spec.parameters[0].feasibleSpace.step: Invalid'],
    },
    {
      name: 'half an integer',
      spec: parameters({ name: 'lr', parameterType: 'int', feasibleSpace: { min: '1.5', max: '3' } }),
      faults: ['spec.parameters[0].feasibleSpace.min: Invalid'],
    },
    {
      name: 'a logarithm of 0',
      spec: parameters(aDouble('lr', '0', '1', { distribution: 'logUniform' })),
      faults: ['spec.parameters[0].feasibleSpace.min: Invalid'],
    },
    { name: 'exponents', spec: parameters(aDouble('lr', '1e-5', '1E-1')), faults: [] },
    {
      name: 'an empty list',
      spec: parameters(aList('lr', [])),
      faults: ['spec.parameters[0].feasibleSpace.list: Required'],
    },
    {
      name: 'bounds for a list',
      spec: parameters({ name: 'lr', parameterType: 'discrete', feasibleSpace: { list: ['1'], min: '0' } }),
      faults: ['spec.parameters[0].feasibleSpace: Invalid'],
    },
    {
      name: 'a value twice, as Katib lets pass',
      spec: parameters(aList('lr', ['1', '2', '1'])),
      faults: [],
    },
    {
      name: '10,001 values',
      spec: parameters(
        aList(
          'lr',
          Array.from({ length: 10_001 }, (_, i) => String(i)),
        ),
      ),
      faults: ['spec.parameters[0].feasibleSpace.list: Invalid'],
    },
    {
      name: 'a name twice',
      spec: parameters(aDouble('lr', '0', '1'), aDouble('lr', '0', '1')),
      faults: ['spec.parameters[1].name: Duplicate'],
    },

    // Collector
    { name: 'Push', spec: collector('Push'), faults: [] },
    { name: 'File by default', spec: collector('File'), faults: [] },
    {
      name: 'a relative path',
      spec: collector('File', file({ path: 'a.log' })),
      faults: ['spec.metricsCollectorSpec.source.fileSystemPath.path: Required'],
    },
    {
      name: 'a path that leaves its directory',
      spec: collector('File', file({ path: '/out/../../etc/passwd' })),
      faults: ['spec.metricsCollectorSpec.source.fileSystemPath.path: Invalid'],
    },
    {
      name: 'a directory for a File',
      spec: collector('File', file({ path: '/a', kind: 'Directory' })),
      faults: ['spec.metricsCollectorSpec.source.fileSystemPath.path: Required'],
    },
    {
      name: 'JSON with a filter',
      spec: collector('File', file({ path: '/a', format: 'JSON' }, { filter: { metricsFormat: ['(a)(b)'] } })),
      faults: ['spec.metricsCollectorSpec.source.filter: Invalid'],
    },
    {
      name: 'a file for events',
      spec: collector('TensorFlowEvent', file({ path: '/a', kind: 'File', format: 'TEXT' })),
      faults: [
        'spec.metricsCollectorSpec.source: Required',
        'spec.metricsCollectorSpec.source.fileSystemPath.format: Invalid',
      ],
    },
    { name: 'PrometheusMetric by default', spec: collector('PrometheusMetric'), faults: [] },
    {
      name: 'a port that is no number',
      spec: collector('PrometheusMetric', { source: { httpGet: { port: 'web', path: 'm' } } }),
      faults: [
        'spec.metricsCollectorSpec.source.httpGet.port: Invalid',
        'spec.metricsCollectorSpec.source.httpGet.path: Invalid',
      ],
    },
    {
      name: 'Custom without a container',
      spec: collector('Custom', file({ path: 'a' })),
      faults: [
        'spec.metricsCollectorSpec.collector.customCollector: Required',
        'spec.metricsCollectorSpec.source.fileSystemPath: Invalid',
      ],
    },
    {
      name: 'filters that are no filters',
      spec: collector('StdOut', {
        source: { filter: { metricsFormat: ['([a-z]+)=(.*)', '(', '(a)', '(a)(?=b)(c)', '((a{1000}){30})(b)'] } },
      }),
      faults: [1, 2, 3, 4].map(i => `spec.metricsCollectorSpec.source.filter.metricsFormat[${i}]: Invalid`),
    },

    // Additions
    { name: 'a reserved field', spec: { warmStart: {} } as object, faults: ['spec.warmStart: Forbidden'] },
    {
      name: 'any without rules',
      spec: { earlyStopping: { algorithmName: 'any' } },
      faults: ['spec.earlyStopping.rules: Required'],
    },
    {
      name: 'combined rules that nest, or that nobody knows',
      spec: {
        earlyStopping: { algorithmName: 'all', rules: [{ algorithmName: 'any' }, { algorithmName: 'medianstp' }] },
      },
      faults: [
        'spec.earlyStopping.rules[0].algorithmName: Invalid',
        'spec.earlyStopping.rules[1].algorithmName: Invalid',
      ],
    },
    {
      name: 'rules beside a rule',
      spec: { earlyStopping: { algorithmName: 'medianstop', rules: [] } },
      faults: ['spec.earlyStopping.rules: Forbidden'],
    },
  ])('$name', row => {
    expect(faults(anExperiment(row.spec))).toEqual(row.faults)
  })
})

describe('names', () => {
  test.each([
    ['a', true],
    ['a-1', true],
    ['a'.repeat(40), true],
    ['a'.repeat(41), false],
    ['a'.repeat(64), false],
    ['1a', false],
    ['a-', false],
    ['a.b', false],
    ['A', false],
    ['', false],
  ])('%s is a name: %s', (name, isName) => {
    expect(faults(anExperiment({}, { name }))).toEqual(isName ? [] : ['metadata.name: Invalid'])
  })
})

test('a generated name is judged with what the server adds', () => {
  const of = (generateName: string) => {
    const experiment = anExperiment({}, { name: '' })
    return faults({ ...experiment, metadata: { ...experiment.metadata, generateName } })
  }
  expect(of('tune-')).toEqual([])
  expect(of('Tune-')).toEqual(['metadata.name: Invalid'])
  expect(of('a'.repeat(36))).toEqual(['metadata.name: Invalid'])
})

test('limits: 256 parameters pass, 257 do not', () => {
  const parameters = (count: number) => Array.from({ length: count }, (_, i) => aDouble(`p${i}`, '0', '1'))
  const trialParameters = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ name: `p${i}`, reference: `p${i}` }))
  const trialSpec = (count: number) =>
    aJob({ args: Array.from({ length: count }, (_, i) => `\${trialParameters.p${i}}`) })
  const of = (count: number) =>
    anExperiment({
      parameters: parameters(count),
      trialTemplate: aTemplate({ trialParameters: trialParameters(count), trialSpec: trialSpec(count) }),
    })
  expect(faults(of(256))).toEqual([])
  expect(faults(of(257))).toEqual(['spec.parameters: Invalid'])
})

test('a message says what was expected, what was got and what to do', () => {
  const spec = {
    algorithm: { algorithmName: 'radnom' },
    parameters: [aDouble('lr', '0.5', '0.05'), aList('optimizer', [])],
    trialTemplate: aTemplate({ trialSpec: aJob({ workingDir: `/\${trialParameters.rates}` }) }),
  }
  expect(messages(anExperiment(spec))).toEqual([
    'spec.algorithm.algorithmName: expected one of auto, grid, random, sobol, got "radnom"; did you mean "random"?',
    'spec.trialTemplate.trialSpec.spec.template.spec.containers[0].workingDir: ' +
      `expected a placeholder of trialParameters, got \${trialParameters.rates}; did you mean "rate"?`,
    'spec.parameters[0].feasibleSpace.min: expected a number below max (0.05), got "0.5"; swap them',
    'spec.parameters[1].feasibleSpace.list: expected the values of type categorical, got an empty list; list at least one',
  ])
})

test('an architecture search is told that it is none of ours', () => {
  expect(messages(anExperiment({ algorithm: { algorithmName: 'enas' } }))[0]).toMatch(
    /^spec.algorithm.algorithmName: expected one of .*, got "enas"; Qalam does not search neural architectures: /,
  )
})

describe('what the algorithm says', () => {
  const algorithmProblems = () => [{ path: 'spec.algorithm', reason: 'Invalid' as const, message: 'no' }]

  test('is asked about a sound space', () => {
    expect(faults(anExperiment(), { algorithmProblems })).toEqual(['spec.algorithm: Invalid'])
  })

  test('is not asked about a broken one', () => {
    expect(faults(anExperiment({ algorithm: { algorithmName: 'x' } }), { algorithmProblems })).toEqual([
      'spec.algorithm.algorithmName: Invalid',
    ])
  })
})

describe('ConfigMap templates', () => {
  const template = (configMapNamespace = 'lab') => ({
    trialTemplate: aTemplate({
      trialSpec: undefined,
      configMap: { configMapName: 'templates', configMapNamespace, templatePath: 'job.yaml' },
      successCondition: 'a',
      failureCondition: 'b',
    }),
  })
  const text = `
apiVersion: batch/v1
kind: Job
spec:
  parallelism: \${trialParameters.rate}
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: train
          image: trainer
          args: ["--optimizer=\${trialParameters.optimizer}"]
`

  test('one that can be had is judged like an inline one', () => {
    expect(faults(anExperiment(template()), { template: { text } })).toEqual([])
    expect(faults(anExperiment(template()), { template: { text: text.replace('args:', 'arg:') } })).toEqual([
      'spec.trialTemplate.configMap.spec.template.spec.containers[0].arg: Invalid',
    ])
  })

  test.each([
    ['missing', { missing: 'no key job.yaml' }],
    ['no YAML', { text: 'a: [' }],
    ['no object', { text: '- a' }],
    ['too large', { text: `a: ${'x'.repeat(200_000)}` }],
    ['too deep', { text: '['.repeat(1000) }],
    [
      'aliases without end',
      { text: `a: &a [x]\n${Array.from({ length: 20 }, (_, i) => `b${i}: &b${i} [${'*a,'.repeat(9)}*a]`).join('\n')}` },
    ],
    ['a key of the prototype', { text: '__proto__: {a: 1}' }],
    ['two documents', { text: 'a: 1\n---\nb: 2' }],
  ])('%s', (_, given) => {
    expect(faults(anExperiment(template()), { template: given })).toContain('spec.trialTemplate: Invalid')
  })

  test('the content of one in another namespace is not quoted', () => {
    const secret = text.replace('trainer', `trainer-\${trialParameters.canary}`).replace('Never', 'canary')
    const ours = messages(anExperiment(template('lab')), { template: { text: secret } })
    expect(ours).toHaveLength(2)
    expect(ours.join()).toContain('canary')
    const theirs = messages(anExperiment(template('elsewhere')), { template: { text: secret } })
    expect(theirs).toHaveLength(1)
    expect(theirs.join()).not.toContain('canary')
  })
})
