import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { money, nano, ofMoney } from '../../src/domain/money.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { keyFor, newKey, NotBilled, openCosts, type Costs, type CostOutcome, type CostTerms } from '../../src/with-cost.ts'
import { askByOurselves } from '../support/own-client.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'

let stage: Stage
let costs: Costs
const logged: { readonly message: string; readonly facts: Record<string, unknown> }[] = []
const hear = (message: string, facts: Record<string, unknown>): void => void logged.push({ message, facts })

const environment = (): Record<string, string> => ({
  DATABASE_URL: stage.db.url,
  PURSER_HOME: stage.folder,
  PURSER_REQUEST_TIMEOUT_MS: String(stage.config.PURSER_REQUEST_TIMEOUT_MS),
})

beforeAll(async () => {
  stage = await openStage({ env: { PURSER_REQUEST_TIMEOUT_MS: '2000' } })
  costs = await openCosts({ env: environment(), log: { info: hear, warn: hear, error: hear } })
})
afterEach(() => stage.intact())
afterAll(async () => {
  await costs.close()
  await stage.close()
})

const termsFor = (account: string, change: Partial<CostTerms> = {}): CostTerms => ({
  account,
  user: 'ada',
  endpoint: 'chat',
  provider: 'gemini',
  model: 'gemini-2.5-flash-lite',
  input: `a question of ${account}`,
  maxOutputTokens: 1_000,
  ...change,
})

/** Asks the emulator as an app does, and counts how often it was run. */
function caller(terms: CostTerms) {
  const ran: string[] = []
  const ask = (change: Partial<CostTerms> = {}): Promise<CostOutcome<string>> =>
    costs.withCost(
      async (call) => {
        ran.push(call.requestId)
        return askByOurselves(stage.emulator.url, call, `a question of ${terms.account}`)
      },
      { ...terms, ...change },
    )
  return { ran, ask }
}

const runsAgain = (): never => {
  throw new Error('it ran again')
}

const only = async (account: string) => {
  const [attempt, ...others] = await stage.attempts(account)
  if (attempt === undefined || others.length > 0) throw new Error(`${others.length + 1} attempts`)
  return attempt
}

interface LogRow {
  readonly success: boolean
  readonly error: string | null
  readonly duration_ms: number
  readonly endpoint: string
  readonly user_id: string
  readonly total_cost: bigint
}
const callLog = (account: string): Promise<LogRow[]> =>
  stage.db.sql<LogRow[]>`select success, error, duration_ms, endpoint, user_id, total_cost from purser.call_log where account = ${account}`

const failure = (work: Promise<unknown>): Promise<Error & { code?: string }> =>
  work.then(
    (value) => {
      throw new Error(`it did not fail: ${JSON.stringify(value)}`)
    },
    (error: Error) => error,
  )

/** As if so much time had gone by since the request went out. */
const age = (id: string, seconds: number) =>
  stage.db.sql`update purser.reservation set dispatched_at = dispatched_at - make_interval(secs => ${seconds}) where id = ${id}`

test('a call outside Temporal is reserved, run once and settled at its exact cost, as the provider bills it', async () => {
  const account = await stage.account('free')
  const { ran, ask } = caller(termsFor(account))
  const answer = await ask()
  if (answer.kind !== 'answered') throw new Error(answer.kind)
  const attempt = await only(account)
  expect(ran).toEqual([`rsv_${attempt.id.replaceAll('-', '')}`])
  expect(answer.value).not.toBe('')
  expect(answer.cost).toEqual(money(nano(attempt.cost ?? 0n)))
  expect(ofMoney(answer.cost)).toBeLessThan(ofMoney(answer.reserved))
  expect(attempt).toMatchObject({ state: 'settled', costSource: 'answer', callId: 'call' })
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: attempt.cost })
  const [bill] = await stage.billOf(account)
  const [receipt] = await stage.db.sql<
    { pico: string }[]
  >`select pico_usd::text as pico from purser.receipt where reservation_id = ${attempt.id}`
  expect(receipt?.pico).toBe(bill?.picoUsd)
  expect(await callLog(account)).toEqual([
    { success: true, error: null, duration_ms: expect.any(Number), endpoint: 'chat', user_id: 'ada', total_cost: attempt.cost },
  ])
  expect(logged).toContainEqual({ message: 'model call', facts: expect.objectContaining({ account, success: true }) })
})

