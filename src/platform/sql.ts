import postgres, { type Sql } from 'postgres'

export type PurserSql = Sql<{ bigint: bigint }>

/**
 * A pool of direct connections for the app: int8 as bigint, no pipelining (each query is its own transaction anyway, and one slow one would
 * hold up the rest), and the role that may only read and execute the ledger's functions. Waits have limits; what runs into one is asked again.
 */
export function connectSql(databaseUrl: string, options: { readonly max?: number; readonly statementTimeoutMs?: number } = {}): PurserSql {
  const settings = {
    max: options.max ?? 10,
    // Known to the library, but not to its types.
    max_pipeline: 0,
    // Else the library asks for array types behind every new session, and a server that ends the session just then ends our whole process:
    // nobody handles that rejection. So lists come as jsonb; the library's `reserve` never answers on a new session, and its `begin` needs
    // pipelining: use neither.
    fetch_types: false,
    connect_timeout: 10,
    idle_timeout: 60,
    types: { bigint: postgres.BigInt },
    connection: {
      application_name: 'purser',
      role: 'purser_app',
      lock_timeout: 2_000,
      statement_timeout: options.statementTimeoutMs ?? 5_000,
      idle_in_transaction_session_timeout: 5_000,
    },
    onnotice: () => {},
  }
  return postgres(databaseUrl, settings)
}
