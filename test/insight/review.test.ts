/** A small made-up ledger of two months with planted facts: what the review tells of them, to the nano-euro. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { trackUsages } from '../../src/calls/track-usage.ts'
import type { Quantity } from '../../src/domain/usage.ts'
import { eur } from '../../src/domain/money.ts'
import { month } from '../../src/domain/period.ts'
import { review, type Review } from '../../src/insight/review.ts'
import { adviceOf } from '../../src/insight/review-advice.ts'
import { reviewBody } from '../../src/insight/review-body.ts'
import { changesOf } from '../../src/insight/review-change.ts'
import { reviewHtml } from '../../src/insight/review-html.ts'
import { reviewNotice } from '../../src/insight/review-notice.ts'
import { reviewMarkdown } from '../../src/insight/review-markdown.ts'
import { summed, type Workload } from '../../src/insight/review-workloads.ts'
import { scoreRequest } from '../../src/ledger/score.ts'
import { scopeOf } from '../../src/schema/budget-input.ts'
import { purser } from '../cli/purser.ts'
import { chance } from '../support/chance.ts'
import { openTestLedger, times } from '../support/ledger.ts'
import { takenIn } from '../support/taken-in.ts'

const t = await openTestLedger()
afterAll(() => t.drop())

const [BEFORE, NOW] = [month('2026-02'), month('2026-03')]
const STRANGE = '<b>&"|`x'
const M = 1_000_000
const mills = (amount: number): bigint => BigInt(amount) * 1_000_000n

let account: string
const tracked = async (of: Month, feature: string, model: string, usage: Partial<Record<Quantity['unit'], number>>, count = 1) => {
  const quantities = Object.entries(usage).map(([unit, quantity]) => ({ unit, quantity }) as Quantity)
  const at = new Date(`${of}-10T12:00:00Z`)
  const common = { provider: 'test', model, endpoint: 'tracked', tier: 'standard', usage: quantities, at, scope: { account, feature } }
  const booked = await trackUsages(
    t.ledger,
    t.ledger,
    times(count, () => ({ ...common, key: randomUUID() })),
  )
  return booked.map((one) => {
    if (one instanceof Error) throw one
    return one.requestId
  })
}
type Month = typeof BEFORE

/** A thousand pico-USD a token are a nano-euro a token, at a dollar a euro. `big` doubles the price of its input in the month. */
async function prices(): Promise<void> {
  const rows = [
    ['big', 'input_text_tokens', 10_000, '2026-01-01', '2026-03-01'],
    ['big', 'input_text_tokens', 20_000, '2026-03-01', null],
    ['big', 'input_cached_tokens', 1_000, '2026-01-01', null],
    ['big', 'output_text_tokens', 40_000, '2026-01-01', null],
    ['small', 'input_text_tokens', 2_000, '2026-01-01', null],
    ['small', 'input_cached_tokens', 200, '2026-01-01', null],
    ['small', 'output_text_tokens', 8_000, '2026-01-01', null],
    // Cheaper than both, and of another kind: it speaks.
    ['talker', 'input_text_tokens', 20, '2026-01-01', null],
    ['talker', 'output_text_tokens', 80, '2026-01-01', null],
    ['talker', 'output_audio_tokens', 80, '2026-01-01', null],
    ['gpu', 'gpu_hours', 1_000_000_000_000, '2026-01-01', null],
  ] as const
  for (const [model, unit, price, from, until] of rows)
    await t.owner`insert into purser.price (provider, model, unit, pico_usd_per, per, effective_from, effective_until, source, source_date)
      values ('test', ${model}, ${unit}, ${price}, ${unit === 'gpu_hours' ? M : 1}, ${from}, ${until}, 'test', '2026-01-01')`
  for (const day of [`${BEFORE}-10`, `${NOW}-10`])
    await t.owner`insert into purser.rate (day, usd_micros_per_eur, source, fetched_on, why) values (${day}, 1000000, 'test', ${day}, 'a test')`
}