test('what the budget cannot pay for does not run', async () => {
  const account = await stage.account('free')
  const { ran, ask } = caller(termsFor(account, { model: 'gemini-2.5-flash', maxOutputTokens: 60_000 }))
  expect(await ask()).toMatchObject({
    kind: 'refused',
    code: 'budget_exceeded',
    plan: 'free',
    remedies: expect.arrayContaining([{ kind: 'top_up', by: expect.anything() }]),
  })
  expect(ran).toEqual([])
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: 0n })
})

describe('one key', () => {
  test('runs once: the same key again hears the first answer, in another process too, and with other terms it is a conflict', async () => {
    const account = await stage.account('free')
    const terms = termsFor(account, { key: newKey() })
    const { ran, ask } = caller(terms)
    const first = await ask()
    const other = await openCosts({ env: environment() })
    try {
      expect(await ask()).toEqual(first)
      expect(await other.withCost(runsAgain, terms)).toEqual(first)
    } finally {
      await other.close()
    }
    expect(await failure(ask({ maxOutputTokens: 2_000 }))).toMatchObject({ name: 'PurserError', code: 'conflict' })
    expect(await failure(ask({ input: 'another question' }))).toMatchObject({ code: 'conflict' })
    expect(ran).toHaveLength(1)
    expect(await stage.requestsOf(account)).toHaveLength(1)
  })

  test('asked by ten at once is run by one of them, and all hear its answer', async () => {
    const account = await stage.account('free')
    const { ran, ask } = caller(termsFor(account, { key: keyFor('order 17', new Date()) }))
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask()))
    expect(ran).toHaveLength(1)
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(answers[0]?.kind).toBe('answered')
  })

  test('of a name and a moment is the same on every machine; what is no key is said', async () => {
    const since = new Date('2026-11-28T10:00:00Z')
    expect(keyFor('order 17', since)).toBe('01a22198-ed00-70bc-8920-e3938c1b86e3')
    expect(keyFor('order 18', since)).not.toBe(keyFor('order 17', since))
    const account = await stage.account('free')
    const { ran, ask } = caller(termsFor(account))
    expect(await failure(ask({ key: 'order 17' }))).toMatchObject({ code: 'bad_input', message: expect.stringContaining('keyFor') })
    expect(ran).toEqual([])
  })
})

describe('a call that throws', () => {
  test('may have been billed: its error is thrown on, its money stays held, and the sweeper spends it in the end', async () => {
    const account = await stage.account('free')
    await stage.emulator.fault({ fault: 'billed_but_cut', promptIncludes: account })
    const { ask } = caller(termsFor(account, { key: newKey() }))
    expect((await failure(ask())).message).toContain('fetch failed')
    const attempt = await only(account)
    expect(attempt.state).toBe('in_doubt')
    expect(await stage.balance(account)).toMatchObject({ reserved: attempt.amount, spent: 0n })
    expect(await callLog(account)).toMatchObject([
      { success: false, error: expect.stringContaining('fetch failed'), duration_ms: expect.any(Number) },
    ])
    // Asked again, it says so, and runs nothing.
    expect(await ask()).toMatchObject({ kind: 'in_doubt', reservationId: attempt.id })
    await age(attempt.id, 1_000)
    await sweep(stage.ledger, 100)
    expect(await only(account)).toMatchObject({ state: 'presumed', cost: attempt.amount })
    expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: attempt.amount })
  })

  test('with the statement that nothing was billed: the money is free again, the failure is logged, and the same key may run anew', async () => {
    const account = await stage.account('free')
    await stage.emulator.fault({ fault: 'rate_limited', promptIncludes: account })
    const { ran, ask } = caller(termsFor(account, { key: newKey() }))
    expect(await failure(ask())).toBeInstanceOf(NotBilled)
    expect(await only(account)).toMatchObject({
      state: 'rejected',
      why: 'provider_refused: the app says so: NotBilled: the provider says 429',
    })
    expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: 0n })
    expect(await callLog(account)).toMatchObject([
      { success: false, error: expect.stringContaining('429'), duration_ms: expect.any(Number) },
    ])
    expect((await ask()).kind).toBe('answered')
    expect(ran).toHaveLength(2)
  })

  test('by its own time-out, which it hears of: in doubt', async () => {
    const account = await stage.account('free')
    await stage.emulator.fault({ fault: 'hang', promptIncludes: account })
    const { ask } = caller(termsFor(account))
    expect((await failure(ask())).name).toBe('TimeoutError')
    expect(await only(account)).toMatchObject({ state: 'in_doubt' })
  })
})

