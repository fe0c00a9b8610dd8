/** Two accounts and every endpoint there is: a key of one of them sees and changes nothing of the other. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPurser } from '../../src/client.ts'
import { ENDPOINTS } from '../../src/http/endpoints.ts'
import { monthOf, monthsLater } from '../../src/domain/period.ts'
import { sealStatements } from '../../src/ledger/statements.ts'
import { sweep } from '../../src/ledger/sweep.ts'
import { eurOf } from '../support/administration.ts'
import { openApiStage, type Ask } from '../support/api.ts'
import { reservedBy, termsFor } from '../support/reservations.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { bannerFor } from '../support/worker.ts'

const temporal = await connectTemporal()
// No worker serves them: what these jobs are told to do stays as it was told.
const purser = await createPurser({ client: temporal.client, taskQueue: `nobody-${randomUUID()}`, warn: () => undefined })
const { stage, api, house } = await openApiStage(purser)
afterAll(() => temporal.teardown())

/** What one account has: words that appear in answers about it, and in no others. */
interface Tenant {
  readonly account: string
  readonly ids: Readonly<
    Record<
      | 'reservations'
      | 'calls'
      | 'jobs'
      | 'budgets'
      | 'stops'
      | 'alerts'
      | 'destinations'
      | 'deliveries'
      | 'report-schedules'
      | 'attempts'
      | 'keys',
      string
    >
  >
  readonly words: readonly string[]
  readonly ask: Ask
}

const jobOf = (account: string) => ({ type: 'banner', account, brief: bannerFor(account).brief })

/** With one of everything, and a key that may do everything there is for an account. */
async function tenant(): Promise<Tenant> {
  const account = await stage.account()
  const ask = await api.caller({ account })
  const attempt = (await reservedBy(house, account)).replace('/v1/reservations/', '')
  const [{ id } = { id: '' }] = await stage.attempts(account)
  await stage.db.sql`update purser.reservation set dispatched_at = dispatched_at - interval '20 minutes' where id = ${id}`
  for (let round = 0; round < 3; round += 1) await sweep(stage.ledger, 100)
  const prepared = {
    askedModel: 'auto',
    provider: 'test',
    model: 'a',
    usualProvider: 'test',
    usualModel: 'a',
    code: 'size',
    reason: account,
    cuts: [],
    removed: [],
    tokens: 0,
  }
  await stage.db.sql`select purser.put_prepared(call, ${account}, ${stage.db.sql.json(prepared)}) from purser.reservation where id = ${id}`
  const reservation = (await reservedBy(house, account)).replace('/v1/reservations/', '')
  const name = `secret of ${account}`
  const body = { name, scope: { account, team: 'x' }, budget_amount: eurOf('0.50') }
  const budget = String((await house('POST', '/v1/budgets', { body })).body['id'])
  const stop = String((await house('POST', '/v1/stops', { body: { scope: { account, team: 'y' }, reason: name } })).body['id'])
  const found = { rule: 'hourly_spend', subject: account, window: 'now', scope: { account }, text: name, evidence: {} }
  await stage.db.sql`select purser.alert_on_measure(${stage.db.sql.json(found)})`
  const [{ alert } = { alert: '' }] = await stage.db.sql<
    { alert: string }[]
  >`select 'alr_' || id as alert from purser.alert where account = ${account}`
  const short = await house('POST', '/ai-spend/budget', { body: { feature: 'own', monthly_limit: '1', account } })
  const to = String(
    (await house('POST', '/v1/destinations', { body: { name, kind: 'webhook', target: 'https://receiver.example/', account } })).body['id'],
  )
  const delivery = String((await house('POST', `/v1/destinations/${to}/test`)).body['id'])
  const sent = { name: `of-${account.slice(4)}`, account, question: 'users', every: 'week' }
  const report = String((await house('POST', '/v1/report-schedules', { body: sent })).body['id'])
  await stage.db.sql`
    insert into purser.waiter (call, installation, workflow_id, call_id, ask, scope, budget_id, amount)
      select gen_random_uuid(), ${stage.installation}, ${`job of ${account}`}, 'one', 2, (purser.intern_scope(jsonb_build_object('account', ${account}::text))).id, b.id, 1
        from purser.budget b where b.account = ${account} order by b.id limit 1`
  const job = String((await house('POST', '/v1/jobs', { body: jobOf(account) })).body['id'])
  await until('the job is listed', async () => (await purser.jobs.list({ account, limit: 9 })).jobs.length === 1)
  const ids = {
    reservations: reservation,
    calls: attempt,
    jobs: job,
    budgets: budget,
    stops: stop,
    destinations: to,
    deliveries: delivery,
    'report-schedules': report,
    alerts: alert,
    attempts: attempt,
    keys: `key_${ask.keyId}`,
  }
  return { account, ids, words: [account, String(short.body['id']), ...Object.values(ids)], ask }
}

