import { execFile, execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { writePicture } from '../../src/cli/show-banner.ts'
import { fileBlobStore } from '../../src/platform/file-blob-store.ts'
import { cloneDatabase, type TestDatabase } from '../support/database.ts'
import { startTestEmulator, type TestEmulator } from '../support/emulator.ts'
import { connectTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { newNamespace } from './namespace.ts'
import { newHome, purser, root, start, type Running } from './purser.ts'

const BRIEF = join(root, 'examples/briefs/optics-founder.json')
let [db, emulator, temporal, worker]: [TestDatabase?, TestEmulator?, TestWorkflowEnvironment?, Running?] = []
let env: Record<string, string>
let home: string

beforeAll(async () => {
  ;[db, emulator, temporal, home] = await Promise.all([
    cloneDatabase(),
    startTestEmulator({ apiKeys: ['emulator-right-key'], pictures: 'drawn' }),
    connectTemporal(),
    newHome(),
  ])
  env = {
    PURSER_HOME: home,
    DATABASE_URL: db.url,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_NAMESPACE: await newNamespace(temporal),
    PURSER_TASK_QUEUE: 'cli',
    PURSER_RATES_URL: '',
  }
  worker = startWorker({ ...env, GEMINI_API_KEY: 'emulator-right-key' })
  const ready = until('the worker', () => worker?.said().includes('worker ready'), 45_000)
  const accounts = [
    ['acme', 'paid'],
    ['small', 'free', '--opening', '0.06'],
    ['wrong', 'paid'],
    ['halted', 'paid'],
    ['unpaid', 'paid'],
  ].map(([id = '', plan = '', ...rest]) => purser(['account', 'create', id, '--plan', plan, ...rest], env))
  await Promise.all([ready, ...accounts])
}, 60_000)

afterAll(async () => {
  worker?.kill('SIGTERM')
  await worker?.ended
  await Promise.all([temporal?.teardown(), emulator?.stop()])
  await db?.drop()
})

function startWorker(given: Record<string, string>): Running {
  const own = { PURSER_WORKFLOW_BUNDLE: inject('workflowBundle'), PURSER_GEMINI_BASE_URL: emulator?.url ?? '' }
  return start('src/worker.ts', [], { ...given, ...own }, { limitMs: 120_000 })
}

/** Dollars as a person reads them, in pico-USD. */
const pico = (text: string): bigint => BigInt(text.replace('.', '') + '0'.repeat(12 - (text.split('.')[1]?.length ?? 0)))

const requests = async (): Promise<number> => (await emulator?.requests())?.length ?? Number.NaN

test('a banner: its bound is said before, its cost after, the PNG is on disk; the same job again gives it for nothing', async () => {
  const out = join(home, 'pictures', 'banner.png')
  const args = ['banner', '--account', 'acme', '--brief', BRIEF, '--out', out, '--job', 'cli-job-1']
  const before = await requests()
  const first = await purser(args, env)
  expect(first).toMatchObject({ code: 0, stdout: `${out}\n` })
  expect(first.stderr).toMatch(
    /^ {2}job cli-job-1\n {2}banner 1: reserving at most 0\.05\d+ EUR, 0\.94\d+ left\n {2}banner 1: cost 0\.03\d+ EUR, 0\.02\d+ given back\n$/,
  )
  expect(await sharp(await readFile(out)).metadata()).toMatchObject({ format: 'png', width: 1584, height: 396 })
  expect(await requests()).toBe(before + 1)

  const [again, other, account] = await Promise.all([
    purser([...args.slice(0, -4), '--out', join(home, 'again.png'), '--job', 'cli-job-1', '--json'], env),
    purser([...args, '--variants', '2'], env),
    purser(['account', 'show', 'acme', '--json'], env),
  ])
  const { banners, costEur } = JSON.parse(again.stdout) as {
    banners: { path: string; sha256: string; requests: number }[]
    costEur: string
  }
  expect(again.stderr).toBe('  job cli-job-1 was run before (completed): nothing is paid again\n')
  expect(await readFile(banners[0]?.path ?? '')).toEqual(await readFile(out))
  expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('[job_conflict]') })
  expect(await requests()).toBe(before + 1)
  expect(account.stdout).toContain(`"spentEur":"${costEur}"`)
})

