import postgres, { type Sql } from 'postgres'
import { wires } from './wire.ts'

export type PurserSql = Sql<{ bigint: bigint }>

export interface SqlOptions {
  /** The ledger's owner may do what the app may not: the app, if left out. */
  readonly as?: 'app' | 'owner'
  readonly max?: number
  readonly statementTimeoutMs?: number
  /** For transactions of several statements only (`begin`). Default: each query is a transaction of its own, and `begin` has connections aside. */
  readonly transactions?: boolean
  /** For statements that take longer to plan than to run, and whose plan does not depend on their values: it is made once a connection. */
  readonly keepsPlans?: boolean
}

const STATEMENT_LIMIT_MS = 5_000
/** The server ends a statement at its limit and says so; what comes so much later still will not come. */
const GRACE_MS = 10_000
/** Below the grace, so that a connection is ended here as idle before it counts as silent. */
const IDLE_LIMIT_S = 8
/** Between two tries to connect, at most. The library's own twenty seconds would outlast most restarts of a server. */
const PAUSE_MAX_S = 1
/** A server keeps a plan of 200 kB for each text that a connection has asked, until it ends: so it must not live as long as somebody asks in ever new ways. */
const PLANS_LIMIT_S = 300
const ASIDE_MAX = 2
/** How long a pool that is stuck may finish what it has in hand. */
const FINISH_LIMIT_S = 5

/**
 * A pool of direct connections for the app: int8 as bigint, no pipelining (each query is its own transaction anyway, and one slow one would
 * hold up the rest), and the role that may only read and execute the ledger's functions. Waits have limits, on both ends of the wire; what
 * runs into one is asked again. A pool that is stuck is replaced by a new one.
 */
export function connectSql(databaseUrl: string, options: SqlOptions = {}): PurserSql {
  let pool = open()
  let aside: PurserSql | undefined
  /** The library's `begin` needs another kind of pool: it is opened when somebody begins. */
  const forTransactions = (): PurserSql =>
    (aside ??= connectSql(databaseUrl, { ...options, max: Math.min(options.max ?? ASIDE_MAX, ASIDE_MAX), transactions: true }))
  function open(): PurserSql {
    const opened = openPool(databaseUrl, options, () => {
      if (pool !== opened) return
      pool = open()
      void opened.end({ timeout: FINISH_LIMIT_S })
    })
    return opened
  }
  return new Proxy(pool, {
    apply: (_first, self, args) => itsOwn(Reflect.apply(pool, self, args) as unknown),
    get: (_first, name) => {
      if (name === 'unsafe') return (...args: Parameters<PurserSql['unsafe']>) => itsOwn(pool.unsafe(...args))
      if (name === 'begin')
        return (...asked: [Work] | Begun) =>
          beginOn(options.transactions === true ? pool : forTransactions(), asked.length === 1 ? ['', asked[0]] : asked)
      if (name === 'end') return async (how: EndOptions) => void (await Promise.all([pool.end(how), aside?.end(how)]))
      return Reflect.get(pool, name) as unknown
    },
  })
}

type Work = (sql: postgres.TransactionSql<{ bigint: bigint }>) => Promise<unknown>
/** A mode, such as `read only`, and what is done in it. */
type Begun = readonly [mode: string, work: Work]
type EndOptions = Parameters<PurserSql['end']>[0]

/** The library's query, as far as it is ours to mend. */
interface Query {
  readonly args: unknown
  resolve?: (rows: unknown) => void
  reject: (error: unknown) => void
}

/**
 * When a connection ends in the middle of an answer, the library keeps what it had read of it for the next question of this place in the pool: see
 * `withoutHoles` and `ofAnother`. Whoever asks next hears its own answer all the same.
 */
function itsOwn<T>(made: T): T {
  if (!(made instanceof Promise)) return made
  const query = made as unknown as Query
  const { resolve, reject } = query
  if (resolve === undefined) return made
  query.resolve = (rows) => resolve(withoutHoles(rows))
  query.reject = (error) => reject(ofAnother(error, query) ? notAsked(error) : error)
  return made
}

/** It keeps its count of rows, and puts those of the next answer behind as many holes: whoever asked would take the ledger for broken. */
function withoutHoles(rows: unknown): unknown {
  if (Array.isArray(rows) && rows.length > 0 && !(0 in rows))
    rows.splice(
      0,
      rows.findIndex((_, index) => index in rows),
    )
  return rows
}

/**
 * It keeps an error that the server said just before the end, and fails the next question with it, unasked: a reserve would hear the conflict of
 * somebody else. Such an error bears the question to which it belongs.
 */
const ofAnother = (error: unknown, { args }: Query): error is postgres.PostgresError =>
  error instanceof postgres.PostgresError && (error as unknown as Query).args !== args

const notAsked = (error: postgres.PostgresError): Error =>
  Object.assign(new Error('the connection to Postgres ended before it could be asked', { cause: error }), { code: 'CONNECTION_CLOSED' })

/** The same for a transaction, whose first question, `begin`, is the library's own. */
async function beginOn(pool: PurserSql, [mode, work]: Begun): Promise<unknown> {
  let hasBegun = false
  try {
    return await pool.begin(mode, (sql) => {
      hasBegun = true
      return work(sql)
    })
  } catch (error) {
    throw !hasBegun && error instanceof postgres.PostgresError && !error.query.startsWith('begin') ? notAsked(error) : error
  }
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
    ...(options.keepsPlans === true ? { max_lifetime: PLANS_LIMIT_S } : {}),
    types: { bigint: postgres.BigInt },
    connection: {
      application_name: 'purser',
      // Compiling a plan takes longer than anything here runs.
      jit: 'off',
      ...(options.as === 'owner' ? {} : { role: 'purser_app' }),
      ...(options.keepsPlans === true ? { plan_cache_mode: 'force_generic_plan' } : {}),
      lock_timeout: 2_000,
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: 5_000,
    },
    onnotice: () => {},
  }
  return postgres(databaseUrl, settings)
}
