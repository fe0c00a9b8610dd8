/** `npm run docs:openapi`: writes openapi.json, what the API says of itself. A test compares the two. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { API_VERSION } from '../src/http/app.ts'
import { ENDPOINTS } from '../src/http/endpoints.ts'
import { openApiDocument } from '../src/http/openapi.ts'

const path = fileURLToPath(new URL('../openapi.json', import.meta.url))
writeFileSync(path, `${JSON.stringify(openApiDocument(ENDPOINTS, API_VERSION), undefined, 2)}\n`)
console.log(`wrote ${path}`)