test('explain-cost shows every line from price and rate to the last digit', async () => {
  const [people, machines] = await Promise.all([
    purser(['explain-cost', 'cli-job-1'], env),
    purser(['explain-cost', 'cli-job-1', '--json'], env),
  ])
  const lines = [...people.stdout.matchAll(/^ {2}(\w+_tokens) +(\d+) +([\d.]+)(?: per (\d+))? +([\d.]+) +([\d.]+) +([\d.]+)$/gm)]
  let total = 0n
  for (const [, , quantity = '', each = '', per = '1', usd = '', rate = '', eur = ''] of lines) {
    const product = BigInt(quantity) * pico(each)
    const picoUsd = (product + BigInt(per) - 1n) / BigInt(per)
    expect(pico(usd)).toBe(picoUsd)
    const micros = pico(rate) / 1_000_000n
    const nanoEur = (picoUsd * 1000n + micros - 1n) / micros
    expect(eur).toBe(`0.${nanoEur.toString().padStart(9, '0')}`)
    total += nanoEur
  }
  expect(lines).toHaveLength(2)
  expect(people.stdout).toContain(`  cost 0.${total.toString().padStart(9, '0')} EUR, given back `)
  expect(people.stdout).toMatch(
    / {4}price \d+: gemini\/.+\n {6}.+, \d{4}-\d\d-\d\d\n {2}rate \d+: 1\.\d+ USD per EUR, ECB .+, \d{4}-\d\d-\d\d\n/,
  )
  expect(JSON.parse(machines.stdout)).toMatchObject({
    workflowId: 'cli-job-1',
    state: 'settled',
    costEur: `0.${total.toString().padStart(9, '0')}`,
  })
})

test('a banner whose scope is stopped, or whose account is suspended, says why, and nothing is sent', async () => {
  const before = await requests()
  await Promise.all([
    purser(['stop', '--scope', 'account=halted', '--reason', 'too much'], env),
    purser(['account', 'suspend', 'unpaid', '--reason', 'unpaid'], env),
  ])
  const banner = (account: string) => purser(['banner', '--account', account, '--brief', BRIEF, '--out', join(home, 'never.png')], env)
  const [stopped, suspended] = await Promise.all([banner('halted'), banner('unpaid')])
  expect(stopped).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/\n✖ no call may start now: stopped: too much \[stopped\]\n$/),
  })
  expect(suspended).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/\n✖ no call may start now: account suspended \[stopped\]\n$/),
  })
  expect(await requests()).toBe(before)
})

