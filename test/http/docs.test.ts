/** docs/api.md, run as it is written: each block of shell answers with the block of JSON below it. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPurser } from '../../src/client.ts'
import { ensureAccount } from '../../src/ledger/accounts.ts'
import { startApi, type TestApi } from '../support/api.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { connectTemporal } from '../support/temporal.ts'

let stage: Stage
let api: TestApi
let temporal: TestWorkflowEnvironment
beforeAll(async () => {
  stage = await openStage()
  temporal = await connectTemporal()
  // No worker serves them: a job stays where the page has it.
  const purser = await createPurser({ client: temporal.client, taskQueue: 'nobody-here', warn: () => undefined })
  api = await startApi(stage, undefined, { purser })
  await ensureAccount(stage.ledger, { id: 'acme', plan: 'paid' })
})
afterAll(async () => {
  await api.close()
  await temporal.teardown()
  await stage.close()
})

const page = readFileSync(fileURLToPath(new URL('../../docs/api.md', import.meta.url)), 'utf8')
const examples = [...page.matchAll(/```sh\n([^`]*curl[^`]*)```\n[^`]*```json\n([^`]*)```/g)].map(([, shell = '', json = '']) => ({
  shell,
  told: JSON.parse(json) as unknown,
}))

/** Where an answer is not as the page has it: `…` stands for what is different each time, and a page need not show every field. */
function differences(told: unknown, seen: unknown, at = ''): string[] {
  if (told === '…') return seen === undefined || seen === null ? [at] : []
  if (typeof told === 'string' && told.endsWith('…')) return String(seen).startsWith(told.slice(0, -1)) ? [] : [at]
  if (typeof told !== 'object' || told === null) return told === seen ? [] : [at]
  if (typeof seen !== 'object' || seen === null || (Array.isArray(told) && told.length !== (seen as unknown[]).length)) return [at]
  return Object.entries(told).flatMap(([name, inner]) => differences(inner, (seen as Record<string, unknown>)[name], `${at}.${name}`))
}

test('the page has an answer for every example', () => {
  expect(examples.length).toBeGreaterThanOrEqual(9)
  expect(page.match(/^curl|\| sed|^ID=/gm)?.length).toBeGreaterThanOrEqual(examples.length)
})

test('every example of docs/api.md answers what stands below it', async () => {
  const { text: key } = await api.caller({ scopes: ['reservations:write', 'track:write', 'jobs:write', 'reports:read'] })
  const { text: admin } = await api.caller()
  const env = { ...process.env, PURSER: api.url, KEY: key, ADMIN: admin }
  for (const { shell, told } of examples) {
    const { stdout } = await promisify(execFile)('bash', ['-c', shell], { env })
    expect({ shell, differences: differences(told, JSON.parse(stdout)) }).toEqual({ shell, differences: [] })
  }
})
