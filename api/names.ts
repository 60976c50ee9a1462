/** Every name that crosses a process: API groups, labels, annotations, finalizers, environment variables. */

export const GROUP = 'kubeflow.org'
export const API_VERSION = 'kubeflow.org/v1beta1'

/** Katib's labels, read by its SDKs, dashboards and users. */
export const EXPERIMENT_LABEL = 'katib.kubeflow.org/experiment'
export const TRIAL_LABEL = 'katib.kubeflow.org/trial'
export const SUGGESTION_LABEL = 'katib.kubeflow.org/suggestion'

/** The one prefix of our own labels, annotations and finalizers. */
export const PREFIX = 'qalam.dev'
export const INDEX_LABEL = `${PREFIX}/index`
/** On a Trial: the name of the Trial whose checkpoint it starts from. */
export const PARENT_TRIAL_LABEL = `${PREFIX}/parent-trial`
export const TRIAL_FINALIZER = `${PREFIX}/trial`
/** On a Trial's Job and on a pod: the UID of the Trial it runs, so that a Job of an older lineage is told apart. */
export const TRIAL_UID_ANNOTATION = `${PREFIX}/trial-uid`

/** On a Trial: when a metrics collector that is not ours said that it stopped the trial early (RFC 3339). */
export const EARLY_STOPPED_ANNOTATION = `${PREFIX}/early-stopped`
/** On a Trial: why its point was suggested, in one sentence. */
export const BECAUSE_ANNOTATION = `${PREFIX}/because`

/** On an Experiment: who made it, signed by the webhook. */
export const CREATOR_ANNOTATION = `${PREFIX}/creator`

/** On a Trial that Katib made and an Experiment that Katib ran: when it was taken over (RFC 3339). */
export const TAKEN_OVER_ANNOTATION = `${PREFIX}/taken-over`
/** On an Experiment that is suspended since nobody here can go on with it: why. */
export const HELD_ANNOTATION = `${PREFIX}/held`

/** Finalizers that Katib left behind: removed wherever found, never added. */
export const KATIB_FINALIZERS: readonly string[] = ['update-prometheus-metrics', 'clean-metrics-in-db']

export const STDOUT_PATH = '/var/log/katib/metrics.log'
export const TFEVENT_PATH = '/var/log/katib/tfevent/'
export const METRICS_VOLUME = 'metrics-volume'
export const COLLECTOR_IMAGE = 'qalam/collector'
/** Katib's names of the collector's container; the first prints the file that it reads. */
export const LOGGER_CONTAINER = 'metrics-logger-and-collector'
export const COLLECTOR_CONTAINER = 'metrics-collector'
/** Katib's names: the volume that holds checkpoints, and the setting that says where a trial finds its own. */
export const CHECKPOINT_VOLUME = 'suggestion-volume'
export const CHECKPOINT_SETTING = 'suggestion_trial_dir'
/** On a pod template whose primary container has no command: how the runner wraps the image's own (JSON, see `kinds`). */
export const WRAP_ANNOTATION = `${PREFIX}/wrap-command`
/** Katib's address of the observation store, in the arguments of its collectors; ours do not need it. */
export const KATIB_DB_MANAGER = 'katib-db-manager.kubeflow:6789'
/** What tokens for the store are made for; one that is for the API server is never sent to it by ours. */
export const STORE_AUDIENCE = 'qalam-store'