test('wrong input is refused with exit code 2 before any call, and says what is wrong', async () => {
  const before = await requests()
  const brief = async (name: string, content: string): Promise<string> => {
    const file = join(home, name)
    await writeFile(file, content)
    return file
  }
  const good = { account: 'acme', brief: BRIEF, out: join(home, 'never.png') }
  const run = (change: Partial<typeof good>, ...more: string[]) => {
    const { account, brief: file, out } = { ...good, ...change }
    return purser(['banner', '--account', account, '--brief', file, '--out', out, ...more], env)
  }
  await mkdir(join(home, 'taken-3.png'))
  const [missing, cut, gone, model, account, variants, place, folder, third, noJob, longJob] = await Promise.all([
    run({ brief: await brief('missing.json', '{"name":"Ada","company":"A","colours":["red"],"mood":"calm"}') }),
    run({ brief: await brief('cut.json', '{"name":') }),
    run({ brief: join(home, 'gone.json') }),
    run({}, '--model', 'dall-e-9'),
    run({ account: 'nobody' }),
    run({}, '--variants', '5'),
    run({ out: join(BRIEF, 'banner.png') }),
    run({ out: home }),
    run({ out: join(home, 'taken.png') }, '--variants', '3'),
    run({}, '--job', ''),
    run({}, '--job', 'j'.repeat(1_100)),
  ])
  for (const ended of [missing, cut, gone, model, account, variants, place, folder, third, noJob, longJob])
    expect(ended).toMatchObject({ code: 2, stdout: '' })
  expect(missing.stderr).toMatch(/missing\.json[\s\S]*headline: [\s\S]*colours\.0: write a colour like #0b1b3a/)
  expect(cut.stderr).toMatch(/cut\.json is no JSON/)
  expect(gone.stderr).toMatch(/gone\.json cannot be read: there is no such file/)
  expect(model.stderr).toMatch(
    /model "dall-e-9".* has no price for input_text_tokens, output_image_tokens, so no call may start: use one of .*gemini-2\.5-flash-image.*\[unpriced_model\]/,
  )
  expect(account.stderr).toMatch(/no account "nobody": make it with/)
  expect(variants.stderr).toMatch(/Allowed choices are 1, 2, 3, 4/)
  expect(place.stderr).toMatch(/cannot be written .*: name another place with --out/)
  expect(third.stderr).toMatch(/taken-3\.png is a folder: name a file with --out/)
  expect(folder.stderr).toMatch(/is a folder: name a file with --out/)
  expect(noJob.stderr).toMatch(/\[bad_input\]:\n {2}job id: must not be empty\n$/)
  expect(longJob.stderr).toMatch(/\[bad_input\]:\n {2}job id: is longer than 200 characters\n$/)
  expect(await requests()).toBe(before)
})

test('an account without enough budget is refused before any call, with exit code 3 and what would work', async () => {
  const before = await requests()
  const { code, stdout, stderr } = await purser(['banner', '--account', 'small', '--brief', BRIEF, '--out', join(home, 'no.png')], env)
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
  expect(stderr).toMatch(
    /refuses: 0\.05\d+ EUR needed, 0\.04000 EUR left .* What would work: wait until .*; top up by 0\.01\d+ EUR; .*\[budget_exceeded\]/,
  )
  expect(await requests()).toBe(before)
})

test('a key that the provider does not know ends the job with its words, and costs nothing', async () => {
  const other = startWorker({ ...env, PURSER_TASK_QUEUE: 'wrong-key', GEMINI_API_KEY: 'emulator-wrong-key' })
  await until('the worker with the wrong key', () => other.said().includes('worker ready'), 30_000)
  const args = ['banner', '--account', 'wrong', '--brief', BRIEF, '--out', join(home, 'wrong.png')]
  const ended = await purser(args, { ...env, PURSER_TASK_QUEUE: 'wrong-key' })
  expect(ended).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/nothing was billed: .*API key not valid.*\[provider_rejected\]/),
  })
  const account = await purser(['account', 'show', 'wrong', '--json'], env)
  expect(account.stdout).toContain('"spentEur":"0.000000000","reservedEur":"0.000000000"')
  other.kill('SIGTERM')
  expect((await other.ended).code).toBe(0)
})

test('a full disk: nothing half is left, the banner is safe, and the message says how to get it', async () => {
  const blobs = fileBlobStore(join(home, 'blobs'))
  const { ref } = await blobs.put(new Uint8Array(100_000), 'image/png')
  const folder = join(home, 'full')
  await mkdir(folder)
  const out = join(folder, 'banner.png')
  // The file that is written first lies on a device that is always full.
  await symlink('/dev/full', `${out}.${process.pid}.tmp`)
  const again = 'free some space and run the same command with --job j'
  await expect(writePicture(blobs, ref, out, again)).rejects.toMatchObject({
    code: 'not_written',
    message: `${out} could not be written: the disk is full. The banner is paid for and safe (${ref}): ${again}`,
  })
  expect(await readdir(folder)).toEqual([])
  expect(await blobs.get(ref)).toHaveLength(100_000)
  expect((await stat('/dev/full')).isCharacterDevice()).toBe(true)
})

test('a disk that fills up under the command line: exit code 1, and the same command later gives the banner for nothing', async (context) => {
  const folder = join(home, 'tiny')
  await mkdir(folder)
  const mounted = `mount -t tmpfs -o size=16k tiny '${folder}'`
  try {
    execFileSync('unshare', ['-rm', 'sh', '-c', mounted], { stdio: 'ignore', timeout: 5_000 })
  } catch {
    return context.skip('this machine may not mount a file system of its own in a namespace of its own')
  }
  const out = join(folder, 'banner.png')
  const args = ['bin/purser.js', 'banner', '--account', 'acme', '--brief', BRIEF, '--out', out, '--job', 'cli-job-full']
  const script = `${mounted} && "$0" "$@"; code=$?; ls '${folder}'; exit $code`
  const full = await promisify(execFile)('unshare', ['-rm', 'sh', '-c', `{ ${script} ; } 2>&1`, process.execPath, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    timeout: 20_000,
  }).catch((error: unknown) => error)
  expect(full).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/the disk is full\. The banner is paid for and safe .*--job cli-job-full.*\[not_written\]\n$/),
  })
  const before = await requests()
  expect(await purser(args.slice(1), env)).toMatchObject({ code: 0, stdout: `${out}\n` })
  expect(await sharp(await readFile(out)).metadata()).toMatchObject({ width: 1584, height: 396 })
  expect(await requests()).toBe(before)
})

