/** REST over a small cluster in memory: experiment `tune` with three trials, two of which have reported. */
import { anExperiment, aTrial, bearer, Cluster } from '../cluster.ts'

export const base = '/api/v1/namespaces/team-a/experiments'

/** `fill` changes what is there. Nothing listens, so nothing is to be closed. */
export async function serving(fill: (cluster: Cluster) => void = () => {}) {
  const cluster = new Cluster()
  cluster.experiments.add(anExperiment('tune'))
  cluster.trials.add(aTrial('tune', 0, '0.5'), aTrial('tune', 1, '0.25'), aTrial('tune', 2))
  fill(cluster)
  const server = await cluster.serve()
  const ask = async (method: 'GET' | 'POST' | 'DELETE' | 'HEAD', url: string, more: object = {}) => {
    const response = await server.inject({ method, url, headers: bearer, ...more })
    const isJson =
      /json/.test(String(response.headers['content-type'])) && !/jsonl/.test(String(response.headers['content-type']))
    return {
      status: response.statusCode,
      headers: response.headers,
      body: isJson && response.body !== '' ? response.json() : response.body,
    }
  }
  return { cluster, server, ask }
}