let mine: Tenant
let other: Tenant
beforeAll(async () => {
  ;[mine, other] = [await tenant(), await tenant()]
  // Each has a statement of a month in which it had no calls.
  const last = monthsLater(monthOf(new Date(), 'UTC'), -1)
  await stage.db.sql`update purser.account set created_at = ${`${last}-02T00:00:00Z`} where id in (${mine.account}, ${other.account})`
  await sealStatements(stage.ledger, { month: last, after: undefined, limit: 100, dryRun: false })
})

/** What each endpoint takes: a new one cannot be forgotten, because this names all that have a body. */
const bodies: Readonly<Record<string, (of: Tenant) => Readonly<Record<string, unknown>>>> = {
  createReservation: ({ account }) => termsFor(account),
  createReportSchedule: ({ account }) => ({ name: 'mine', account, question: 'users', every: 'week' }),
  startJob: ({ account }) => jobOf(account),
  setRateLimit: () => ({ name: 'mine', scope: {}, requests_per_minute: 9, reason: 'x' }),
  removeRateLimit: () => ({ reason: 'x' }),
  settleReservation: () => ({ usage: { input_tokens: 1 } }),
  releaseReservation: () => ({ because: 'never_sent', why: 'x' }),
  createBudget: ({ account }) => ({ name: 'another', scope: { account }, budget_amount: eurOf('1') }),
  updateBudget: () => ({ budget_amount: eurOf('9'), reason: 'x' }),
  archiveBudget: () => ({ reason: 'x' }),
  createTopUp: ({ ids }) => ({ budget_id: ids.budgets, amount: eurOf('1'), reason: 'x' }),
  createAccount: ({ account }) => ({ id: account, plan: 'paid' }),
  changeAccountPlan: () => ({ plan: 'corporate', reason: 'x' }),
  cancelAccount: () => ({ reason: 'x' }),
  suspendAccount: () => ({ reason: 'x' }),
  activateAccount: () => ({ reason: 'x' }),
  setReviewBaseline: () => ({ month: null }),
  setPlanVersion: () => ({ monthly_amount: eurOf('9'), reason: 'x' }),
  stop: ({ account }) => ({ scope: { account }, reason: 'x' }),
  resume: () => ({ reason: 'x' }),
  createDestination: ({ account }) => ({ name: 'another', kind: 'webhook', target: 'https://receiver.example/', account }),
  disableDestination: () => ({ reason: 'x' }),
  rotateDestinationSecret: () => ({ overlap_seconds: 0 }),
  acknowledgeAlert: () => ({ why: 'x' }),
  resolveAlert: () => ({ why: 'x' }),
  setAlertRule: () => ({ name: 'hourly_spend', enabled: false }),
  setSavingSwitch: () => ({ feature: '*', compress: false, why: 'x' }),
  resolveAttempt: () => ({ cost: eurOf('0'), why: 'x' }),
  importBill: () => ({ provider: 'test', format: 'csv', name: 'x', content: 'day,model,unit,cost_usd\n2026-11-03,m,requests,1' }),
  approveBill: () => ({ reason: 'x' }),
  discardBill: () => ({ reason: 'x' }),
  revokeKey: () => ({ why: 'x' }),
  createEstimate: ({ account }) => termsFor(account),
  trackUsage: ({ account }) => ({ key: `one of ${account}`, ...usedBy(account) }),
  trackUsages: ({ account }) => ({ mode: 'all', usages: [{ key: `many of ${account}`, ...usedBy(account) }] }),
  scoreCall: () => ({ quality: '1' }),
  aiSpendSetBudget: ({ account }) => ({ feature: 'own', monthly_limit: '2', account }),
  aiSpendTrack: ({ account }) => ({ model: 'gemini-2.5-flash-lite', input_tokens: 1, output_tokens: 1, metadata: { account } }),
}
/** What a reading must be asked with. */
const queries: Readonly<Record<string, string>> = {
  aiSpendBudget: 'feature=own',
  exportStatement: 'account={account}',
  exportFocus: `month=${new Date().toISOString().slice(0, 7)}`,
}
const usedBy = (account: string) => ({ account, model: 'gemini-2.5-flash-lite', usage: { input_tokens: 1 } })
const idIn = (path: string, { account, ids }: Tenant): string =>
  path.startsWith('/v1/accounts/')
    ? account
    : path.startsWith('/v1/plans/')
      ? 'paid'
      : path.startsWith('/v1/bills/')
        ? 'bill_1'
        : path.startsWith('/v1/rate-limits/')
          ? 'mine'
          : path.startsWith('/v1/saving-switches/')
            ? 'chat'
            : (ids[path.split('/')[2] as keyof Tenant['ids']] ?? '')

