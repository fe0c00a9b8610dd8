/** Reaching Temporal when a process starts: within a limit, and with a message that says what to do when it cannot be. */
import type { Connection, ConnectionOptions } from '@temporalio/client'
import { openTemporalConnection } from '../temporal-connection.ts'
import { PlatformError } from './platform-error.ts'

const TEMPORAL_LIMIT_MS = 10_000
/** Of gRPC. */
const NOT_FOUND: number = 5

/** A connection to a Temporal server that answers and knows the namespace, within ten seconds. Throws PlatformError `not_reachable`. */
export async function reachTemporal(options: ConnectionOptions, namespace: string): Promise<Connection> {
  const address = options.address ?? 'localhost:7233'
  const connection = await openTemporalConnection({ ...options, connectTimeout: TEMPORAL_LIMIT_MS }).catch((error: unknown) => {
    throw silent(address, error)
  })
  try {
    await connection.withDeadline(Date.now() + TEMPORAL_LIMIT_MS, () => connection.workflowService.describeNamespace({ namespace }))
    return connection
  } catch (error) {
    await connection.close()
    if ((error as { code?: number }).code !== NOT_FOUND) throw silent(address, error)
    const what = `Temporal at ${address} has no namespace "${namespace}"`
    const fix = `set TEMPORAL_NAMESPACE, or make it: temporal operator namespace create --address ${address} -n ${namespace}`
    throw new PlatformError('not_reachable', `${what}: ${fix}`, { cause: error })
  }
}

function silent(address: string, error: unknown): PlatformError {
  const why = (error as { details?: string }).details || (error instanceof Error ? error.message : String(error))
  return new PlatformError(
    'not_reachable',
    `Temporal does not answer at ${address} (${why}): check TEMPORAL_ADDRESS, TLS and API key (TEMPORAL_TLS, TEMPORAL_API_KEY), and that the server runs`,
    { cause: error },
  )
}