let r: Review
beforeAll(async () => {
  await prices()
  account = await t.accountWith({ cap: '1.00', timeZone: 'UTC' })
  await t.budget({ name: 'chat soft', scope: { feature: 'chat' }, cap: '0.20', period: 'month', isHard: false })
  await t.budget({ name: 'search hard', scope: { feature: 'search' }, cap: '0.50', period: 'month' })
  await tracked(BEFORE, 'chat', 'big', { input_text_tokens: M, output_text_tokens: M / 10 }, 10)
  await tracked(BEFORE, 'search', 'big', { input_text_tokens: M })
  await tracked(BEFORE, STRANGE, 'big', { input_text_tokens: M })
  const chats = await tracked(NOW, 'chat', 'big', { input_text_tokens: M, output_text_tokens: M / 10 }, 10)
  await tracked(NOW, 'chat', 'small', { input_text_tokens: 2 * M, output_text_tokens: M / 10 }, 10)
  const searches = await tracked(NOW, 'search', 'big', { input_text_tokens: M, input_cached_tokens: M })
  await tracked(NOW, 'render', 'gpu', { gpu_hours: 2_000 })
  for (const id of chats.slice(0, 2)) await scoreRequest(t.ledger, id, { quality: '0.5', value: eur('0.005') })
  for (const id of searches) await scoreRequest(t.ledger, id, { quality: '0.9', value: eur('1') })
  // Its plan of the month is neither the one that it began with nor the one that it has now.
  for (const [plan, day] of [
    ['grown', '2026-03-20'],
    ['later', '2026-05-01'],
  ] as const) {
    await t.owner`insert into purser.plan_version values (${plan}, '2026-01-01T00:00:00Z', ${eur('1.00')}, 'test')`
    await t.owner`insert into purser.plan_change (account, plan, begins_at, at, key, reason, asked) values (${account}, ${plan}, ${day}, ${day}, ${plan}, 'test', '{}')`
  }
  await takenIn(t.ledger, t.owner)
  r = await review(t.ledger, { month: NOW, timeZone: 'UTC' })
})

const featureOf = (name: string) => r.features.find(({ feature }) => feature === name)

test('it is compared with the first month in which there were calls, feature by feature', () => {
  expect(r).toMatchObject({
    baseline: BEFORE,
    isOver: true,
    totals: { cost: mills(311), calls: 22n, infrastructure: mills(2) },
    baselineTotals: { cost: mills(160), calls: 12n },
  })
  expect(r.features.map(({ feature, after }) => [feature, after])).toEqual([
    ['chat', mills(288)],
    ['search', mills(21)],
    ['render', mills(2)],
    [STRANGE, 0n],
  ])
})

test('what moved is told apart: more calls, other models, longer calls, dearer tokens, and they add up', () => {
  // Twice as many calls; half of them with a model that is cheaper; and a million input tokens of the other costs twice as much.
  expect(featureOf('chat')).toMatchObject({ difference: mills(148), volume: mills(140), mix: mills(-92), size: 0n, price: mills(100) })
  // As many calls, with twice the input, half of it cached: at 10.5 instead of 10.
  expect(featureOf('search')).toMatchObject({ difference: mills(11), volume: 0n, mix: 0n, size: mills(10), price: mills(1) })
  expect(featureOf('render')).toMatchObject({ difference: mills(2), volume: mills(2), mix: 0n, size: 0n, price: 0n, isAnomaly: false })
  expect(featureOf(STRANGE)).toMatchObject({ difference: mills(-10), volume: mills(-10), mix: 0n, size: 0n, price: 0n, isAnomaly: true })
  for (const f of r.features) expect(f.volume + f.mix + f.size + f.price).toBe(f.after - f.before)
})

test('whatever the two months hold, nothing included, the four add up, and nothing is divided by zero', () => {
  const dice = chance(7)
  const amount = (): bigint => (dice(3) === 0 ? 0n : BigInt(dice(1_000_000_007)))
  const some = (): Workload[] =>
    times(dice(6), () => {
      const [input, output] = [amount(), amount()]
      const sums = { ...summed([]), calls: BigInt(dice(3)), cost: input + output + amount(), input_cost: input, output_cost: output }
      const tokens = { input_tokens: amount(), output_tokens: amount() }
      return { feature: `f${dice(2)}`, provider: 'p', model: `m${dice(3)}`, sums: { ...sums, ...tokens } }
    })
  for (const _ of times(2_000, Number)) {
    const [after, before] = [some(), some()]
    for (const f of changesOf(after, before)) expect(f.volume + f.mix + f.size + f.price).toBe(f.after - f.before)
    const whole = changesOf(after, before).reduce((sum, f) => sum + f.difference, 0n)
    expect(whole).toBe(summed(after).cost - summed(before).cost)
  }
})

