/** `npm run chaos` as a person runs it. What its judge would find, `test/chaos/judge.test.ts` plants. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { inLength } from './length.ts'

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const LIMIT_MS = 1_200_000
const PROGRAM = fileURLToPath(new URL('../../chaos/main.ts', import.meta.url))

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { DATABASE_URL: _d, TEMPORAL_ADDRESS: _t, ...inherited } = process.env
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => (stdout += String(chunk)))
  child.stderr.on('data', (chunk) => (stderr += String(chunk)))
  const ended = once(child, 'exit').then(([code]) => ({ code: code as number | null, stdout, stderr }))
  return { ended, said: () => stderr, kill: (signal: NodeJS.Signals) => child.kill(signal) }
}

const ZEROS = {
  overspendEur: '0.000000000',
  unbookedEur: '0.000000000',
  doubleBookedEur: '0.000000000',
  stuckReservations: 0,
  falseRefusals: 0,
  unstatedEur: '0.000000000',
  statementViolations: 0,
  unreconciledUsd: '0.000000000000',
  billViolations: 0,
  auditViolations: 0,
}

/** Its last line; with all that it said, if it is not clean. */
async function clean(running: ReturnType<typeof start>): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await running.ended
  if (code !== 0) throw new Error(`exit code ${code}\n${stderr}\n${stdout}`)
  const line = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>
  console.log('  ', JSON.stringify(line))
  expect(line).toMatchObject(ZEROS)
  return line
}

const VICTIMS = inLength('postgres', 'worker,frozen,postgres,temporal')

test(`the crash matrix (${VICTIMS}): at every point, what was billed is booked, once`, { timeout: LIMIT_MS }, async () => {
  const victims = VICTIMS.split(',').length
  const line = await clean(start(['--matrix', '--victims', VICTIMS, '--json']))
  expect(line['chaos']).toMatchObject({ kills: victims })
})

test.runIf(inLength(false, true))(
  `five minutes of chaos (seed ${SEED}): the books equal the provider's bill`,
  { timeout: LIMIT_MS },
  async () => {
    const { chaos } = await clean(start(['--minutes', '5', '--seed', String(SEED), '--json']))
    expect((chaos as { calls: number }).calls).toBeGreaterThan(100)
    expect((chaos as { kills: number }).kills).toBeGreaterThan(20)
    // Months were closed under way, and late answers came after that.
    expect((chaos as { statements: number }).statements).toBeGreaterThan(100)
    expect((chaos as { corrections: number }).corrections).toBeGreaterThan(5)
  },
)

test('on servers that are somebody’s it does not start', async () => {
  for (const variable of ['DATABASE_URL', 'TEMPORAL_ADDRESS']) {
    const { code, stderr } = await start([], { [variable]: 'somewhere' }).ended
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`${variable} is set: the chaos breaks servers of its own only`),
    })
  }
})

const folders = async (): Promise<string[]> => (await readdir(tmpdir())).filter((name) => name.startsWith('purser-chaos-'))

test.runIf(inLength(false, true))(
  'Ctrl-C ends it and everything that it started, and leaves no folder behind',
  { timeout: 90_000 },
  async () => {
    const before = await folders()
    const chaos = start(['--minutes', '1', '--seed', '1'])
    await until('something breaks', () => /kills, \d+ faults/.test(chaos.said()), 80_000)
    chaos.kill('SIGINT')
    expect((await chaos.ended).code).toBe(130)
    expect((await folders()).filter((name) => !before.includes(name))).toEqual([])
  },
)
