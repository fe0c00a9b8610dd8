import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/** Who may import whom: the table of ARCHITECTURE.md. A folder may always import itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  schema: ['domain'],
  ledger: ['domain', 'shared-reading.ts'],
  prices: ['domain', 'shared-reading.ts'],
  providers: ['domain'],
  calls: ['domain', 'schema', 'ledger', 'prices', 'providers (types)', 'until-stopped.ts'],
  company: ['domain'],
  savings: ['domain', 'prices', 'gathered.ts'],
  insight: ['domain', 'prices', 'until-stopped.ts'],
  alerts: ['domain', 'schema', 'ledger', 'insight', 'until-stopped.ts'],
  delivery: ['domain', 'ledger', 'until-stopped.ts'],
  'until-stopped.ts': [],
  'gathered.ts': [],
  'shared-reading.ts': [],
  activities: ['domain', 'schema', 'ledger', 'prices', 'providers', 'calls', 'savings', 'insight', 'delivery', 'shared-reading.ts'],
  workflows: ['domain', 'activities (types)', 'schema (types)'],
  'workflow.ts': ['domain', 'workflows'],
  'usage.ts': ['providers'],
  'temporal-connection.ts': [],
  'api.ts': ['domain (types)', 'api', 'api-types.ts (types)'],
  api: ['domain', 'api-types.ts (types)'],
  'api-types.ts': [],
  'job-list.ts': ['domain'],
  'job.ts': ['domain', 'job-list.ts'],
  'client.ts': ['domain', 'schema', 'workflows (types)', 'activities (types)', 'temporal-connection.ts', 'job.ts', 'job-list.ts'],
  http: ['domain', 'schema', 'ledger', 'prices', 'calls', 'insight', 'delivery', 'client.ts'],
  cli: [
    'domain',
    'schema',
    'client.ts',
    'ledger',
    'prices',
    'calls',
    'company',
    'insight',
    'delivery',
    'alerts',
    'api.ts',
    'http (types)',
    'platform (types)',
  ],
  emulator: [],
  platform: ['domain', 'temporal-connection.ts', 'gathered.ts'],
}

/** They read the configuration, build, wire and run, so they may import anything. */
const ENTRY_POINTS = [
  'src/worker.ts',
  'src/server.ts',
  'src/worker-plugin.ts',
  'src/with-cost.ts',
  'src/cli/main.ts',
  'src/cli/open.ts',
  'src/cli/dev.ts',
  'src/cli/demo.ts',
  'src/cli/start-dev.ts',
  'src/cli/play-demo.ts',
  'src/emulator/main.ts',
]

/** A domain or a bundle without libraries stays one. */
const MAY_USE_PACKAGES: Readonly<Record<string, RegExp>> = {
  domain: /^$/,
  company: /^$/,
  workflows: /^@temporalio\/(workflow|common)$/,
  'workflow.ts': /^$/,
  'job-list.ts': /^@temporalio\/client$/,
  'job.ts': /^@temporalio\/(client|common)$|^node:crypto$/,
  'temporal-connection.ts': /^(@temporalio\/client|@grpc\/grpc-js)$/,
  'api.ts': /^$/,
  api: /^openapi-fetch$/,
  emulator: /^(node:.*|fontkit|sharp|zod)$/,
  'until-stopped.ts': /^node:timers\/promises$/,
  'gathered.ts': /^$/,
  'shared-reading.ts': /^$/,
  ledger: /^(postgres|postgres-array|node:crypto)$/,
  prices: /^(postgres|node:crypto|@pydantic\/genai-prices)$/,
  calls: /^node:crypto$/,
  savings: /^node:crypto$/,
  delivery: /^(node:(crypto|dns\/promises|http|https|net)|nodemailer|@temporalio\/client)$/,
}

const FORBIDDEN_NAMES = ['utils', 'helpers', 'common', 'services', 'types', 'lib']

const root = fileURLToPath(new URL('..', import.meta.url))

interface Import {
  readonly from: string
  readonly to: string
  readonly typesOnly: boolean
}

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => `src/${file}`)

