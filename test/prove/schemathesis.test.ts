/** The API, asked whatever its own document allows and forbids, by a program that knows nothing of it: https://schemathesis.readthedocs.io */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { API_SCOPES } from '../../src/domain/api-scope.ts'
import { createApiKey } from '../../src/ledger/api-keys.ts'
import { cacheFolder } from '../../src/platform/embedded/temporal-binary.ts'
import { openStage, type Stage } from '../support/stage.ts'
import { startChildServer } from './child-server.ts'
import { inLength } from './length.ts'

const VERSION = '4.32.5'
const SECONDS = inLength(15, 600)
const hasPython = spawnSync('python3', ['-m', 'venv', '--help']).status === 0
const mustRun = hasPython || process.env['CI'] !== undefined
if (!mustRun) console.log('  skipped: Schemathesis needs python3 with venv, which is not here')

let stage: Stage
beforeAll(async () => void (stage = await openStage()))
afterAll(() => stage.close())

/** In a virtual environment of its own, made once for a machine. */
async function schemathesis(): Promise<string> {
  const home = join(cacheFolder(process.env), `schemathesis-${VERSION}`)
  const ready = join(home, 'ready')
  if (!existsSync(ready)) {
    console.log(`  installing Schemathesis ${VERSION} into a virtual environment …`)
    await rm(home, { recursive: true, force: true })
    await mkdir(home, { recursive: true })
    for (const [program, ...args] of [
      ['python3', '-m', 'venv', home],
      [join(home, 'bin/pip'), 'install', '--quiet', '--disable-pip-version-check', `schemathesis==${VERSION}`],
    ] as const) {
      const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 150_000 })
      if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
    }
    await writeFile(ready, '')
  }
  return join(home, 'bin/schemathesis')
}

test.runIf(mustRun)(
  'whatever the document allows is answered as the document says, and whatever it forbids is refused',
  { timeout: 900_000 },
  async (context) => {
    const program = await schemathesis()
    const server = await startChildServer(context, stage)
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
    await stage.intact()
  },
)
