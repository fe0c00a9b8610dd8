/** `npm run docs:openapi`: writes openapi.json, what the API says of itself, and src/api-types.ts, the same as types. A test compares them. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { API_VERSION } from '../src/http/app.ts'
import { ENDPOINTS } from '../src/http/endpoints.ts'
import { openApiDocument } from '../src/http/openapi.ts'
import { apiTypes } from './api-types.ts'

const text = `${JSON.stringify(openApiDocument(ENDPOINTS, API_VERSION), undefined, 2)}\n`
write('openapi.json', text)
write('src/api-types.ts', await apiTypes(JSON.parse(text) as object))

function write(name: string, content: string): void {
  const path = fileURLToPath(new URL(`../${name}`, import.meta.url))
  writeFileSync(path, content)
  console.log(`wrote ${path}`)
}
