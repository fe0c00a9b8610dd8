import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import { beforeAll, expect, inject, test } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const DOORS = ['.', './api', './usage', './with-cost', './worker', './workflow']
let built: string
let app: string

// An app in a folder of its own, with the compiled package where npm would put it.
beforeAll(async () => {
  built = join(inject('testFolder'), 'package')
  app = join(inject('testFolder'), 'package-app')
  await run(process.execPath, ['scripts/build-package.ts', built], { cwd: root })
  mkdirSync(join(app, 'node_modules'), { recursive: true })
  symlinkSync(built, join(app, 'node_modules/purser'))
  writeFileSync(join(app, 'package.json'), '{ "type": "module" }')
}, 120_000)

interface Manifest {
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string }>>
  readonly dependencies: Readonly<Record<string, string>>
}

test('every door of the package is compiled, has its types, and can be imported by plain Node', async () => {
  const { exports, dependencies } = JSON.parse(readFileSync(join(built, 'package.json'), 'utf8')) as Manifest
  expect(Object.keys(exports)).toEqual(DOORS)
  expect(dependencies).toHaveProperty('@temporalio/plugin')
  for (const { types, default: code } of Object.values(exports)) {
    expect([types, code].filter((file) => !existsSync(join(built, file)))).toEqual([])
  }
  const program = `
    const names = async (door) => Object.keys(await import(door)).toSorted().join(' ')
    console.log(await names('purser'))
    console.log(await names('purser/api'))
    console.log(await names('purser/usage'))
    console.log(await names('purser/with-cost'))
    console.log(await names('purser/worker'))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: app })
  expect(stdout).toBe(
    'JOB_STATES JOB_TYPES JobFailed PurserError createPurser\nBudgetExceededError PurserApiError newKey purserApi\nanthropicReply geminiReply openAiReply\nNotBilled PurserError keyFor newKey openCosts\nNotBilled PurserError PurserPlugin purserPlugin\n',
  )
}, 60_000)

test('its types are enough for a workflow, an activity and a call outside Temporal, as an app writes them', async () => {
  writeFileSync(
    join(app, 'app.ts'),
    `import { budgetedActivities, budgetedCall, orFail } from 'purser/workflow'
import { purserPlugin, type ModelReply, type OwnCall } from 'purser/worker'
import { openCosts } from 'purser/with-cost'
import { purserApi, type BudgetExceededError } from 'purser/api'
const model = { ask: async (call: OwnCall, text: string): Promise<ModelReply<number>> => ({ value: text.length + call.maxOutputTokens, usage: undefined }) }
const terms = { account: 'acme', provider: 'gemini', model: 'gemini-2.5-flash', inputTokensMax: 1, maxOutputTokens: 1 }
export const one = async (): Promise<number> => orFail(await budgetedActivities<typeof model>().ask({ ...terms, callId: 'x' }, 'text')).value
// @ts-expect-error an argument of another type
export const two = async () => budgetedActivities<typeof model>().ask({ ...terms, callId: 'x' }, 7)
export const three = async (): Promise<string | undefined> =>
  orFail(await budgetedCall({ callId: 'y', account: 'acme', model: 'm', prompt: 'p', maxOutputTokens: 1 })).text
// @ts-expect-error no name
export const four = async () => budgetedCall({ account: 'acme', model: 'm', prompt: 'p', maxOutputTokens: 1 })
export const five = async () => (await openCosts()).withCost(async () => ({ value: 1, usage: [{ unit: 'input_text_tokens', quantity: 1 }] }), { ...terms, endpoint: 'e', input: 'p' })
const api = purserApi({ url: 'http://127.0.0.1:1', key: 'psk_x' })
export const apiCost = async (): Promise<string | undefined> =>
  (await (await api.reserve({ model: 'm', inputTokensMax: 1, maxOutputTokens: 1 })).settle({ input_tokens: 1 })).cost?.amount
export const plan = async (): Promise<readonly number[][]> => { const all = []; for await (const { thresholds } of api.budgets.list()) all.push([...thresholds]); return all }
export const said = (error: BudgetExceededError): string | undefined => error.remaining?.amount
// @ts-expect-error money is text
export const seven = async () => api.budgets.create({ name: 'n', scope: {}, budgetAmount: { amount: 0.5, currency: 'EUR' } })
export const six = async (connection: Parameters<typeof purserPlugin>[0]['connection']) => purserPlugin({ connection, modelActivities: model })
`,
  )
  const compilerOptions = { noEmit: true, strict: true, skipLibCheck: true, module: 'nodenext', target: 'es2024', types: ['node'] }
  const typeRoots = [join(root, 'node_modules/@types')]
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...compilerOptions, typeRoots }, files: ['app.ts'] }))
  const outcome = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', app]).catch(
    (error: { stdout: string }) => error,
  )
  expect(outcome.stdout).toBe('')
}, 60_000)

test('an app’s workflows are bundled with it, and nothing else of Purser', async () => {
  const workflowsPath = join(app, 'workflows.js')
  writeFileSync(
    workflowsPath,
    "import { budgetedCall, orFail } from 'purser/workflow'\nexport const one = async (call) => orFail(await budgetedCall(call))\n",
  )
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') })
  expect(code).toContain('call_name_reused')
  expect(code).not.toMatch(/node_modules\/(zod|postgres|sharp)\/|"node:|src\/(ledger|schema|platform|activities)\//)
}, 60_000)
