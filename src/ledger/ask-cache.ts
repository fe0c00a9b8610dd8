import postgres from 'postgres'
import type { BlobRef, ResponseFacts } from '../domain/call.ts'
import { PurserError } from '../domain/errors.ts'
import type { Money } from '../domain/money.ts'
import type { CachedContent, NamedAsk, SharedAnswer, SharedAsk } from '../domain/response-cache.ts'
import { asked, moneyOf } from './asked.ts'
import { callIdOf } from './call-id.ts'
import type { Ledger } from './ledger.ts'
import { resolveScope, termsOf } from './scope.ts'

type Asking = Pick<Ledger, 'sql' | 'scopes'>

/**
 * Asks for many calls at once; answers in their order. What the asker holds is one short commit for all; who is not answered by it is asked for in another one. A repeated question
 * of a call that was answered hears the same.
 */
export async function askCache(ledger: Asking, named: readonly NamedAsk[], leaseMs: number): Promise<SharedAnswer[]> {
  const answers = await hear(ledger, named)
  const rest = named.filter((one) => !answers.has(one))
  for (const [one, answer] of rest.length === 0 ? [] : await look(ledger, rest, leaseMs)) answers.set(one, answer)
  return named.flatMap((one) => answers.get(one) ?? [])
}

/** What is wrong with one ask is its own: heard before it goes with others. Throws PurserError `unknown_account`, `bad_input`. */
export async function nameAsk(ledger: Asking, ask: SharedAsk): Promise<NamedAsk> {
  const { workflowId } = ask.call
  if (workflowId.includes('\0'))
    throw new PurserError(
      'bad_input',
      `the workflow id ${JSON.stringify(workflowId)} has a character that no database keeps: start it under another`,
    )
  return { ask, call: callIdOf(ask.call), scope: scopeMet(ledger, ask) ?? (await scopeOf(ledger, ask)) }
}

function scopeMet({ scopes }: Asking, { scope, request }: SharedAsk): number | undefined {
  return scopes.get(termsOf(scope, request))
}

async function scopeOf(ledger: Asking, { scope, request }: SharedAsk): Promise<number> {
  const terms = termsOf(scope, request)
  const id = await resolveScope(ledger, terms)
  ledger.scopes.remember(terms, id)
  return id
}

interface RawHeard {
  /** Places, from 1; null: all. */
  readonly heard: readonly number[] | null
  /** By scope. */
  readonly left: Readonly<Record<string, string>>
}

/** Those whose answer this process holds, if it still is the one. */
async function hear({ sql }: Asking, named: readonly NamedAsk[]): Promise<Map<NamedAsk, SharedAnswer>> {
  const answers = new Map<NamedAsk, SharedAnswer>()
  const calls = new Set<string>()
  const held = named.filter(({ ask, call }) => ask.known !== undefined && calls.size < calls.add(call).size)
  if (held.length === 0) return answers
  const hashes = held.map(({ ask }) => ask.requestHash).join('')
  const { heard, left } = await asked<RawHeard>(
    () => sql`
    select purser.hear_cached(p_calls => ${list(held.map(({ call }) => call))}::text::uuid[], p_scopes => ${list(held.map(({ scope }) => scope))}::text::int[],
      p_entries => ${list(held.map(({ ask }) => ask.known ?? ''))}::text::bigint[], p_hashes => decode(${hashes}, 'hex'),
      p_ttl_ms => ${list(held.map(({ ask }) => ask.ttlMs))}::text::bigint[], ${jobsOf(sql, held)}) as answer`,
  ).catch((error: unknown) => {
    if (error instanceof postgres.PostgresError && LOOK_CLOSER.includes(error.code)) return { heard: [], left: {} }
    throw error
  })
  const money = new Map(Object.entries(left).map(([scope, amount]) => [Number(scope), moneyOf(amount)]))
  for (const one of heard === null ? held : heard.flatMap((n) => held[n - 1] ?? []))
    answers.set(one, { kind: 'hit', id: one.call, entry: one.ask.known ?? '', budgetLeft: leftOf(money, one), content: undefined })
  return answers
}

