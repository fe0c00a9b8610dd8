import { hash } from 'node:crypto'
import { messagesOf, type ModelRequest, type Words } from '../domain/model-request.ts'

/** Says in which respect requests are the same; undefined: only where their words are. */
export type SemanticKey = (request: ModelRequest) => string | undefined

export interface KeyTerms {
  /** Whose answers may be heard. Undefined: those of all who share. */
  readonly account: string | undefined
  readonly semanticKey?: SemanticKey | undefined
}

/** Raised when what is in a key, or what is kept under it, changes: then nothing older is found. */
const SCHEMA_VERSION = 1

/**
 * SHA-256, in hex, over everything that an answer depends on: model, words and parameters, and for whom. JSON keeps the parts apart: joined text would make two keys
 * one. A request has no tools, and a new part of it fails to compile here until it is in the key.
 */
export function cacheKey(request: ModelRequest, { account, semanticKey }: KeyTerms): string {
  const { provider, model, endpoint, tier, prompt, messages, output, maxOutputTokens, ...rest } = request
  void [prompt, messages]
  void (rest satisfies Record<string, never>)
  const meaning = semanticKey?.(request)
  const said = meaning === undefined ? exactly(request) : ['semantic', meaning]
  const asked = output.kind === 'image' ? ['image', output.aspectRatio] : ['text']
  const whose = account === undefined ? ['shared'] : ['account', account]
  return hash('sha256', JSON.stringify([SCHEMA_VERSION, whose, provider, model, endpoint, tier, maxOutputTokens, asked, said]), 'hex')
}

/** A prompt, and a single message of the user, are the same question. */
function exactly(words: Words): readonly unknown[] {
  const messages = messagesOf(words)
  const [first] = messages
  if (messages.length === 1 && first?.role === 'user') return ['exact', normalised(first.text)]
  return ['messages', messages.map(({ role, text }) => [role, normalised(text)])]
}

/**
 * Without what makes no other question: how lines end and white space there, more than one empty line, those around it all, and how a letter with an accent is
 * written (Unicode's form NFC). Indents stay, also of the first line.
 */
export const normalised = (prompt: string): string =>
  prompt
    .normalize('NFC')
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[ \t]+\n/g, '\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .replace(/^\n+/, '')
    .trimEnd()
