import { reservationRef, trackedRef } from '../domain/call.ts'
import type { Preparation } from '../domain/prepared-call.ts'
import { nano, picoUsd, type Nano, type PicoUsd } from '../domain/money.ts'
import type { Unit, Usage } from '../domain/usage.ts'
import { functionAnswer } from '../prices/function-answer.ts'
import type { Filter, Reading } from './reading.ts'

/** One physical request of a model, or a usage that was tracked: all that is known of it. */
export interface RequestRecord {
  readonly id: string
  /** Where a list goes on. */
  readonly rowId: string
  readonly token: string
  /** It had a reservation; else it was tracked, or its reservation is unknown. */
  readonly isReserved: boolean
  /** The house bears it: it is no customer's. */
  readonly isHouse: boolean
  readonly call: string | null
  readonly workflowId: string | null
  readonly callId: string | null
  readonly run: string | null
  readonly attempt: number | null
  /** Of its call, that were sent so far. */
  readonly attempts: number
  readonly at: Date
  readonly sentAt: Date
  /** Its scope values, with provider, model and endpoint. */
  readonly terms: Readonly<Record<string, unknown>>
  readonly state: string
  /** Who named its cost. */
  readonly source: string | null
  readonly answered: boolean
  readonly error: string | null
  readonly reserved: Nano | null
  /** As known now; null while nobody knows it. */
  readonly cost: Nano | null
  /** Of its answer. */
  readonly lines: readonly { readonly unit: Unit; readonly quantity: bigint; readonly cost: Nano; readonly picoUsd: PicoUsd }[]
  readonly durationMs: number | null
  readonly flags: readonly string[]
  readonly requestHash: string | null
  /** What was decided before it was sent; null where nothing was. */
  readonly prepared: PreparedFacts | null
  readonly quality: string | null
  readonly accuracy: string | null
  readonly value: Nano | null
}

/** Which model was chosen for a call and why, and what of its prompt was not sent. */
export type PreparedFacts = Omit<Preparation, 'cuts' | 'usualProvider' | 'cache'>

/** Its name, for people and programs. */
export const refOf = ({ id, isReserved }: RequestRecord): string => (isReserved ? reservationRef(id) : trackedRef(id))

/** Of its answer. Far below what a number holds exactly: the ledger takes a thousand million of a unit at most. */
export const usageOf = ({ lines }: RequestRecord): Usage => lines.map(({ unit, quantity }) => ({ unit, quantity: Number(quantity) }))

interface RawRecord {
  readonly at: string
  readonly sentAt: string
  readonly reserved: string | null
  readonly cost: string | null
  readonly value: string | null
  readonly flags: readonly string[] | null
  readonly prepared?: PreparedFacts | null
  readonly lines: readonly { readonly unit: Unit; readonly quantity: string; readonly nanoEur: string; readonly picoUsd: string }[]
}

type Raw = Omit<RequestRecord, keyof RawRecord> & RawRecord

export interface RequestPage {
  readonly filter: Filter
  readonly from: Date
  readonly to: Date
  readonly answered?: boolean | undefined
  /** Behind which the page begins. */
  readonly after: { readonly rowId: string; readonly token: string }
  readonly limit: number
}

/** Before every other: where the first page begins. */
const LAST_UUID = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
export const FIRST_PAGE = { rowId: LAST_UUID, token: LAST_UUID } as const

/** A page of records, those of the newest job first. */
export async function listRequests({ sql }: Reading, page: RequestPage): Promise<RequestRecord[]> {
  const raw = await functionAnswer(
    sql<{ answer: Raw[] }[]>`
    select purser.list_requests(p_filter => ${sql.json(page.filter as never)}, p_from => ${page.from}, p_to => ${page.to}, p_answered => ${page.answered ?? null},
      p_row => ${page.after.rowId}, p_token => ${page.after.token}, p_limit => ${page.limit}) as answer`,
  )
  return raw.map(recordOf)
}

/** Undefined when there is none, or its month is dropped. */
export async function findRequest({ sql }: Reading, id: string): Promise<RequestRecord | undefined> {
  const [row] = await sql<{ answer: Raw | null }[]>`select purser.show_request(${id}) as answer`
  return row?.answer === null || row === undefined ? undefined : recordOf(row.answer)
}

const amount = (text: string | null): Nano | null => (text === null ? null : nano(BigInt(text)))

/** What ended, told in the order in which it was booked. */
export interface FollowedRequest {
  /** The booking that told it. */
  readonly entry: bigint
  readonly record: RequestRecord
}

export interface Following {
  /** An entry's id: what was booked after it is told. */
  readonly after: bigint
  /** So many entries are read at most; one may have booked several requests. */
  readonly limit: number
  readonly filter: Filter
}

/** The newest entry but so many. */
export async function entryBack({ sql }: Reading, entries: number): Promise<bigint> {
  const [row] = await sql<{ id: bigint | null }[]>`
    select coalesce((select min(id) - 1 from (select id from purser.entry order by id desc limit ${entries}) newest), (select max(id) from purser.entry)) as id`
  return row?.id ?? 0n
}

/** What ended since an entry, and where to go on: undefined when nothing was booked. Told again when a bill or a person says another cost. */
export async function followRequests(
  { sql }: Reading,
  { after, limit, filter }: Following,
): Promise<{ readonly last: bigint | undefined; readonly requests: readonly FollowedRequest[] }> {
  const raw = await functionAnswer(
    sql<{ answer: { last: string | null; requests: { entry: string; record: Raw }[] } }[]>`
    select purser.follow_requests(p_after => ${after}, p_limit => ${limit}, p_filter => ${sql.json(filter as never)}) as answer`,
  )
  return {
    last: raw.last === null ? undefined : BigInt(raw.last),
    requests: raw.requests.map(({ entry, record }) => ({ entry: BigInt(entry), record: recordOf(record) })),
  }
}

function recordOf({ at, sentAt, reserved, cost, value, flags, lines, prepared = null, ...rest }: Raw): RequestRecord {
  return {
    ...rest,
    at: new Date(at),
    sentAt: new Date(sentAt),
    reserved: amount(reserved),
    cost: amount(cost),
    value: amount(value),
    flags: flags ?? [],
    prepared,
    lines: lines.map((line) => ({
      unit: line.unit,
      quantity: BigInt(line.quantity),
      cost: nano(BigInt(line.nanoEur)),
      picoUsd: picoUsd(BigInt(line.picoUsd)),
    })),
  }
}