/** All that the ledger keeps of an account and its money, and Temporal of its jobs, as text. */
async function kept({ account, ids }: Tenant): Promise<string> {
  const [row] = await stage.db.sql<{ all: string }[]>`select jsonb_build_object(
    'account', (select to_jsonb(a) from purser.account a where id = ${account}), 'budgets', (select jsonb_agg(b order by id) from purser.budget b where account = ${account}),
    'balances', (select jsonb_agg(v order by v.budget_period_id) from purser.balance v join purser.budget_period p on p.id = v.budget_period_id
      join purser.budget b on b.id = p.budget_id where b.account = ${account}),
    'attempts', (select jsonb_agg(r order by r.id) from purser.reservation r join purser.scope s on s.id = r.scope where s.account = ${account}),
    'stops', (select jsonb_agg(s order by id) from purser.stop s where scope ->> 'account' = ${account}),
    'destinations', (select jsonb_agg(d order by id) from purser.destination d where account = ${account}),
    'deliveries', (select jsonb_agg(v order by v.id) from purser.delivery v join purser.destination d on d.id = v.destination where d.account = ${account}),
    'alerts', (select jsonb_agg(l order by id) from purser.alert l where account = ${account}),
    'keys', (select jsonb_agg(to_jsonb(k) - 'last_used_at' order by id) from purser.api_key k where account = ${account}),
    'acts', (select count(*) from purser.audit_act where account = ${account}), 'plans', (select jsonb_agg(p) from purser.plan_version p))::text as all`
  const { jobs } = await purser.jobs.list({ account, limit: 9 })
  const { events } = await temporal.client.workflow.getHandle(ids.jobs).fetchHistory()
  return JSON.stringify([row?.all, jobs, events?.length])
}

test('every endpoint that takes a body, or an id, is asked here for what belongs to another account', () => {
  expect(Object.keys(bodies).toSorted()).toEqual(ENDPOINTS.flatMap(({ name, body }) => (body === undefined ? [] : [name])).toSorted())
  const ids = ENDPOINTS.filter(({ path }) => path.includes('{')).map(({ path }) => [path, idIn(path, other)])
  expect(ids.filter(([, id]) => id === '')).toEqual([])
})

