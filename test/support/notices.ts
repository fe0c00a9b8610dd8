import type { Client } from '@temporalio/client'
import { startNotices } from '../../src/delivery/start-notices.ts'
import { startWorkflowOf } from '../../src/delivery/start-workflow.ts'
import { newTarget } from '../../src/delivery/destination.ts'
import type { DeliveryPolicy, DestinationKind } from '../../src/domain/notice.ts'
import { createDestination, type Destination } from '../../src/ledger/destinations.ts'
import type { Running } from '../../src/until-stopped.ts'
import type { Stage } from './stage.ts'

/** Three days in six seconds. Temporal itself looks about once a second whom to try again. */
export const QUICK: DeliveryPolicy = { attemptMs: 3_000, firstPauseMs: 100, longestPauseMs: 4_000, totalMs: 6_000 }

let names = 0

/** A destination of this machine, with its secret. */
export async function destinationOf(
  stage: Stage,
  target: string | undefined,
  change: { readonly kind?: DestinationKind; readonly types?: readonly string[]; readonly account?: string } = {},
): Promise<Destination & { readonly secret: string }> {
  const { kind = 'webhook', types = ['*'], account } = change
  const made = newTarget(kind, target, { toPrivate: true, mail: true })
  const destination = await createDestination(stage.ledger, { name: `destination ${(names += 1)}`, kind, types, account, ...made })
  return { ...destination, secret: made.secret ?? '' }
}

/** Tells something, as the ledger's own functions do. */
export async function putNotice(
  stage: Stage,
  notice: {
    readonly key: string
    readonly type?: string
    readonly account?: string
    readonly text?: string
    readonly data?: Record<string, unknown>
  },
): Promise<string> {
  const { key, type = 'alert.opened', account = null, text = 'something happened', data = {} } = notice
  const [row] = await stage.db.sql<{ id: string }[]>`
    select purser.put_notice(${key}, ${type}, ${account}, ${text}, ${stage.db.sql.json(data as never)}) as id`
  return row?.id ?? ''
}

/** How a notice's deliveries stand, by destination. */
export const deliveriesOf = (stage: Stage, noticeId: string) => stage.db.sql<
  {
    destination: number
    state: string
    attempts: number
    resends: number
    status: number | null
    error: string | null
    nextAt: Date | null
    why: string | null
    workflowId: string
    id: bigint
  }[]
>`select destination, state, attempts, resends, last_status as status, last_error as error, next_at as "nextAt", dead_why as why, workflow_id as "workflowId", id
    from purser.delivery where notice = ${noticeId} order by destination`

/** Starts the jobs of a stage's notices, as a worker does. */
export const startNoticesOf = (
  stage: Stage,
  {
    client,
    taskQueue,
    policy = QUICK,
    warn = () => undefined,
  }: { readonly client: Client; readonly taskQueue: string; readonly policy?: DeliveryPolicy; readonly warn?: (message: string) => void },
): Running =>
  startNotices({
    ledger: stage.ledger,
    start: startWorkflowOf({ client, taskQueue, policy }),
    warn,
    takenMs: 1_000,
  })
