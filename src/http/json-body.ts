import { createHash } from 'node:crypto'
import { Problem } from './problem.ts'

/** Far deeper than any of our bodies. */
const DEPTH_MAX = 32

/** A body that was read: undefined when there is none. */
export type JsonBody = { readonly value: unknown } | undefined

/** Reads a JSON body. Throws Problem `body_too_large`, `unsupported_media_type`, `bad_input`. */
export async function readJson(request: Request, bytesMax: number): Promise<JsonBody> {
  const bytes = await bytesOf(request, bytesMax)
  if (bytes.length === 0) return undefined
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/(json|[\w.+-]+\+json)\s*(;|$)/i.test(type))
    throw new Problem('unsupported_media_type', `a body is JSON: send it with the header Content-Type: application/json`)
  const text = textOf(bytes)
  requireShallow(text)
  try {
    return { value: JSON.parse(text) as unknown }
  } catch (error) {
    throw new Problem('bad_input', `the body is no JSON: ${(error as Error).message}`)
  }
}

async function bytesOf(request: Request, bytesMax: number): Promise<Uint8Array> {
  const tooLarge = () => new Problem('body_too_large', `a body has at most ${bytesMax} bytes`)
  // A length that is announced need not be read to be too large; one that is not announced is counted.
  const announced = request.headers.get('content-length')
  if (Number(announced ?? 0) > bytesMax) throw tooLarge()
  // Node ends a body at its announced length; so it need not be counted, which a stream costs dearly.
  if (announced !== null) return new Uint8Array(await request.arrayBuffer())
  if (request.body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > bytesMax) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Problem('bad_input', 'the body is no UTF-8')
  }
}

/** Before it is parsed: what walks through a value afterwards calls itself for every level. */
function requireShallow(text: string): void {
  let depth = 0
  let isText = false
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]
    if (isText) {
      if (char === '\\') at += 1
      else if (char === '"') isText = false
    } else if (char === '"') isText = true
    else if (char === '{' || char === '[') {
      depth += 1
      if (depth > DEPTH_MAX) throw new Problem('bad_input', `the body is nested deeper than ${DEPTH_MAX} levels`)
    } else if (char === '}' || char === ']') depth -= 1
  }
}

/** SHA-256 of what a request asks for: the same whatever the order of names in its body. */
export const requestHash = (method: string, path: string, body: JsonBody): string =>
  createHash('sha256')
    .update(JSON.stringify([method, path, inOrder(body?.value ?? null)]))
    .digest('hex')

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  // Pairs, not an object: it would put names that are numbers first, and `__proto__` nowhere.
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => [name, inOrder(inner)])
}