test('whatever a key asks for of another account, by its id, in a body or as a filter: it is refused, and nothing of it is told or changed', async () => {
  const before = await kept(other)
  for (const { name, method, path, body } of ENDPOINTS) {
    const address = path.replace('{id}', idIn(path, other))
    const isList = (method === 'get' || method === 'delete') && !path.includes('{')
    const answer = await mine.ask(
      method.toUpperCase(),
      isList ? `${address}?account=${other.account}&${(queries[name] ?? '').replace('account={account}', '')}` : address,
      {
        ...(body === undefined ? {} : { body: bodies[name]?.(other) }),
        headers: { 'if-match': '"1"' },
      },
    )
    // 400: a list of the whole installation, which knows no account.
    expect({ name, isRefused: [400, 403, 404].includes(answer.status), status: answer.status }).toMatchObject({ name, isRefused: true })
    const told = JSON.stringify(answer.body).replaceAll(`\\"${other.account}\\"`, '')
    expect({ name, told: other.words.filter((word) => told.includes(word)) }).toEqual({ name, told: [] })
  }
  expect(await kept(other)).toBe(before)
})

test('what a key lists and looks at is its own account’s', async () => {
  for (const { name, method, path } of ENDPOINTS.filter((one) => one.method === 'get')) {
    const { status, body } = await mine.ask(
      method.toUpperCase(),
      `${path.replace('{id}', idIn(path, mine))}?${(queries[name] ?? '').replace('{account}', mine.account)}`,
    )
    const said = JSON.stringify(body)
    expect({ name, told: other.words.filter((word) => said.includes(word)) }).toEqual({ name, told: [] })
    // What is the whole installation's is nobody's who is bound.
    const isAll = [
      'listAccounts',
      'listPlans',
      'getPlan',
      'runAudit',
      'listAlertRules',
      'listBills',
      'getBill',
      'getBillDrift',
      'listRateLimits',
      'getReviewBaseline',
      'listSavingSwitches',
      'getSavingSwitch',
    ].includes(name)
    // Of no account: anybody may know it; and sums, which name none.
    const isOfNobody = [
      'listPrices',
      'listRates',
      'listModels',
      'aiSpendReport',
      'dailyCosts',
      'costsByModel',
      'totalCost',
      'exportStatement',
      'getSavings',
      'exportSavings',
    ].includes(name)
    const isSum = name.startsWith('analyse') || name === 'exportAnalytics'
    const isOwn = isAll || isOfNobody || isSum || mine.words.some((word) => said.includes(word))
    expect({ name, status, isOwn }).toEqual({ name, status: isAll ? 403 : 200, isOwn: true })
  }
})

test('for its own account a key does what is the account’s, and not what the installation allows it', async () => {
  const all = [
    'createAccount',
    'changeAccountPlan',
    'cancelAccount',
    'suspendAccount',
    'activateAccount',
    'setPlanVersion',
    'resume',
    'resolveAttempt',
    'setAlertRule',
    'setRateLimit',
    'removeRateLimit',
    'setSavingSwitch',
    'importBill',
    'approveBill',
    'discardBill',
    'setReviewBaseline',
  ]
  // What ends the things that the others are about comes last.
  const last = ['archiveBudget', 'revokeKey']
  const acts = ENDPOINTS.filter(({ method }) => method !== 'get').toSorted((a, b) => last.indexOf(a.name) - last.indexOf(b.name))
  for (const { name, method, path, body } of acts) {
    const { status } = await mine.ask(method.toUpperCase(), path.replace('{id}', idIn(path, mine)), {
      ...(body === undefined ? {} : { body: bodies[name]?.(mine) }),
      headers: { 'if-match': '"1"' },
    })
    // A release comes after the settle of the same reservation; what is on its way is not sent again.
    expect([name, status < 300 ? 'done' : status]).toEqual([
      name,
      all.includes(name) ? 403 : ['releaseReservation', 'resendDelivery'].includes(name) ? 409 : 'done',
    ])
  }
})
