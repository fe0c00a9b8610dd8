import { expect, test } from 'vitest'
import { healthRoutes } from '../../src/http/health.ts'

const never = () => new Promise<void>(() => {})
const secret = () => Promise.reject(new Error('password authentication failed for user "purser" at 10.0.0.7'))
const routesOf = (checks: Record<string, () => Promise<void>>) => healthRoutes({ checks, limitMs: 50 })

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
