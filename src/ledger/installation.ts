import { PurserError } from '../domain/errors.ts'
import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** The id of a Temporal cluster and namespace: part of every call's key, so two clusters on one ledger never share a call. */
export async function ensureInstallation({ sql }: Pick<Ledger, 'sql'>, cluster: string, namespace: string): Promise<string> {
  return asked(() => sql`select purser.ensure_installation(${cluster}, ${namespace}) as answer`)
}

/** The same for a Temporal server that says what its cluster is. Throws PurserError `installation_unknown` when it does not. */
export async function installationOf(
  ledger: Pick<Ledger, 'sql'>,
  clusterId: string | null | undefined,
  namespace: string,
): Promise<string> {
  if (!clusterId)
    throw new PurserError(
      'installation_unknown',
      'this Temporal server names no cluster id, so its jobs cannot be told from those of another',
    )
  return ensureInstallation(ledger, clusterId, namespace)
}
