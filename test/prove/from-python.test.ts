/** The API, asked from Python: by a program that knows nothing but its document (https://schemathesis.readthedocs.io), and by a small app. */
import { execFile, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { API_SCOPES } from '../../src/domain/api-scope.ts'
import { exactEur, nano } from '../../src/domain/money.ts'
import { ensureAccount } from '../../src/ledger/accounts.ts'
import { createApiKey } from '../../src/ledger/api-keys.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { startChildServer } from './child-server.ts'
import { inLength } from './length.ts'
import { mayRunPython, pythonWithSchemathesis } from './python.ts'

/** In the short form what it makes of the document by rule, however long that takes; in the long one also what it finds by chance. */
const PHASES = inLength('examples,coverage', 'examples,coverage,fuzzing,stateful')
const SECONDS = inLength(150, 600)

let stage: Stage
beforeAll(async () => void (stage = await openStage()))
afterAll(() => stage.close())

// First: Schemathesis may pull the panic switch for everybody.
test.runIf(mayRunPython('the app in Python'))(
  'an app in Python calls under budget with plain requests, and hears in words what its budget cannot pay for',
  { timeout: 200_000 },
  async (context) => {
    const python = join(await pythonWithSchemathesis(), 'python')
    const server = await startChildServer(context, stage)
    const account = await stage.account('free')
    const { text: key } = await createApiKey(stage.ledger, {
      name: 'an app',
      scopes: ['reservations:write'],
      account,
      expiresAt: undefined,
      mode: 'test',
      who: 'test',
    })
    const app = fileURLToPath(new URL('../../examples/http-python/ask.py', import.meta.url))
    const env = { PURSER_URL: server.url, PURSER_KEY: key }
    const { stdout } = await promisify(execFile)(python, [app, account], { env, timeout: 60_000 })
    const [answer = '', refused = ''] = stdout.trim().split('\n')
    expect(answer).toMatch(/^17 characters, answered in at most 1000 tokens\. It cost 0\.\d{9} EUR; 0\.\d{9} EUR are left\.$/)
    expect(refused).toMatch(/^Budget "free plan of .*" .*refuses: .* EUR needed, .* EUR left .* What would work: top up by .*\.$/)
    const { reserved, spent } = await stage.balance(account)
    expect([reserved, answer]).toEqual([0n, expect.stringContaining(` ${exactEur(nano(spent))} EUR;`)])
    await stage.intact()
  },
)

test.runIf(mayRunPython('Schemathesis'))(
  'whatever the document allows is answered as the document says, and whatever it forbids is refused',
  { timeout: 900_000 },
  async (context) => {
    const program = join(await pythonWithSchemathesis(), 'schemathesis')
    const server = await startChildServer(context, stage)
    // The document's examples name it, so that what it lends can be settled.
    await ensureAccount(stage.ledger, { id: 'acme', plan: 'corporate' })
    const { text } = await createApiKey(stage.ledger, {
      name: 'a proof',
      scopes: API_SCOPES,
      account: undefined,
      expiresAt: undefined,
      mode: 'test',
      who: 'test',
    })
    const args = [
      'run',
      `${server.url}/openapi.json`,
      '--header',
      `Authorization: Bearer ${text}`,
      // What a schema allows can still be refused: nothing has that price, nobody that name.
      '--checks=all',
      '--exclude-checks=positive_data_acceptance',
      // It would end its own key, and be let in nowhere after that.
      '--exclude-operation-id=revokeKey',
      `--phases=${PHASES}`,
      `--max-time=${SECONDS}`,
      // Two would meet a fault of Python 3.11 in its ast module ("AST constructor recursion depth mismatch").
      '--workers=1',
      '--no-color',
    ]
    // A missing If-Match is a 428 (RFC 6585), which it does not know.
    await writeFile(join(stage.folder, 'schemathesis.toml'), '[checks.missing_required_header]\nexpected-statuses = [400, 401, 403, 428]\n')
    const child = spawn(program, args, { cwd: stage.folder, stdio: ['ignore', 'pipe', 'pipe'], timeout: (SECONDS + 120) * 1_000 })
    let said = ''
    child.stdout.on('data', (chunk) => (said += String(chunk)))
    child.stderr.on('data', (chunk) => (said += String(chunk)))
    const code = await new Promise<number | null>((done) => child.once('close', done))
    console.log(said.replace(/^[^]*(?=={10,} SUMMARY)/, ''))
    expect({ code, said }).toEqual({ code: 0, said: expect.any(String) })
    const [, selected] = /Selected: (\d+)\//.exec(said) ?? []
    const [, tested] = /Tested: (\d+)/.exec(said) ?? []
    expect([Number(selected) > 40, tested]).toEqual([true, selected])
    await stage.intact()
  },
)
