import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** The id of a Temporal cluster and namespace: part of every call's key, so two clusters on one ledger never share a call. */
export async function ensureInstallation({ sql }: Pick<Ledger, 'sql'>, cluster: string, namespace: string): Promise<string> {
  return asked(sql`select purser.ensure_installation(${cluster}, ${namespace}) as answer`)
}
