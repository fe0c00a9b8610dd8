/** `node bench/savings/record-workload.ts` writes workload.jsonl.gz again: the same calls on every machine. */
import { writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { chanceOf, type Chance } from '../../src/domain/chance.ts'
import type { SentMessage } from '../../src/domain/message.ts'
import { ask, type App } from './features.ts'
import { oneOf, weighted, wholeIn } from './making.ts'
import { keyOf, RECORDED_FILE, type Difference, type Feature, type Language, type RecordedCall } from './workload.ts'

const CALLS = 4_000
const ACCOUNTS = 40
const DAY_S = 86_400
/** Of all calls; some more are the same by chance, as short questions are. */
const REPEATED = 0.08
const NEAR = 0.06

const FEATURE_SHARES: Readonly<Record<Feature, number>> = {
  support: 30,
  classify: 18,
  extract: 13,
  summarise: 13,
  translate: 10,
  code: 8,
  marketing: 5,
  banner: 3,
}
const LANGUAGE_SHARES: Readonly<Record<Language, number>> = { en: 52, de: 13, fr: 8, es: 8, ja: 7, zh: 5, ar: 4, hi: 3 }
const COMPANIES = ['Nordlicht', 'Brightwater', 'Casa Verde', 'Kumo', 'Fable & Sons', 'Rivage', 'Tallinn Tools', 'Oasis Home']

/** What is decided before the labels of sameness. */
type Draft = Omit<RecordedCall, 'id' | 'sameInAccount' | 'sameAnywhere' | 'isSameBytes' | 'nearTo'> & { readonly nearTo: Draft | null }

/** The whole workload, in the order of arrival. */
export function recordWorkload(): RecordedCall[] {
  const chance = chanceOf('savings workload 1')
  const drafts: Draft[] = []
  while (drafts.length < CALLS) drafts.push(draftOf(chance, drafts))
  return labelled(drafts.toSorted((a, b) => a.atS - b.atS))
}

function draftOf(chance: Chance, before: readonly Draft[]): Draft {
  const pick = chance()
  if (before.length > 100 && pick < REPEATED + NEAR) {
    const earlier = oneOf(chance, before)
    if (earlier.nearTo === null && earlier.atS < DAY_S * 0.9) return pick < REPEATED ? repeated(chance, earlier) : near(chance, earlier)
  }
  const account = Math.floor(ACCOUNTS * chance() ** 2)
  const feature = weighted(chance, FEATURE_SHARES)
  const asked = ask(chance, feature, weighted(chance, LANGUAGE_SHARES), appOf(account))
  return { ...whoAndWhen(chance, account), feature, ...asked, mayWait: asked.latency === 'whenever', nearTo: null, nearBy: null }
}

const appOf = (account: number): App => ({ company: COMPANIES[account % COMPANIES.length] ?? '', sendsContextAgain: account % 3 === 0 })

/** Most calls come by day. */
function whoAndWhen(chance: Chance, account: number) {
  const hour = chance() < 0.8 ? 7 + 12 * chance() : 24 * chance()
  return { atS: Math.floor(hour * 3_600), account: `acc-${account}`, user: `user-${account}-${wholeIn(chance, 1, 12)}` }
}

/** The same again, a while later: by somebody of the same account, mostly; now and then with other white space, or another Unicode form. */
function repeated(chance: Chance, earlier: Draft): Draft {
  const own = chance() < 0.85
  const who = own
    ? { account: earlier.account, user: `${earlier.account.replace('acc', 'user')}-${wholeIn(chance, 1, 12)}` }
    : whoAndWhen(chance, wholeIn(chance, 0, ACCOUNTS - 1))
  return {
    ...earlier,
    ...who,
    atS: later(chance, earlier),
    messages: chance() < 0.3 ? earlier.messages.map((message) => retyped(chance, message)) : earlier.messages,
  }
}

const later = (chance: Chance, { atS }: Draft): number => Math.min(DAY_S - 1, atS + Math.ceil(30 * 600 ** chance()))

const retyped = (chance: Chance, { role, text }: SentMessage): SentMessage => {
  const way = weighted(chance, { end: 2, lines: 1, form: 1 })
  return {
    role,
    text:
      way === 'end'
        ? `${text}${oneOf(chance, [' ', '\n', '  \n'])}`
        : way === 'lines'
          ? text.replaceAll(/\r?\n/g, '\r\n')
          : text.normalize('NFD'),
  }
}

/** Resembles an earlier call, and asks something else. */
function near(chance: Chance, earlier: Draft): Draft {
  const by = weighted<Difference>(chance, { number: 35, word: 25, case: 10, question: 10, limit: 12, temperature: 8 })
  const who = { atS: later(chance, earlier), nearTo: earlier }
  if (by === 'limit') return { ...earlier, ...who, nearBy: by, maxOutputTokens: earlier.maxOutputTokens * 2 }
  if (by === 'temperature') return { ...earlier, ...who, nearBy: by, temperature: earlier.temperature === 0 ? 0.7 : 0 }
  const last = earlier.messages.at(-1)?.text ?? ''
  const other = changed(chance, last, by)
  const [text, nearBy] = other === last ? [changed(chance, last, 'word'), 'word' as const] : [other, by]
  return { ...earlier, ...who, nearBy, messages: [...earlier.messages.slice(0, -1), { role: 'user', text }] }
}

/** Another last number, a word more, small letters, another question behind it. */
function changed(chance: Chance, text: string, by: 'number' | 'word' | 'case' | 'question'): string {
  if (by === 'number') return text.replace(/\d(?=\D*$)/, (digit) => String((Number(digit) + wholeIn(chance, 1, 8)) % 10))
  if (by === 'case') return text.toLowerCase()
  if (by === 'word') return `${text}\n\n(${oneOf(chance, ['2nd request', 'urgent', 'for the app', 'for the shop'])})`
  return `${text}\n\n${oneOf(chance, ['And why?', 'In one word.', 'As a table.', 'In English, please.'])}`
}

const bytesOf = (call: Draft): string => JSON.stringify(call.messages)

/** Who is the same as whom is found by the words, so what came about by chance is labelled, too. */
function labelled(drafts: readonly Draft[]): RecordedCall[] {
  const ids = new Map(drafts.map((draft, n) => [draft, `c${String(n).padStart(4, '0')}`]))
  const [inAccount, anywhere] = [new Map<string, Draft>(), new Map<string, Draft>()]
  return drafts.map((draft) => {
    const [key, own] = [keyOf(draft), `${draft.account} ${keyOf(draft)}`]
    const [same, sameOwn] = [anywhere.get(key), inAccount.get(own)]
    if (same === undefined) anywhere.set(key, draft)
    if (sameOwn === undefined) inAccount.set(own, draft)
    const like = sameOwn ?? same
    return {
      id: ids.get(draft) ?? '',
      ...draft,
      sameInAccount: sameOwn === undefined ? null : (ids.get(sameOwn) ?? null),
      sameAnywhere: same === undefined ? null : (ids.get(same) ?? null),
      isSameBytes: like !== undefined && bytesOf(like) === bytesOf(draft),
      nearTo: draft.nearTo === null ? null : (ids.get(draft.nearTo) ?? null),
    }
  })
}

if (import.meta.main) {
  const lines = recordWorkload().map((call) => `${JSON.stringify(call)}\n`)
  writeFileSync(RECORDED_FILE, gzipSync(lines.join(''), { level: 9 }))
}
