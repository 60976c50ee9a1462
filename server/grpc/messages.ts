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