test('an answer whose usage is missing is booked at its bound, and flagged; a usage that cannot be is as good as none', async () => {
  for (const usage of [undefined, [], [{ unit: 'input_text_tokens', quantity: -1 }], [{ unit: 'words', quantity: 5 }], 'much']) {
    const account = await stage.account('free')
    const answer = await costs.withCost(async () => ({ value: 'an answer', usage: usage as never }), termsFor(account))
    expect(answer).toMatchObject({ kind: 'answered', value: 'an answer', flags: ['usage_missing'] })
    const attempt = await only(account)
    expect(attempt).toMatchObject({ state: 'settled', cost: attempt.amount, costSource: 'presumption' })
  }
})

test('terms that cannot be are said before anything is reserved', async () => {
  const account = await stage.account('free')
  const { ran, ask } = caller(termsFor(account))
  const wrong: Partial<CostTerms>[] = [
    { maxOutputTokens: 0 },
    { maxOutputTokens: 1.5 },
    // More than the model writes, and images of which nobody knows what they come to.
    { maxOutputTokens: 65_537 },
    { inputImagesMax: 1 },
    { inputImagesMax: -1 },
    { input: Number.NaN },
    { account: '' },
    { endpoint: 'two\nlines' },
    { labels: { Tier: 'gold' } },
    { user: '\ud800' },
  ]
  for (const change of wrong) expect(await failure(ask(change))).toMatchObject({ name: 'PurserError', code: 'bad_input' })
  expect(await failure(ask({ account: 'nobody' }))).toMatchObject({ code: 'unknown_account' })
  expect(await failure(ask({ model: 'gpt-none' }))).toMatchObject({ code: 'unpriced_model' })
  expect(ran).toEqual([])
  expect(await stage.attempts(account)).toEqual([])
})

test('a process that is killed in the middle of a call leaves it in doubt, its key runs nothing again, and the sweeper spends its money', async () => {
  const account = await stage.account('free')
  const terms = termsFor(account, { key: newKey() })
  await stage.emulator.fault({ fault: 'hang', promptIncludes: account })
  const program = fileURLToPath(new URL('./cost-program.ts', import.meta.url))
  const child = execFile(process.execPath, [program, JSON.stringify({ env: environment(), terms, url: stage.emulator.url })])
  try {
    await until('it is sent', async () => (await stage.requestsOf(account)).length === 1)
  } finally {
    child.kill('SIGKILL')
  }
  expect((await only(account)).state).toBe('dispatched')
  const { ran, ask } = caller(terms)
  // Waits until the dead process's time is over, by the ledger's clock.
  expect(await ask()).toMatchObject({ kind: 'in_doubt' })
  expect(ran).toEqual([])
  const attempt = await only(account)
  await age(attempt.id, 1_000)
  await sweep(stage.ledger, 100)
  expect(await only(account)).toMatchObject({ state: 'presumed' })
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: attempt.amount })
})

