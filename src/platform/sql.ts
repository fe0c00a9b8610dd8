import postgres, { type Sql } from 'postgres'
import { wires } from './wire.ts'

export type PurserSql = Sql<{ bigint: bigint }>

export interface SqlOptions {
  /** The ledger's owner may do what the app may not: the app, if left out. */
  readonly as?: 'app' | 'owner'
  readonly max?: number
  readonly statementTimeoutMs?: number
  /** For transactions of several statements only (`begin`). Default: each query is a transaction of its own. */
  readonly transactions?: boolean
}

const STATEMENT_LIMIT_MS = 5_000
/** The server ends a statement at its limit and says so; what comes so much later still will not come. */
const GRACE_MS = 10_000
/** Below the grace, so that a connection is ended here as idle before it counts as silent. */
const IDLE_LIMIT_S = 8
/** Between two tries to connect, at most. The library's own twenty seconds would outlast most restarts of a server. */
const PAUSE_MAX_S = 1
/** How long a pool that is stuck may finish what it has in hand. */
const FINISH_LIMIT_S = 5

/**
 * A pool of direct connections for the app: int8 as bigint, no pipelining (each query is its own transaction anyway, and one slow one would
 * hold up the rest), and the role that may only read and execute the ledger's functions. Waits have limits, on both ends of the wire; what
 * runs into one is asked again. A pool that is stuck is replaced by a new one.
 */
export function connectSql(databaseUrl: string, options: SqlOptions = {}): PurserSql {
  let pool = open()
  function open(): PurserSql {
    const opened = openPool(databaseUrl, options, () => {
      if (pool !== opened) return
      pool = open()
      void opened.end({ timeout: FINISH_LIMIT_S })
    })
    return opened
  }
  return new Proxy(pool, {
    apply: (_first, self, args) => withoutHoles(Reflect.apply(pool, self, args) as unknown),
    get: (_first, name) =>
      name === 'unsafe'
        ? (...args: Parameters<PurserSql['unsafe']>) => withoutHoles(pool.unsafe(...args))
        : (Reflect.get(pool, name) as unknown),
  })
}

/**
 * When a connection ends in the middle of an answer, the library keeps its count of rows, and puts the rows of the first answer over the next one
 * behind as many holes. They are taken out: whoever asked would find nothing in the first place, and take the ledger for broken.
 */
function withoutHoles<T>(made: T): T {
  if (!(made instanceof Promise)) return made
  const query = made as { resolve?: (rows: unknown) => void }
  const resolve = query.resolve
  if (resolve === undefined) return made
  query.resolve = (rows) => {
    if (Array.isArray(rows) && rows.length > 0 && !(0 in rows))
      rows.splice(
        0,
        rows.findIndex((_, index) => index in rows),
      )
    resolve(rows)
  }
  return made
}

function openPool(databaseUrl: string, options: SqlOptions, onStuck: () => void): PurserSql {
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_LIMIT_MS
  const settings = {
    max: options.max ?? 10,
    // These two are known to the library, but not to its types.
    max_pipeline: options.transactions === true ? 1 : 0,
    socket: wires({ silenceMs: statementTimeoutMs + GRACE_MS, onStuck }),
    // Else the library asks for array types behind every new session, and a server that ends the session just then ends our whole process:
    // nobody handles that rejection. So lists come as jsonb; the library's `reserve` never answers on a new session, and its `begin` needs
    // pipelining: use neither, but on a pool for transactions.
    fetch_types: false,
    connect_timeout: 10,
    // Spread, so that not all processes come back at one moment.
    backoff: (tries: number) => (0.5 + Math.random() / 2) * Math.min(0.01 * 3 ** tries, PAUSE_MAX_S),
    idle_timeout: IDLE_LIMIT_S,
    types: { bigint: postgres.BigInt },
    connection: {
      application_name: 'purser',
      // Compiling a plan takes longer than anything here runs.
      jit: 'off',
      ...(options.as === 'owner' ? {} : { role: 'purser_app' }),
      lock_timeout: 2_000,
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: 5_000,
    },
    onnotice: () => {},
  }
  return postgres(databaseUrl, settings)
}
