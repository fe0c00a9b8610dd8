import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { openTestLedger } from '../support/ledger.ts'
import { purser } from './purser.ts'

// Some processes, one after the other: on a busy machine each takes seconds to start.
vi.setConfig({ testTimeout: 60_000 })

const t = await openTestLedger()
const folder = await mkdtemp(join(tmpdir(), 'purser-savings-'))
afterAll(async () => {
  await t.drop()
  await rm(folder, { recursive: true })
})

const run = (...args: string[]) => purser(args, { DATABASE_URL: t.url })

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text)
  return join(folder, name)
}

test('strategies are switched on and off by feature, and every version is kept', async () => {
  const route = await file('policy.json', JSON.stringify({ allow: ['gemini-2.5-flash-lite', 'gemini-2.5-flash'] }))
  const set = (...args: string[]) => run('savings', 'set', '--feature', 'chat', ...args)
  expect(await set('--compress', 'filler,repeats=every_language,history=800', '--route', route, '--why', 'a try')).toEqual({
    code: 0,
    stdout: '',
    stderr:
      '  ✔ chat: route {"allow":["gemini-2.5-flash-lite","gemini-2.5-flash"]}; compress {"filler":true,"repeats":"every_language","historyTokensMax":800}; cache –\n',
  })
  expect(await set('--cache', 'ttl=90,shared', '--why', 'often asked')).toMatchObject({
    stderr: expect.stringContaining('cache {"ttlMs":5400000,"shared":true}'),
  })
  expect(await set('--cache', 'default', '--why', 'as all')).toMatchObject({ stderr: expect.stringContaining('cache –') })
  expect((await set('--cache', 'for ever', '--why', 'x')).stderr).toContain('--cache for ever: write on, ttl=MINUTES')
  expect(await set('--compress', 'off', '--why', 'worse')).toMatchObject({ stderr: expect.stringContaining('compress off') })
  expect(await set('--compress', 'off', '--why', 'worse')).toMatchObject({ stderr: expect.stringContaining('no effect') })
  expect(await set('--compress', 'default', '--why', 'as all')).toMatchObject({ stderr: expect.stringContaining('compress –') })
  const shown = await run('savings', 'show', 'chat')
  expect(shown.stdout.split('\n').filter((line) => line.startsWith('chat'))).toEqual([
    expect.stringMatching(/cli:\S+ +as all$/),
    expect.stringMatching(/off .* worse$/),
    expect.stringMatching(/800.* – .* as all$/),
    expect.stringMatching(/800.*5400000.* often asked$/),
    expect.stringMatching(/800.* – .* a try$/),
  ])
  expect((await run('savings', 'switches', '--json')).stdout).toMatch(/"feature":"chat".*"compress":null/)
})

test.for<[what: string, args: string[], message: string]>([
  ['an unknown rule', ['--compress', 'everything'], '--compress everything: write whitespace'],
  ['no file', ['--route', '/nowhere.json'], 'cannot be read as JSON'],
  ['nothing', [], 'say --route, --compress or --cache'],
])('%s to switch: exit code 2, and what to write', async ([, args, message]) => {
  expect(await run('savings', 'set', '--feature', 'x', '--why', 'x', ...args)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(message),
  })
})

test('a route is explained: every candidate with its verdict, and nothing is sent', async () => {
  const prompt = await file('prompt.txt', 'Classify the mood of "all is well": good or bad?')
  const policy = await file('other.json', JSON.stringify({ allow: ['gemini-2.5-flash-lite', 'gemini-2.5-flash'] }))
  const told = await run(
    'route',
    'explain',
    '--feature',
    'mood',
    '--model',
    'gemini-2.5-flash',
    '--prompt-file',
    prompt,
    '--policy',
    policy,
    '--remaining',
    '0.05',
  )
  expect(told).toMatchObject({ code: 0, stderr: expect.stringMatching(/a simple task: .*\n.*gemini-2\.5-flash-lite: simple task/s) })
  expect(told.stdout).toMatch(/^model +size +at most +verdict +why\n/)
  expect(told.stdout).toMatch(/gemini\/gemini-2\.5-flash-lite +small +0\.0\d+ EUR +chosen/)
  expect(told.stdout).toMatch(/gemini\/gemini-2\.5-pro .* not_allowed +the policy allows others only/)
  const json = await run('route', 'explain', '--prompt-file', prompt, '--complexity', 'hard', '--json')
  expect(JSON.parse(json.stdout)).toMatchObject({ policy: null, kind: 'chosen', complexity: 'hard', size: 'large' })
})

test('a route of a conversation is explained by what its system and its last message ask', async () => {
  const talk = await file(
    'talk.json',
    JSON.stringify([
      { role: 'user', text: 'Hello' },
      { role: 'assistant', text: 'Hello!' },
      { role: 'user', text: 'Is "all is well" good or bad?' },
    ]),
  )
  const json = await run('route', 'explain', '--messages-file', talk, '--max-output-tokens', '10', '--json')
  expect(JSON.parse(json.stdout)).toMatchObject({ kind: 'chosen', complexity: 'simple' })
  const wrong = await file('wrong.json', JSON.stringify([{ role: 'assistant', text: 'Hello!' }]))
  expect(await run('route', 'explain', '--messages-file', wrong)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('the last message is the user’s'),
  })
  expect(await run('route', 'explain')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('either --prompt-file or --messages-file'),
  })
})

test('a month in which nothing was saved says so', async () => {
  expect(await run('savings', 'report', '--month', '2026-01')).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('nothing was saved from 2026-01-01 to 2026-01-31'),
  })
  expect(await run('savings', 'report', '--from', '2026-01-03')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--from and --to'),
  })
})
