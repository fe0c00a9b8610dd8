/** `purser dev` and `purser demo` as a person uses them: stopped at any moment, killed, started again, and with servers that die under them. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, expect, inject, test } from 'vitest'
import { start, type Running } from '../cli/purser.ts'
import { until } from '../support/until.ts'

let home: string
beforeEach(async () => void (home = await mkdtemp(join(inject('testFolder'), 'stay-up-'))))

const purser = (...args: string[]): Running => start('bin/purser.js', args, { PURSER_HOME: home }, { limitMs: 90_000 })
const says = (running: Running, text: string, limitMs = 60_000) => until(text, () => running.said().includes(text), limitMs)

/** Programs that name this home on their command line: its servers. */
const servers = (): string[] =>
  execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(home))

async function expectNothingLeft(): Promise<void> {
  await until('the end of the servers', () => servers().length === 0)
  expect((await readdir(home)).filter((name) => ['run.json', 'dev.json'].includes(name))).toEqual([])
}

const pidsOf = async (): Promise<{ postgres: number; temporal: number }> => {
  const run = JSON.parse(await readFile(join(home, 'run.json'), 'utf8')) as Record<string, { server: { pid: number } }>
  return { postgres: run['postgres']?.server.pid ?? 0, temporal: run['temporal']?.server.pid ?? 0 }
}

test('Ctrl-C stops everything in good order, whenever it comes, and leaves nothing behind', async () => {
  const moments: [string, (running: Running) => Promise<unknown>, number][] = [
    ['while the servers start', () => sleep(1_000), 130],
    ['before the worker runs', (running) => says(running, 'ledger ready'), 130],
    ['while the job runs', (running) => says(running, '1  demo-paid'), 130],
    ['when all is done', (running) => says(running, 'Everything stays up'), 0],
  ]
  for (const [moment, reached, code] of moments) {
    const demo = purser('demo')
    await reached(demo)
    demo.kill('SIGINT')
    const startedAt = performance.now()
    expect({ moment, code: (await demo.ended).code, said: demo.said() }).toEqual({ moment, code, said: expect.any(String) })
    console.log(`  Ctrl-C ${moment}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
    expect(demo.said()).toMatch(/Stopping …[\s\S]*everything is stopped\n$/)
    await expectNothingLeft()
  }
})

test('a second Ctrl-C ends at once, and the servers end with it', async () => {
  const dev = purser('dev')
  await says(dev, 'Ctrl-C stops everything')
  dev.kill('SIGINT')
  await sleep(20)
  dev.kill('SIGINT')
  expect([0, 130]).toContain((await dev.ended).code)
  await until('the end of the servers', () => servers().length === 0)
})

test('what runs is used: a demo beside dev starts nothing, and its end ends nothing; after kill -9 all comes up again on the same data', async () => {
  const dev = purser('dev')
  await says(dev, 'Ctrl-C stops everything')
  const before = await pidsOf()
  const [first, second] = await Promise.all([purser('demo', '--json').ended, purser('dev').ended])
  expect(first.code).toBe(0)
  expect(second).toMatchObject({ code: 0, stderr: expect.stringContaining('Purser already runs here. Jobs: http://127.0.0.1:') })
  expect(await pidsOf()).toEqual(before)
  const live = await start('bin/purser.js', ['demo', '--live'], { PURSER_HOME: home, GEMINI_API_KEY: 'a-key-that-is-never-used' }).ended
  expect(live).toMatchObject({ code: 2, stderr: expect.stringMatching(/already runs here .* with the emulator: stop it/) })

  dev.kill('SIGKILL')
  await dev.ended
  const startedAt = performance.now()
  const again = purser('dev')
  await says(again, 'Ctrl-C stops everything')
  console.log(`  start after kill -9: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  const { stdout } = await purser('account', 'list', '--json').ended
  expect(stdout.trim().split('\n')).toHaveLength(2)
  again.kill('SIGTERM')
  expect((await again.ended).code).toBe(0)
  await expectNothingLeft()
})

test('Postgres and Temporal that die under dev are started again on the same data, and jobs go on', async () => {
  const dev = purser('dev')
  await says(dev, 'Ctrl-C stops everything')
  const before = await pidsOf()
  process.kill(before.postgres, 'SIGKILL')
  process.kill(before.temporal, 'SIGKILL')
  await says(dev, 'Postgres has ended by itself (ended by SIGKILL): it is started again on the same data')
  await says(dev, 'Temporal has ended by itself (ended by SIGKILL): it is started again on the same data')
  await until('both servers', () => dev.said().split(' ready on 127.0.0.1').length === 5)
  const after = await pidsOf()
  expect(after.postgres).not.toBe(before.postgres)
  const demo = await purser('demo', '--json').ended
  expect(demo).toMatchObject({ code: 0 })
  expect(JSON.parse(demo.stdout.trim())).toMatchObject({ job: { requests: 1 }, audit: { violations: 0 } })
  dev.kill('SIGINT')
  expect((await dev.ended).code).toBe(0)
  await expectNothingLeft()
})

test('a server that dies again and again is given up, with a message and exit code 1', async () => {
  const dev = purser('dev')
  await says(dev, 'Ctrl-C stops everything')
  for (let deaths = 1, last = 0; deaths <= 6; deaths++) {
    const pid = await until('Postgres', async () => {
      const found = await pidsOf().catch(() => undefined)
      return found !== undefined && found.postgres !== last && found.postgres
    })
    last = pid
    process.kill(pid, 'SIGKILL')
  }
  const { code, stderr } = await dev.ended
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/Postgres has ended 6 times in ten minutes .*What was committed is safe/),
  })
  await expectNothingLeft()
})
