import { expect, test } from 'vitest'
import { healthRoutes } from '../../src/http/health.ts'

const never = () => new Promise<void>(() => {})
const secret = () => Promise.reject(new Error('password authentication failed for user "purser" at 10.0.0.7'))
const routesOf = (checks: Record<string, () => Promise<void>>, log: (check: string, error: unknown) => void = () => {}) =>
  healthRoutes({ checks, limitMs: 50, log })

test('a process is alive whatever it needs', async () => {
  const answer = await routesOf({ postgres: never }).request('/livez')
  expect([answer.status, await answer.json()]).toEqual([200, { status: 'alive' }])
})

test('ready names what does not answer, in time, and tells a stranger no more than that', async () => {
  const answer = await routesOf({ postgres: secret, temporal: never, worker: async () => {} }).request('/readyz')
  expect([answer.status, await answer.json()]).toEqual([
    503,
    { status: 'not ready', checks: { postgres: 'no answer', temporal: 'no answer', worker: 'ok' } },
  ])
  const well = await routesOf({ postgres: async () => {} }).request('/readyz')
  expect([well.status, await well.json()]).toEqual([200, { status: 'ready', checks: { postgres: 'ok' } }])
})

test('what is wrong is logged, with its reason, once until it is well again', async () => {
  let [broken, logged]: [boolean, string[]] = [true, []]
  const routes = routesOf({ postgres: () => (broken ? secret() : Promise.resolve()), temporal: never }, (check, error) =>
    logged.push(`${check}: ${String(error)}`),
  )
  const postgres = 'postgres: Error: password authentication failed for user "purser" at 10.0.0.7'
  await routes.request('/readyz')
  await routes.request('/readyz')
  expect(logged.toSorted()).toEqual([postgres, 'temporal: Error: no answer within 50 ms'])
  broken = false
  await routes.request('/readyz')
  ;[broken, logged] = [true, []]
  await routes.request('/readyz')
  expect(logged).toEqual([postgres])
})