test('a model of another kind is no tier down, and the saving is that of the month’s own tokens', () => {
  expect(r.cheaper).toMatchObject([
    {
      feature: 'chat',
      model: 'big',
      cheaper: 'small',
      cost: mills(240),
      costThen: mills(28),
      saving: mills(212),
      usedHere: 10n,
      quality: 500n,
    },
    {
      feature: 'search',
      model: 'big',
      cheaper: 'small',
      cost: mills(21),
      saving: 18_800_000n,
      usedHere: 0n,
      usedAnywhere: 10n,
      quality: 900n,
    },
  ])
})

test('a better cache is that of the best feature, and what it would save is counted by model', () => {
  expect(r.cache).toMatchObject({ inputTokens: 32_000_000n, cachedTokens: 1_000_000n, saved: mills(19), couldSave: mills(113) })
  expect(r.cache.best?.feature).toBe('search')
  expect(r.cache.features.map(({ feature, couldSave }) => [feature, couldSave])).toEqual([
    ['chat', mills(113)],
    ['search', 0n],
  ])
})

test('budgets and plans are told with what they allowed, what was spent, and what was left or passed', () => {
  const common = { periodKind: 'month', periods: 1 }
  expect(r.budgets).toMatchObject({
    count: 2,
    list: [
      { ...common, name: 'chat soft', isHard: false, cap: mills(200), spent: mills(288), over: mills(88), periodsOver: 1 },
      { ...common, name: 'search hard', isHard: true, cap: mills(500), spent: mills(21), over: 0n, periodsOver: 0 },
    ],
  })
  expect(r.plans.plans).toMatchObject([
    { plan: 'grown', accounts: 1, accountsOver: 0, allowance: mills(1000), spent: mills(311), unused: mills(689) },
  ])
  expect(r.plans.unused).toMatchObject([{ account, unused: mills(689) }])
})

test('what costs more than it is worth stands first, with its score; and what stands idle is named', () => {
  expect(r.values).toMatchObject([
    { feature: 'chat', worth: mills(100), excess: mills(188), quality: 500n, isDearForQuality: true },
    { feature: 'search', worth: mills(1000), excess: 0n, quality: 900n, isDearForQuality: false },
  ])
  expect(r.infrastructure).toMatchObject([{ feature: 'render', name: 'gpu', cost: mills(2), baseline: 0n, modelCalls: 0n }])
})

test('each recommendation has its saving and its switch, the dearest first', () => {
  expect(r.advice.map(({ kind, saving }) => [kind, saving])).toEqual([
    ['cheaper_model', mills(212)],
    ['value', mills(188)],
    ['cache', mills(113)],
    ['budget_over', mills(88)],
    ['cheaper_model', 18_800_000n],
    ['idle', mills(2)],
    ['unused_allowance', undefined],
  ])
  expect(r.advice[1]?.how).toBe("purser budget create 'worth of chat' --cap 0.10 --scope feature=chat")
  expect(r.advice[3]?.how).toBe("purser budget create 'hard chat soft' --cap 0.20 --scope feature=chat")
})

test('a scope with commas and quotes stands in its command as a shell and `--scope` take it', () => {
  const scope = { account, feature: String.raw`it's\, odd`, labels: { tier: 'a,b' } }
  const [odd] = r.budgets.list.map((budget) => ({ ...budget, scope, periodKind: 'day' as const, periods: 2 }))
  const { how = '' } =
    adviceOf({ ...r, budgets: { count: 1, list: odd === undefined ? [] : [odd] } }).find((one) => one.kind === 'budget_over') ?? {}
  const [, words = ''] = /^purser budget create 'hard chat soft' --cap 0\.10 --period day --scope '(.*)'$/.exec(how) ?? []
  expect(scopeOf(words.replaceAll(String.raw`'\''`, "'"))).toEqual(scope)
})