/** `import type … from 'x'`, `import … from 'x'`, `export … from 'x'`, `import('x')`. */
function importsOf(file: string, text = readFileSync(join(root, file), 'utf8')): Import[] {
  const statement = /(?:^|\n)\s*(import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g
  return [...text.matchAll(statement)].flatMap(([, , type, named, dynamic]) => {
    const to = named ?? dynamic
    return to === undefined ? [] : [{ from: file, to, typesOnly: type !== undefined }]
  })
}

/** `src/ledger/reserve.ts` → `ledger`; `src/client.ts` → `client.ts`. */
const roomOf = (file: string): string => file.split('/')[1] ?? ''

function violations(imports: readonly Import[]): string[] {
  return imports.flatMap(({ from, to, typesOnly }) => {
    if (ENTRY_POINTS.includes(from)) return []
    const room = roomOf(from)
    const known = MAY_IMPORT[room]
    if (known === undefined) return [`${from}: there is no room "${room}" in the table`]
    if (!to.startsWith('.')) {
      const packages = MAY_USE_PACKAGES[room]
      return packages === undefined || packages.test(to) || (room === 'workflows' && typesOnly) ? [] : [`${from} uses the package ${to}`]
    }
    const target = relative(root, resolve(root, dirname(from), to))
    const other = roomOf(target)
    const allowed = other === room || known.includes(other) || (typesOnly && known.includes(`${other} (types)`))
    return allowed ? [] : [`${from} imports ${target}${typesOnly ? ' (types)' : ''}`]
  })
}

test('every import follows the table of who may import whom', () => {
  const imports = sources.flatMap((file) => importsOf(file))
  expect(imports.length).toBeGreaterThan(200)
  expect(violations(imports)).toEqual([])
})

test('nobody but an entry point imports an entry point', () => {
  const entered = sources
    .flatMap((file) => importsOf(file))
    .filter(({ from, to, typesOnly }) => !typesOnly && !ENTRY_POINTS.includes(from) && to.startsWith('.'))
    .map(({ from, to }) => ({ from, target: relative(root, resolve(root, dirname(from), to)) }))
    .filter(({ target }) => ENTRY_POINTS.includes(target))
  expect(entered).toEqual([])
})

test('an import that breaks the table is found, in every form', () => {
  const text = [
    "import { connectSql } from '../platform/sql.ts'",
    "import type { Sql } from 'postgres'",
    "export { reserve } from '../ledger/reserve.ts'",
    "const late = await import('../providers/gemini.ts')",
    "import '../worker.ts'",
  ].join('\n')
  expect(violations(importsOf('src/domain/planted.ts', text))).toEqual([
    'src/domain/planted.ts imports src/platform/sql.ts',
    'src/domain/planted.ts uses the package postgres',
    'src/domain/planted.ts imports src/ledger/reserve.ts',
    'src/domain/planted.ts imports src/providers/gemini.ts',
    'src/domain/planted.ts imports src/worker.ts',
  ])
  const value = "import { createModelActivities } from '../activities/model.ts'"
  expect(violations(importsOf('src/workflows/planted.ts', value))).toHaveLength(1)
  expect(violations(importsOf('src/workflows/planted.ts', value.replace('import {', 'import type {')))).toEqual([])
  expect(violations(importsOf('src/wherever/planted.ts', value))).toEqual([
    'src/wherever/planted.ts: there is no room "wherever" in the table',
  ])
})

test('no folder has a name that says nothing', () => {
  const folders = new Set(sources.flatMap((file) => dirname(file).split('/')))
  expect(FORBIDDEN_NAMES.filter((name) => folders.has(name))).toEqual([])
})

test('the table in ARCHITECTURE.md is the one that is enforced', () => {
  const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
  const rows = Object.fromEntries(
    [...page.matchAll(/^\| `([a-z.-]+)\/?` +\| [^|]* \| ([^|]*) \|$/gm)].map(([, room = '', list = '']) => [
      room,
      [...list.matchAll(/`([a-z.-]+)\/?`( \(types\))?/g)].map(([, name = '', types]) => `${name}${types ?? ''}`),
    ]),
  )
  expect(rows).toEqual(MAY_IMPORT)
})

test('the entry points in ARCHITECTURE.md are those that may import anything', () => {
  const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
  const [, listed = ''] = /so may import anything: ([\s\S]*?)\.\n\n/.exec(page) ?? []
  expect([...listed.matchAll(/`([^`]+)`/g)].map(([, file]) => file)).toEqual(ENTRY_POINTS)
})
