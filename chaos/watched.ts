/**
 * The dependencies of the activities, as the product makes them, with a passage before and behind each effect. The product has no switch for
 * this: what it is given is wrapped.
 */
import { Context } from '@temporalio/activity'
import type { ActivityInterceptorsFactory } from '@temporalio/worker'
import type { BlobStore } from '../src/domain/blob-store.ts'
import type { Ledger } from '../src/ledger/ledger.ts'
import { ledgerOver } from '../src/ledger/ledger.ts'
import type { PurserSql } from '../src/platform/sql.ts'
import type { BatchProvider } from '../src/providers/batch-provider.ts'
import type { Provider, SendOptions } from '../src/providers/provider.ts'
import type { Point } from './points.ts'

/** Called at every point; the process may end in it, or wait. */
export type Pass = (point: Point) => Promise<void>

/** The job in whose activity we are; empty outside of one. */
export function jobOf(): string {
  try {
    return Context.current().info.workflowExecution?.workflowId ?? ''
  } catch {
    return ''
  }
}

/** What is done for a batch passes by points of its own. */
function prefix(): 'batch.' | '' {
  try {
    return Context.current().info.activityType.endsWith('Batch') ? 'batch.' : ''
  } catch {
    return ''
  }
}

type Effect =
  | 'find'
  | 'state'
  | 'cancel'
  | 'reserve'
  | 'dispatch'
  | 'settle'
  | 'reject'
  | 'doubt'
  | 'close'
  | 'sweep'
  | 'blob'
  | 'receipt'
  | 'seal'
  | 'closed'

async function around<T>(pass: Pass, effect: Effect, work: () => PromiseLike<T>): Promise<T> {
  await pass(`${prefix()}${effect}.before` as Point)
  const result = await work()
  await pass(`${prefix()}${effect}.after` as Point)
  return result
}

/** The ledger's functions that are asked one call at a time, by their names in SQL. */
const FUNCTIONS: Readonly<Record<string, Effect>> = {
  reserve: 'reserve',
  dispatch: 'dispatch',
  dispatch_batch: 'dispatch',
  settle: 'settle',
  reject: 'reject',
  mark_in_doubt: 'doubt',
  close: 'close',
  sweep: 'sweep',
  seal_statements: 'seal',
  tell_month_closed: 'closed',
}

export function watchedLedger(sql: PurserSql, blobs: BlobStore, pass: Pass): Ledger {
  const asking = new Proxy(sql, {
    apply(pool, self, args) {
      const ask = () => Reflect.apply(pool, self, args) as PromiseLike<unknown>
      const [text] = args as [unknown]
      const [, name = ''] = Array.isArray(text) ? (/select\s+purser\.(\w+)\(/.exec(String(text[0])) ?? []) : []
      const effect = FUNCTIONS[name]
      return effect === undefined ? ask() : around(pass, effect, ask)
    },
  })
  const { batcher, ...ledger } = ledgerOver(sql, { blobs })
  return {
    ...ledger,
    sql: asking,
    batcher: {
      reserve: (item) => around(pass, 'reserve', () => batcher.reserve(item)),
      dispatch: (item) => around(pass, 'dispatch', () => batcher.dispatch(item)),
      settle: (item) => around(pass, 'settle', () => batcher.settle(item)),
      metrics: batcher.metrics,
    },
  }
}

export const watchedBlobs = (blobs: BlobStore, pass: Pass): BlobStore => ({
  ...blobs,
  // A picture that is cropped is put as well, but it is nobody's answer.
  put: (bytes, mimeType) => (isCropping() ? blobs.put(bytes, mimeType) : around(pass, 'blob', () => blobs.put(bytes, mimeType))),
  putReceipt: (id, token, receipt) => around(pass, 'receipt', () => blobs.putReceipt(id, token, receipt)),
})

const isCropping = (): boolean => Context.current().info.activityType === 'cropBanner'

/** So long after the first byte may leave, the provider has the request; the emulator answers later than that. */
const ON_ITS_WAY_MS = 100

/** Passes by before, while, and behind a request that is sent. */
async function sending<T>(pass: Pass, options: SendOptions, send: (options: SendOptions) => Promise<T>): Promise<T> {
  await pass(`${prefix()}request.before` as Point)
  let sent: Promise<void> | undefined
  const maySend = (): boolean => {
    const may = options.maySend()
    if (may) sent = new Promise((done) => setTimeout(done, ON_ITS_WAY_MS)).then(() => pass(`${prefix()}request.sent` as Point))
    return may
  }
  const reply = await send({ ...options, maySend })
  await sent
  await pass(`${prefix()}request.after` as Point)
  return reply
}

export const watchedProvider = (provider: Provider, pass: Pass): Provider => ({
  name: provider.name,
  send: (request, options) => sending(pass, options, (watched) => provider.send(request, watched)),
})

export const watchedBatches = (provider: BatchProvider, pass: Pass): BatchProvider => ({
  name: provider.name,
  submit: (batch, options) => sending(pass, options, (watched) => provider.submit(batch, watched)),
  find: (name, since) => around(pass, 'find', () => provider.find(name, since)),
  state: (name, outputs) => around(pass, 'state', () => provider.state(name, outputs)),
  cancel: (name) => around(pass, 'cancel', () => provider.cancel(name)),
})

/** The moments around the one at which Temporal hears that the model was called. */
export const watchedCompletion =
  (pass: Pass): ActivityInterceptorsFactory =>
  () => ({
    inbound: {
      async execute(input, next) {
        const { activityType } = Context.current().info
        if (activityType === 'cropBanner') await pass('completion.after')
        const result = await next(input)
        if (activityType === 'callModel') await pass('completion.before')
        return result
      },
    },
  })
