import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readBill } from '../../src/emulator/bill.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
let home: string
beforeAll(async () => void (home = await mkdtemp(join(tmpdir(), 'purser-demo-'))))
afterAll(() => rm(home, { recursive: true, force: true }))

interface Summary {
  banner: { path: string; width: number; height: number; sha256: string }
  job: { workflowId: string; costEur: string; reservedEur: string; requests: number }
  account: { plan: string; capEur: string; spentEur: string; reservedEur: string }
  refused: { code: string; neededEur: string; remainingEur: string }
  audit: { violations: number }
}

/** As a newcomer types it, in a home of its own. */
async function demo(): Promise<{ summary: Summary; seconds: number }> {
  const startedAt = performance.now()
  const env = { ...process.env, PURSER_HOME: home, DATABASE_URL: '', TEMPORAL_ADDRESS: '' }
  const { stdout } = await run('npm', ['run', 'demo', '--', '--once', '--json'], { cwd: root, env, timeout: 170_000 })
  return { summary: JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Summary, seconds: (performance.now() - startedAt) / 1000 }
}

test('the demo makes a banner inside a budget and refuses the other account, twice in a row on the same data', async () => {
  const summaries: Summary[] = []
  for (const which of ['first', 'second']) {
    const { summary, seconds } = await demo()
    console.log(`  ${which} demo: ${seconds.toFixed(1)} s`)
    summaries.push(summary)
    const { banner, job, account, refused, audit } = summary
    const png = await readFile(banner.path)
    expect(await sharp(png).metadata()).toMatchObject({ format: 'png', width: 1584, height: 396 })
    expect(createHash('sha256').update(png).digest('hex')).toBe(banner.sha256)
    expect(banner).toMatchObject({ width: 1584, height: 396 })
    expect(job.requests).toBe(1)
    expect(Number(job.reservedEur)).toBeGreaterThan(Number(job.costEur))
    expect(account).toEqual({ plan: 'paid', capEur: '1.000000000', spentEur: job.costEur, reservedEur: '0.000000000' })
    expect(refused).toEqual({ code: 'budget_exceeded', neededEur: job.reservedEur, remainingEur: '0.040000000' })
    expect(audit).toEqual({ violations: 0 })
  }
  expect(new Set(summaries.map((s) => s.job.workflowId)).size).toBe(2)
  // The emulator was asked exactly once per banner, and never for the refused account.
  expect(await readBill(join(home, 'emulator-bill.jsonl'))).toHaveLength(2)
})