/** One of the calls was answered at this moment, or is the first one of its month: nothing has happened. */
const LOOK_CLOSER = ['23505', '23514']

function leftOf(left: ReadonlyMap<number, Money>, { scope }: NamedAsk): Money {
  const amount = left.get(scope)
  if (amount === undefined) throw new Error('broken promise: a hit that nobody asked for')
  return amount
}

/** An array as Postgres reads it, of what has no quotes, commas or braces. */
const list = (values: readonly (string | number | boolean)[]): string => `{${values.join(',')}}`

/** An array of any texts. */
const texts = (values: readonly string[]): string => `{${values.map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`).join(',')}}`

const jobsOf = (sql: Asking['sql'], named: readonly NamedAsk[]) =>
  sql`p_jobs => ${texts(named.map(({ ask }) => ask.call.workflowId))}::text::text[], p_runs => ${texts(named.map(({ ask }) => ask.runId))}::text::text[],
      p_call_ids => ${texts(named.map(({ ask }) => ask.call.callId))}::text::text[]`

interface RawContent {
  readonly saved: string
  readonly madeAt: string
  readonly answer: { readonly blob: BlobRef | null; readonly response: ResponseFacts & { readonly requests?: number } }
}
interface RawLook {
  /** Place and answer. */
  readonly hits: readonly (readonly [number, string])[]
  /** By scope. */
  readonly left: Readonly<Record<string, string>>
  readonly answers: Readonly<Record<string, RawContent>>
  readonly others: readonly (
    | { readonly n: number; readonly kind: 'lead'; readonly flight: string }
    | { readonly n: number; readonly kind: 'follow' | 'own' | 'conflict' }
  )[]
}

/** Each of them for itself: what is in the cache, who leads, who follows. */
async function look({ sql }: Asking, named: readonly NamedAsk[], leaseMs: number): Promise<Map<NamedAsk, SharedAnswer>> {
  const raw = await asked<RawLook>(
    () => sql`
    select purser.ask_cache(p_calls => ${list(named.map(({ call }) => call))}::text::uuid[], p_scopes => ${list(named.map(({ scope }) => scope))}::text::int[],
      p_keys => ${list(named.map(({ ask }) => ask.key))}::text::text[], p_hashes => ${list(named.map(({ ask }) => ask.requestHash))}::text::text[],
      p_ttl_ms => ${list(named.map(({ ask }) => ask.ttlMs))}::text::bigint[], p_known => ${list(named.map(({ ask }) => ask.known ?? 'null'))}::text::bigint[],
      p_alone => ${list(named.map(({ ask }) => ask.alone))}::text::boolean[], ${jobsOf(sql, named)}, p_lease_ms => ${leaseMs}) as answer`,
  )
  const answers = new Map<NamedAsk, SharedAnswer>()
  const contents = new Map(Object.entries(raw.answers).map(([id, one]) => [id, contentOf(one)]))
  const left = new Map(Object.entries(raw.left).map(([scope, amount]) => [Number(scope), moneyOf(amount)]))
  const at = (n: number): NamedAsk => {
    const one = named[n - 1]
    if (one === undefined) throw new Error('broken promise: an answer that nobody asked for')
    return one
  }
  for (const { n, ...other } of raw.others) answers.set(at(n), other)
  for (const [n, entry] of raw.hits) {
    const one = at(n)
    answers.set(one, { kind: 'hit', id: one.call, entry, budgetLeft: leftOf(left, one), content: contents.get(entry) })
  }
  return answers
}

function contentOf({ saved, madeAt, answer: { blob, response } }: RawContent): CachedContent {
  const { requests, ...facts } = response
  return {
    saved: moneyOf(saved),
    madeAt: new Date(madeAt).toISOString(),
    blob: blob ?? undefined,
    response: requests === undefined ? response : facts,
  }
}
