import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, inject, test } from 'vitest'
import { eur, ofMoney } from '../src/domain/money.ts'
import { startProgram } from '../src/platform/embedded/process.ts'
import { showAccount } from '../src/ledger/accounts.ts'
import { bannerInputSchema } from '../src/schema/banner-input.ts'
import { startApi } from './support/api.ts'
import { EMULATOR_KEY } from './support/stage.ts'
import { workedStage } from './support/worked-stage.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
// The queue that a client uses which names none.
const { stage } = await workedStage({ worker: { taskQueue: 'purser' } })

const backend = (): Promise<{ stdout: string }> =>
  run(process.execPath, ['examples/app-backend.ts'], {
    cwd: root,
    timeout: 15_000,
    env: { ...process.env, TEMPORAL_ADDRESS: inject('temporalAddress') },
  })

test('the app backend of the README makes a banner, says what it cost, and running it again costs nothing', async () => {
  const { stdout } = await backend()
  expect(stdout).toMatch(/^sha256\/[0-9a-f]{2}\/[0-9a-f]{64}\.png 0\.034\d{6} 0\.965\d{6}\n$/)
  const account = await showAccount(stage.ledger, 'acme')
  const [, cost = '', left = ''] = stdout.trim().split(' ')
  expect(account.budgets).toMatchObject([
    { spent: ofMoney({ amount: cost, currency: 'EUR' }), reserved: 0n, remaining: ofMoney({ amount: left, currency: 'EUR' }) },
  ])
  expect((await backend()).stdout).toBe(stdout)
  expect(await showAccount(stage.ledger, 'acme')).toEqual(account)
})

test('the README shows the very program that was run', () => {
  const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
  const [, ...program] = readFileSync(join(root, 'examples/app-backend.ts'), 'utf8').split('\n')
  expect(code).toBe(program.join('\n'))
})

test('the README shows the app of examples/own-workflow as it is run', () => {
  const page = readFileSync(join(root, 'README.md'), 'utf8')
  const blocks = [...page.matchAll(/```ts\n([\s\S]*?)\n```/g)].map(([, code = '']) => code)
  const [workflows, program] = ['workflows.ts', 'worker.ts'].map((file) => readFileSync(join(root, 'examples/own-workflow', file), 'utf8'))
  expect(blocks.filter((code) => workflows?.includes(code))).toHaveLength(2)
  expect(blocks).toContain(program?.trimEnd())
})

test('the app of examples/own-workflow puts its own workflows under budget: Purser sends, or the app itself; what does not fit is refused', async (context) => {
  const program = await startProgram({
    program: process.execPath,
    args: [join(root, 'examples/own-workflow/worker.ts')],
    env: {
      PATH: process.env['PATH'],
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      DATABASE_URL: stage.db.url,
      GEMINI_API_KEY: EMULATOR_KEY,
      PURSER_GEMINI_BASE_URL: stage.emulator.url,
      PURSER_HOME: stage.folder,
    },
    stopSignal: 'SIGTERM',
  })
  context.onTestFinished(() => program.stop())
  const start = (): Promise<{ stdout: string }> =>
    run(process.execPath, ['examples/own-workflow/start.ts'], {
      cwd: root,
      timeout: 60_000,
      env: { ...process.env, TEMPORAL_ADDRESS: inject('temporalAddress') },
    }).catch((error: Error) => {
      throw new Error(`${error.message}\n${program.lastOutput()}`)
    })
  const { stdout } = await start()
  expect(stdout.replaceAll(/(summary|title): '[^']{3,}'/g, "$1: '…'")).toBe(
    `{
  summary: '…',
  cost: '0.000633818',
  left: '0.099366182'
}
{
  title: '…',
  longTitle: 'refused'
}
`,
  )
  const account = await showAccount(stage.ledger, 'notes')
  expect(account.budgets).toMatchObject([{ reserved: 0n }])
}, 90_000)

test('the app of examples/http-client calls under budget over HTTP, and hears in words what its budget cannot pay for', async (context) => {
  const api = await startApi(stage)
  context.onTestFinished(() => api.close())
  const [account, { text: key }] = [await stage.account('free'), await api.caller({ scopes: ['reservations:write'] })]
  const { stdout } = await run(process.execPath, ['examples/http-client/ask.ts', account], {
    cwd: root,
    timeout: 15_000,
    env: { ...process.env, PURSER_URL: api.url, PURSER_KEY: key },
  })
  const [answered = '', ...others] = stdout.trimEnd().split('\n')
  const [, cost = '', left = ''] = /It cost (0\.\d{9}) EUR; (0\.\d{9}) EUR are left\.$/.exec(answered) ?? []
  expect(await stage.balance(account)).toMatchObject({ reserved: 0n, spent: eur(cost), cap: eur(cost) + eur(left) })
  expect(others).toEqual([
    'a long answer, too? false',
    expect.stringMatching(
      /^budget "free plan of acc_\w+" cannot pay for this call: 0\.\d+ EUR needed, 0\.0\d+ EUR remaining of 0\.1000 EUR until \d{4}-\d\d-01 top_up, fit$/,
    ),
  ])
})

test('the README shows the app of examples/http-client as it is run', () => {
  const page = readFileSync(join(root, 'README.md'), 'utf8')
  const [, ...program] = readFileSync(join(root, 'examples/http-client/ask.ts'), 'utf8').split('\n')
  expect(page).toContain(`\`\`\`ts\n${program.join('\n')}\`\`\``)
})

test('every brief in the examples is a valid one', () => {
  const briefs = readdirSync(join(root, 'examples/briefs'))
  expect(briefs).toHaveLength(3)
  for (const file of briefs) {
    const brief: unknown = JSON.parse(readFileSync(join(root, 'examples/briefs', file), 'utf8'))
    expect(() => bannerInputSchema.parse({ account: 'acme', brief })).not.toThrow()
  }
})

test('every link in the documents leads to a file that is there', () => {
  const pages = [
    'README.md',
    'ARCHITECTURE.md',
    'CHANGELOG.md',
    ...readdirSync(join(root, 'docs/decisions')).map((f) => `docs/decisions/${f}`),
  ]
  const dead = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)]
      .map(([, target = '']) => join(root, page, '..', target))
      .filter((target) => !exists(target))
      .map((target) => `${page}: ${target}`),
  )
  expect(dead).toEqual([])
})

function exists(path: string): boolean {
  try {
    return readFileSync(path).length > 0
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EISDIR'
  }
}