test('a name cannot end a cell, or become HTML', async () => {
  const other = await review(t.ledger, { month: BEFORE, baseline: NOW, timeZone: 'UTC' })
  const [html, markdown] = [reviewHtml(other), reviewMarkdown(other)]
  expect(html).toContain('&lt;b&gt;&amp;&quot;|`x')
  expect(html).not.toContain('<b>')
  expect(markdown).toContain(String.raw`| \<b\>\&"\|\`x |`)
})

test('a month without calls, and an account without any, are told as such', async () => {
  const empty = await t.accountWith({ cap: '2.00' })
  const [january, nobody] = [
    await review(t.ledger, { month: month('2026-01'), timeZone: 'UTC' }),
    await review(t.ledger, { month: NOW, account: empty, timeZone: 'UTC' }),
  ]
  expect(january).toMatchObject({ baseline: BEFORE, totals: { calls: 0n }, advice: [], cheaper: [] })
  expect(nobody).toMatchObject({ baseline: undefined, features: [], totals: { cost: 0n }, cache: { best: undefined } })
  for (const one of [january, nobody]) {
    const texts = [reviewHtml(one), reviewMarkdown(one), JSON.stringify(reviewBody(one))].join('\n')
    expect(texts).toContain('Nothing was called')
    expect(texts).not.toMatch(/NaN|Infinity|undefined/)
  }
})

test('of an account, its own calls and budgets only; a stranger and a month to come are refused', async () => {
  const own = await review(t.ledger, { month: NOW, account, timeZone: 'UTC' })
  expect([own.totals, own.budgets.count]).toEqual([r.totals, 0])
  expect(own.advice.find(({ kind }) => kind === 'value')?.how).toBe(
    `purser budget create 'worth of chat of ${account}' --cap 0.10 --scope account=${account},feature=chat`,
  )
  await expect(review(t.ledger, { month: NOW, account: 'nobody', timeZone: 'UTC' })).rejects.toThrow('there is no account "nobody"')
  await expect(review(t.ledger, { month: month('2999-01'), timeZone: 'UTC' })).rejects.toThrow('month 2999-01 has not begun')
  await expect(review(t.ledger, { month: NOW, baseline: month('2999-01'), timeZone: 'UTC' })).rejects.toThrow('baseline 2999-01')
})

test('what is told of it fits a mail and a channel: what it cost, what moved it, and each recommendation with its switch', () => {
  const { text, data } = reviewNotice(r)
  expect(text.split('\n')).toEqual([
    'Review of 2026-03: 0.3110 EUR for 22 calls, 0.1510 EUR more than in 2026-02',
    '2026-02, the baseline: 0.1600 EUR for 12 calls',
    'what moved it, in EUR: more or fewer calls +0.1320, other models -0.09200, longer or shorter calls +0.01000, prices +0.1010',
    'what costs most:',
    '- chat 0.2880 EUR (92.60 %), +0.1480',
    '- search 0.02100 EUR (6.75 %), +0.01100',
    '- render 0.002000 EUR (0.64 %), +0.002000',
    'what could be saved (nothing is switched by itself, and two may save the same money):',
    ...r.advice.map(({ what, how }) => expect.stringContaining(`${what} → ${how}`) as string),
    'all of it: purser review --month 2026-03',
  ])
  expect(text).toContain('- 0.2120 EUR: Move chat from big to small: ')
  const body = reviewBody(r)
  expect(data).toMatchObject({
    month: NOW,
    baseline: BEFORE,
    totals: body.totals,
    difference: { amount: '0.151000000', currency: 'EUR' },
    by_volume: { amount: '0.132000000', currency: 'EUR' },
    by_price: { amount: '0.101000000', currency: 'EUR' },
    features: body.features,
    recommendations: body.recommendations,
  })
  expect(Object.keys(data).filter((name) => !(name in body))).toEqual([
    'difference',
    'by_volume',
    'by_mix',
    'by_size',
    'by_price',
    'feature_count',
  ])
  // However long its names are, and whatever is in them.
  const long = times(30, (n) => ({ kind: 'cache' as const, what: `${n}\n${'x'.repeat(3_000)}`, saving: undefined, how: 'y' }))
  const cut = reviewNotice({ ...r, advice: long }).text
  expect(cut.length).toBeLessThan(10_000)
  expect(cut.split('\n').at(-1)).toBe('all of it: purser review --month 2026-03')
  expect(
    cut
      .split('\n')
      .filter((line) => line.includes('xxx'))
      .every((line) => line.startsWith('- ')),
  ).toBe(true)
  const [empty] = [
    reviewNotice({ ...r, baseline: undefined, features: [], advice: [], totals: { ...r.totals, calls: 0n, cost: eur('0') } }),
  ]
  expect(empty.text).toBe('Review of 2026-03: 0 EUR for 0 calls\nno recommendations\nall of it: purser review --month 2026-03')
})

