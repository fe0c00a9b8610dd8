/** The recorded workload: calls as apps make them, with what is known about each. Made by record-workload.ts, read by benches and tests. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { Ability } from '../../src/domain/ability.ts'
import type { Complexity } from '../../src/domain/complexity.ts'
import type { SentMessage } from '../../src/domain/message.ts'

export const FEATURES = ['support', 'classify', 'extract', 'summarise', 'translate', 'code', 'marketing', 'banner'] as const
export type Feature = (typeof FEATURES)[number]
export const LANGUAGES = ['en', 'de', 'fr', 'es', 'ja', 'zh', 'ar', 'hi'] as const
export type Language = (typeof LANGUAGES)[number]

/** One call. README.md beside this file says what each field means. */
export interface RecordedCall {
  readonly id: string
  readonly atS: number
  readonly account: string
  readonly user: string
  readonly feature: Feature
  readonly language: Language
  readonly complexity: Complexity
  readonly messages: readonly SentMessage[]
  readonly output: 'text' | 'image'
  readonly needs: readonly Ability[]
  readonly images: number
  readonly temperature: number
  readonly maxOutputTokens: number
  readonly outputTokens: number
  readonly latency: 'interactive' | 'soon' | 'whenever'
  readonly mayWait: boolean
  /** The earliest call with the same words and terms, in the same account and in any; with the same bytes, or only after `normalised`. */
  readonly sameInAccount: string | null
  readonly sameAnywhere: string | null
  readonly isSameBytes: boolean
  /** A call that it resembles and whose answer it must not get, and what makes the difference. */
  readonly nearTo: string | null
  readonly nearBy: Difference | null
}

export type Difference = 'number' | 'word' | 'case' | 'question' | 'limit' | 'temperature'

export const RECORDED_FILE = new URL('workload.jsonl.gz', import.meta.url)

/** All calls in the order of their arrival. */
export const readWorkload = (): RecordedCall[] =>
  gunzipSync(readFileSync(RECORDED_FILE))
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RecordedCall)

/** What two calls that are labelled the same have in common: Unicode form NFC, line ends, space at them, more than one empty line, space around it all. */
const normalised = (text: string): string =>
  text
    .normalize('NFC')
    .replaceAll('\r\n', '\n')
    .replace(/[ \t]+(?=\n|$)/g, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim()

type Terms = Pick<RecordedCall, 'feature' | 'messages' | 'output' | 'needs' | 'images' | 'temperature' | 'maxOutputTokens'>

/** Equal for calls whose answers may stand for each other. */
export const keyOf = ({ feature, messages, output, needs, images, temperature, maxOutputTokens }: Terms): string =>
  JSON.stringify([feature, output, needs, images, temperature, maxOutputTokens, messages.map(({ role, text }) => [role, normalised(text)])])
