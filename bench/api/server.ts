/** The API in a process of its own, as `src/server.ts` wires it, with two endpoints beside it that check everything and do nothing. */
import { pino } from 'pino'
import { ENDPOINTS } from '../../src/http/endpoints.ts'
import type { Endpoint } from '../../src/http/endpoint.ts'
import { listen } from '../../src/http/listen.ts'
import { readConfig } from '../../src/platform/config.ts'
import { openApi } from '../../src/server.ts'

/** An answer of usual size, so that writing it costs what it costs. */
const BODY = {
  id: 'rsv_019ac8f27c5a4d2f9d0e7b4b2c6f1a3e',
  state: 'dispatched',
  account: 'acc-1',
  amount: { amount: '0.000921948', currency: 'EUR' },
  budgets: [{ id: 'bdg_1', name: 'plan of acc-1', period: '2026-11', remaining: { amount: '0.999078052', currency: 'EUR' } }],
}

const emptied = (one: Endpoint): Endpoint => ({
  ...one,
  path: one.path.replace('/reservations', '/empty'),
  name: `${one.name}Empty`,
  run: () => Promise.resolve({ status: one.answers[201] === undefined ? 200 : 201, body: BODY }),
})

const config = { ...readConfig(process.env), PURSER_HTTP_REQUESTS_PER_MINUTE: 10_000_000 }
const empties = ENDPOINTS.filter(({ path, method }) => method === 'post' && /reservations(\/\{id\}\/settle)?$/.test(path)).map(emptied)
const api = await openApi({
  databaseUrl: config.DATABASE_URL ?? '',
  config,
  log: pino({ level: 'warn' }),
  endpoints: [...ENDPOINTS, ...empties],
})
const { url } = await listen(api.routes, { host: '127.0.0.1', port: 0, variable: 'PORT' })
console.log(JSON.stringify({ url }))