const run = (...args: string[]) => purser(['review', '--month', NOW, ...args], { DATABASE_URL: t.url, PURSER_TIME_ZONE: 'UTC' })

test('the command tells the same as text, JSON, Markdown and a page', async () => {
  const [text, json, markdown, html, both] = [
    await run(),
    await run('--json'),
    await run('--markdown'),
    await run('--html'),
    await run('--json', '--html'),
  ]
  expect(text).toMatchObject({ code: 0, stdout: expect.stringMatching(/chat +\+0\.1480 +\+0\.1400 +-0\.09200 +0 +\+0\.1000 +more calls/) })
  expect(JSON.parse(json.stdout)).toEqual(JSON.parse(JSON.stringify(reviewBody(r))))
  expect(markdown.stdout).toBe(reviewMarkdown(r))
  expect(html.stdout).toBe(reviewHtml(r))
  expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('name one of --json, --markdown and --html') })
})

test('the baseline that is named holds for all that name none; an account that came later is beside its own first month', async () => {
  const baseline = (...args: string[]) => purser(['review', 'baseline', ...args], { DATABASE_URL: t.url })
  const beside = async (q: { account?: string; baseline?: Month } = {}) =>
    (await review(t.ledger, { month: NOW, timeZone: 'UTC', ...q })).baseline
  expect((await baseline()).stdout).toBe('first\n')
  expect(await baseline('2026-01')).toMatchObject({ code: 0, stderr: expect.stringContaining('the baseline is now 2026-01') })
  expect((await baseline('2026-01')).stderr).toContain('the baseline was 2026-01 before: no effect')
  expect((await baseline()).stdout).toBe('2026-01\n')
  expect([await beside(), await beside({ account }), await beside({ baseline: NOW })]).toEqual(['2026-01', BEFORE, NOW])
  await baseline(NOW)
  expect([await beside(), await beside({ account })]).toEqual([NOW, NOW])
  expect(await baseline('2999-01')).toMatchObject({ code: 2, stderr: expect.stringContaining('2999-01 has not begun') })
  expect((await baseline('first')).stderr).toContain('the baseline is now the first one with calls')
  expect(await beside()).toBe(BEFORE)
  const acts = await t.owner`select what ->> 'month' as month from purser.audit_act where act = 'review.baseline' order by id`
  expect(acts.map((act) => act['month'])).toEqual(['2026-01', NOW, null])
})

test('it is of one moment: while calls are booked, what features cost is what plans have spent', async () => {
  const over = new AbortController()
  const booking = (async () => {
    while (!over.signal.aborted) await tracked(NOW, 'busy', 'small', { input_text_tokens: M })
  })()
  try {
    const seen = new Set<bigint>()
    for (let n = 0; n < 20; n += 1) {
      const { totals, plans } = await review(t.ledger, { month: NOW, timeZone: 'UTC' })
      expect([n, totals.cost]).toEqual([n, plans.plans.reduce((sum, plan) => sum + plan.spent, 0n)])
      seen.add(totals.cost)
    }
    expect(seen.size).toBeGreaterThan(5)
  } finally {
    over.abort()
    await booking
  }
})