describe('what answers decides the price', () => {
  const PRICED = 'a-priced-model'
  const WITH_A_FEE = 'a-model-with-a-fee'
  beforeAll(async () => {
    const rows: readonly (readonly [model: string, tier: string, unit: string, pico: number])[] = [
      [PRICED, 'standard', 'input_text_tokens', 1_000_000],
      [PRICED, 'standard', 'output_text_tokens', 4_000_000],
      [PRICED, 'standard', 'search_queries', 10_000_000_000],
      [PRICED, 'batch', 'input_text_tokens', 500_000],
      [PRICED, 'batch', 'output_text_tokens', 2_000_000],
      ['a-cheaper-model', 'standard', 'input_text_tokens', 10_000],
      ['a-cheaper-model', 'standard', 'output_text_tokens', 40_000],
      ['a-dearer-model', 'standard', 'input_text_tokens', 5_000_000],
      ['a-dearer-model', 'standard', 'output_text_tokens', 20_000_000],
      [`${PRICED}-2026-09-01`, 'standard', 'input_text_tokens', 2_000_000],
      [`${PRICED}-2026-09-01`, 'standard', 'output_text_tokens', 8_000_000],
      [WITH_A_FEE, 'standard', 'input_text_tokens', 1_000_000],
      [WITH_A_FEE, 'standard', 'output_text_tokens', 4_000_000],
      [WITH_A_FEE, 'standard', 'requests', 1_000_000_000],
    ]
    for (const [model, tier, unit, pico] of rows)
      await stage.db.sql`insert into purser.price (provider, model, unit, tier, pico_usd_per, effective_from, source, source_date)
        values ('test', ${model}, ${unit}, ${tier}, ${pico}, '2026-01-01', 'test', '2026-01-01')`
  })

  const usage = [
    { unit: 'input_text_tokens', quantity: 10 },
    { unit: 'output_text_tokens', quantity: 100 },
  ] as const
  test.for<[string, Partial<CostTerms>, { model?: string; tier?: string }, bigint, string[]]>([
    ['the model that was asked for', {}, { model: PRICED }, 410_000_000n, []],
    ['a dated version of it', {}, { model: `${PRICED}-2026-08-01` }, 410_000_000n, []],
    ['a dated version that has a price of its own', {}, { model: `${PRICED}-2026-09-01` }, 820_000_000n, []],
    [
      'another model, in a tier without a price: at the dearest known prices of both',
      {},
      { model: 'a-dearer-model', tier: 'warp' },
      2_050_000_000n,
      ['other_model', 'other_tier', 'unpriced'],
    ],
    ['a model that charges for each request, which nobody counts', { model: WITH_A_FEE }, {}, 1_410_000_000n, []],
    ['another model that the book knows', {}, { model: 'a-cheaper-model' }, 4_100_000n, ['other_model']],
    [
      'a model that nobody knows: at the dearest known prices, not for nothing (LiteLLM #31945)',
      {},
      { model: 'who-knows' },
      410_000_000n,
      ['other_model', 'unpriced'],
    ],
    ['in the tier that was asked for: by its own prices', { tier: 'batch' }, { tier: 'batch' }, 205_000_000n, []],
    ['in another tier', { tier: 'batch' }, { tier: 'standard' }, 410_000_000n, ['other_tier']],
    ['in a tier without a price: at the dearest known one', { tier: 'batch' }, { tier: 'warp' }, 410_000_000n, ['other_tier', 'unpriced']],
  ])('%s', async ([, terms, reply, pico, flags]) => {
    const account = await stage.account('free')
    const answer = await costs.withCost(async () => ({ value: 'yes', usage, ...reply }), {
      ...termsFor(account),
      provider: 'test',
      model: PRICED,
      input: 1_000,
      ...terms,
    })
    expect(answer).toMatchObject({ kind: 'answered', flags })
    const [receipt] = await stage.db.sql<{ pico: bigint }[]>`
      select pico_usd as pico from purser.receipt where reservation_id = ${(await only(account)).id}`
    expect(receipt?.pico).toBe(pico)
    const told = await stage.db.sql<{ details: { model: string; tier: string; units: string[] } }[]>`
      select details from purser.outbox where kind = 'unpriced' and account = ${account}`
    const { model = PRICED, tier = 'standard' } = { ...terms, ...reply }
    const alarm = [model, tier, 'input_text_tokens', 'output_text_tokens']
    expect(told.map(({ details }) => [details.model, details.tier, ...details.units])).toEqual(flags.includes('unpriced') ? [alarm] : [])
  })

  test('a batch may be billed for 26 hours: so long nothing of it is presumed', async () => {
    const account = await stage.account('free')
    await costs.withCost(async () => ({ value: 'yes', usage }), {
      ...termsFor(account),
      provider: 'test',
      model: PRICED,
      input: 1_000,
      tier: 'batch',
    })
    const [row] = await stage.db.sql<{ hours: number }[]>`
      select provider_max_ms / 3600000 as hours from purser.reservation where id = ${(await only(account)).id}`
    expect(row?.hours).toBe(26)
  })

  const searched = [...usage, { unit: 'search_queries', quantity: 2 } as const]
  test.for<[string, Partial<CostTerms>, bigint | 'the bound', string[]]>([
    ['that were asked for', { searchQueriesMax: 2 }, 20_410_000_000n, []],
    ['without a price in the tier: at that of another one', { tier: 'batch' }, 20_205_000_000n, ['unpriced']],
    ['without any price: at least at the bound, because no token is as dear', { model: WITH_A_FEE }, 'the bound', ['unpriced']],
  ])('searches %s (genai-prices: free)', async ([, terms, pico, flags]) => {
    const account = await stage.account('paid')
    const asked = { ...termsFor(account), provider: 'test', model: PRICED, input: 1_000, ...terms }
    const answer = await costs.withCost(async () => ({ value: 'yes', usage: searched }), asked)
    const attempt = await only(account)
    const [receipt] = await stage.db.sql<
      { pico: bigint }[]
    >`select pico_usd as pico from purser.receipt where reservation_id = ${attempt.id}`
    expect(answer).toMatchObject({ kind: 'answered', flags })
    expect(pico === 'the bound' ? attempt.cost === attempt.amount : receipt?.pico === pico).toBe(true)
  })

  test('a tier without a price is refused before the call, with those that have one', async () => {
    const account = await stage.account('free')
    const terms = { ...termsFor(account), provider: 'test', model: PRICED, tier: 'flex' } as const
    expect((await failure(costs.withCost(runsAgain, terms))).message).toBe(
      `model "${PRICED}" of test has no price in the tier "flex", so no call may start: use batch or standard`,
    )
  })
})

test('what was used elsewhere is told afterwards, once per key, and stands on the same budget', async () => {
  const account = await stage.account('paid')
  const told = {
    key: `elsewhere of ${account}`,
    account,
    provider: 'gemini',
    model: 'gemini-2.5-flash-lite',
    usage: { input_text_tokens: 1_000_000 },
    at: new Date(Date.now() - 60_000).toISOString(),
  }
  const first = await costs.track(told)
  expect(first).toMatchObject({ changed: true, budgets: [{ overrun: 0n }] })
  expect(await costs.track(told)).toEqual({ ...first, changed: false })
  expect(await stage.balance(account)).toMatchObject({ spent: first.cost, reserved: 0n })
  await expect(costs.track({ ...told, usage: { input_text_tokens: 1 } })).rejects.toMatchObject({ code: 'conflict' })
  await expect(costs.track({ ...told, usage: { input_text_tokens: '0.5' } })).rejects.toMatchObject({ code: 'bad_input' })
})
