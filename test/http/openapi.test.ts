import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { expect, test } from 'vitest'
import { apiTypes } from '../../scripts/api-types.ts'
import { API_VERSION } from '../../src/http/app.ts'
import { docsPage } from '../../src/http/docs-page.ts'
import { ENDPOINTS } from '../../src/http/endpoints.ts'
import { openApiDocument } from '../../src/http/openapi.ts'
import { PROBLEMS } from '../../src/http/problem.ts'

interface Operation {
  readonly operationId: string
  readonly security: unknown
  readonly parameters?: readonly { readonly name: string; readonly required?: boolean }[]
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, unknown>> }>>
}
const made = JSON.parse(JSON.stringify(openApiDocument(ENDPOINTS, API_VERSION))) as {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}
const operations = Object.entries(made.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

const committed = (file: string): string => readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8')

test('openapi.json at the root is what the API says of itself, and src/api-types.ts are its types: `npm run docs:openapi` writes both', async () => {
  expect(committed('openapi.json')).toBe(`${JSON.stringify(made, undefined, 2)}\n`)
  expect(committed('src/api-types.ts')).toBe(await apiTypes(made))
})

test('what may be null is said so that null is valid', () => {
  const ajv = new Ajv2020({ strict: false })
  formats.default(ajv)
  ajv.addSchema(made, 'openapi')
  const isCost = ajv.compile({ $ref: 'openapi#/components/schemas/Reservation/properties/cost' })
  expect([null, { amount: '0.100000000', currency: 'EUR' }, { amount: 0.1 }, {}].map((cost) => isCost(cost))).toEqual([
    true,
    true,
    false,
    false,
  ])
})

test('it does not matter what was loaded before the API: a schema that was made earlier is described by a copy', () => {
  const folder = new URL('../../src/', import.meta.url)
  const files = readdirSync(new URL('schema', folder), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const program = `for (const file of ${JSON.stringify(files)}) await import('${folder.href}schema/' + file)
    console.log((await import('${folder.href}http/endpoints.ts')).ENDPOINTS.length)`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    timeout: 50_000,
  })
  expect({ status, stdout, stderr }).toMatchObject({ status: 0, stdout: `${ENDPOINTS.length}\n` })
})

const typeOf = (path: unknown): string => (String(path).startsWith('/v1/exports/') ? 'text/csv' : 'application/json')

test('every endpoint is described, once, with a key, its problems, and an Idempotency-Key on whatever is no GET', () => {
  expect(operations).toHaveLength(ENDPOINTS.length)
  expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(ENDPOINTS.length)
  const types = operations.flatMap(({ path, operation }) =>
    Object.entries(operation.responses).map(([status, { content }]) => [path, Number(status) < 400, ...Object.keys(content)]),
  )
  expect(types.filter(([path, isDone, type]) => type !== (isDone === true ? typeOf(path) : 'application/problem+json'))).toEqual([])
  const open = operations.filter(({ operation }) => JSON.stringify(operation.security) !== '[{"key":[]}]')
  expect(open).toEqual([])
  const keyed = operations.filter(({ operation }) =>
    operation.parameters?.some(({ name, required }) => name === 'Idempotency-Key' && required),
  )
  const writes = operations.filter(({ path, method }) => method !== 'get' && path.startsWith('/v1/'))
  expect(keyed).toEqual(writes)
})

test('its schemas are JSON Schema of 2020-12, as OpenAPI 3.1 has it', () => {
  expect(made.openapi).toBe('3.1.0')
  const ajv = new Ajv2020({ strict: false })
  formats.default(ajv)
  ajv.addSchema(made, 'openapi')
  for (const name of Object.keys(made.components.schemas))
    expect(ajv.compile({ $ref: `openapi#/components/schemas/${name}` })).toBeTypeOf('function')
})

test('the page for people names every operation and every problem, runs no script and fetches nothing', () => {
  const { html } = docsPage(made as never)
  for (const { operation } of operations) expect(html).toContain(`id="${operation.operationId}"`)
  for (const code of Object.keys(PROBLEMS)) expect(html).toContain(`id="${code}"`)
  expect(html).not.toMatch(/<script|<link|<img|https?:/)
})