/** What `purser setup` says. */
const registered = (state: string): string =>
  `search attributes registered\n${['monthly-reset', 'monthly-close', 'sweep', 'daily-rates'].map((name) => `schedule purser-${name} ${state}\n`).join('')}`

test('setup and reset may be repeated; a month that is none, is long gone, or has not begun, is refused', async () => {
  const [setup, reset, bad, ancient, future] = await Promise.all([
    purser(['setup'], env),
    purser(['reset'], env),
    purser(['reset', '--month', '2026-13'], env),
    purser(['reset', '--month', '0001-01'], env),
    purser(['reset', '--month', '2999-01'], env),
  ])
  // The worker on another task queue took the schedules with it when it started.
  expect(setup).toEqual({
    code: 0,
    stdout: registered('changed to this task queue and time zone'),
    stderr: expect.stringContaining('was on task queue "wrong-key" in UTC; it is now on "cli" in UTC.'),
  })
  expect(await purser(['setup'], env)).toEqual({ code: 0, stdout: registered('was there already'), stderr: '' })
  expect(reset).toMatchObject({ code: 0, stdout: '5 budgets seen, 0 periods opened: nothing was missing\n' })
  expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining('[bad_input]:\n  month: write a month like 2026-11') })
  expect(ancient).toMatchObject({ code: 2, stderr: expect.stringContaining('[bad_input]:\n  month: is before 2020-01') })
  expect(future).toMatchObject({ code: 2, stderr: expect.stringContaining('2999-01 has not begun') })
  const past = ['reset', '--month', '2026-01', '--json']
  expect(JSON.parse((await purser(past, env)).stdout)).toEqual({ budgets: 5, opened: 5 })
  expect(JSON.parse((await purser(past, env)).stdout)).toEqual({ budgets: 5, opened: 0 })
}, 40_000)

test('a port that is taken, a key that is missing: dev and demo say so, and leave nothing behind', async () => {
  const port = new URL(emulator?.url ?? '').port
  const own = { ...env, PURSER_HOME: await newHome() }
  const alone = { ...own, TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: '' }
  const [http, temporalPort, live] = await Promise.all([
    purser(['dev'], { ...own, PURSER_HTTP_PORT: port }),
    purser(['dev'], { ...alone, PURSER_TEMPORAL_PORT: port }),
    purser(['demo', '--live'], own),
  ])
  expect(http).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(new RegExp(`port ${port} is taken: .*PURSER_HTTP_PORT.*\\[port_taken\\]`)),
  })
  expect(temporalPort).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(new RegExp(`port ${port} was asked for as Temporal's port.*\\[port_taken\\]`)),
  })
  expect(live).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/set GEMINI_API_KEY .*\[key_missing\]/) })
  const files = await readdir(own.PURSER_HOME)
  expect(files.filter((name) => name.endsWith('.json') && name !== 'ports.json')).toEqual([])
})

test('a Temporal that does not answer, or not as its settings say, is named in one line, and everything is stopped again', async () => {
  const [gone, encrypted] = await Promise.all([
    purser(['demo', '--once'], { ...env, PURSER_HOME: await newHome(), TEMPORAL_ADDRESS: '127.0.0.1:1' }),
    // The server of these tests speaks no TLS: who ignored the setting would reach it.
    purser(['dev'], { ...env, PURSER_HOME: await newHome(), TEMPORAL_TLS: 'true' }),
  ])
  for (const { code, stdout } of [gone, encrypted]) expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(gone.stderr).toMatch(/^✖ Temporal does not answer at 127\.0\.0\.1:1 \(.*check TEMPORAL_ADDRESS, TLS .*\[not_reachable\]\n$/m)
  expect(encrypted.stderr).toMatch(/^✖ Temporal does not answer at .*TEMPORAL_TLS.*\[not_reachable\]\n$/m)
  for (const { stderr } of [gone, encrypted]) expect(stderr).not.toContain('    at ')
}, 40_000)
