/** The messages of `proto/api.proto` as handlers see them: fields in camel case, absent texts empty, absent messages null. */

/** ParameterAssignment and Metric have the same fields. */
export interface NamedValue {
  readonly name: string
  readonly value: string
}

export interface MetricLogMessage {
  /** RFC 3339; empty: not said. */
  readonly timeStamp: string
  readonly metric: NamedValue | null
}

export interface ReportRequest {
  readonly trialName: string
  readonly observationLog: { readonly metricLogs: readonly MetricLogMessage[] } | null
}

export interface GetLogRequest {
  readonly trialName: string
  /** Empty: every metric. */
  readonly metricName: string
  readonly startTime: string
  readonly endTime: string
}

export interface ExperimentMessage {
  /** Without a namespace: Katib's wire has none. */
  readonly name: string
  readonly spec: {
    readonly parameterSpecs: { readonly parameters: readonly ParameterMessage[] } | null
    readonly objective: ObjectiveMessage | null
    readonly algorithm: RuleMessage | null
    readonly earlyStopping: RuleMessage | null
    readonly parallelTrialCount: number
    /** 0: none. */
    readonly maxTrialCount: number
    readonly nasConfig: object | null
  } | null
}

/** AlgorithmSpec and EarlyStoppingSpec have the same fields. */
export interface RuleMessage {
  readonly algorithmName: string
  readonly algorithmSettings: readonly { readonly name: string; readonly value: string }[]
}

export interface ParameterMessage {
  readonly name: string
  readonly parameterType: 'UNKNOWN_TYPE' | 'DOUBLE' | 'INT' | 'DISCRETE' | 'CATEGORICAL'
  readonly feasibleSpace: {
    readonly max: string
    readonly min: string
    readonly list: readonly string[]
    readonly step: string
    readonly distribution: 'DISTRIBUTION_UNSPECIFIED' | 'UNIFORM' | 'LOG_UNIFORM' | 'NORMAL' | 'LOG_NORMAL'
  } | null
}

export interface ObjectiveMessage {
  readonly type: 'UNKNOWN' | 'MINIMIZE' | 'MAXIMIZE'
  /** 0 where there is none: Katib's wire knows no difference. */
  readonly goal?: number
  readonly objectiveMetricName: string
  readonly additionalMetricNames?: readonly string[]
}

export interface TrialMessage {
  readonly name: string
  readonly spec: {
    readonly parameterAssignments: { readonly assignments: readonly NamedValue[] } | null
    readonly labels: Readonly<Record<string, string>>
  } | null
  readonly status: {
    readonly startTime: string
    readonly completionTime: string
    readonly condition: TrialCondition
    readonly observation: { readonly metrics: readonly NamedValue[] } | null
  } | null
}

export type TrialCondition =
  | 'CREATED'
  | 'RUNNING'
  | 'SUCCEEDED'
  | 'KILLED'
  | 'FAILED'
  | 'METRICSUNAVAILABLE'
  | 'EARLYSTOPPED'
  | 'UNKNOWN'

export interface GetEarlyStoppingRulesRequest {
  readonly experiment: ExperimentMessage | null
  readonly trials: readonly TrialMessage[]
  readonly dbManagerAddress: string
}

export interface EarlyStoppingRuleMessage {
  readonly name: string
  readonly value: string
  readonly comparison: 'UNKNOWN_COMPARISON' | 'EQUAL' | 'LESS' | 'GREATER'
  readonly startStep: number
}
export interface GetSuggestionsRequest {
  readonly experiment: ExperimentMessage | null
  readonly trials: readonly TrialMessage[]
  readonly currentRequestNumber: number
  readonly totalRequestNumber: number
}

export interface GetSuggestionsReply {
  readonly parameterAssignments: readonly {
    readonly assignments: readonly NamedValue[]
    readonly trialName?: string
    readonly labels: Readonly<Record<string, string>>
  }[]
}
