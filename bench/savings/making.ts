/** Parts of made-up calls: what is filled in, how people paste, who calls. */
import type { Chance } from '../../src/domain/chance.ts'
import { arabic } from './phrases/ar.ts'
import { german } from './phrases/de.ts'
import { english } from './phrases/en.ts'
import { spanish } from './phrases/es.ts'
import { french } from './phrases/fr.ts'
import { hindi } from './phrases/hi.ts'
import { japanese } from './phrases/ja.ts'
import type { Phrases } from './phrases/phrases.ts'
import { chinese } from './phrases/zh.ts'
import type { Language } from './workload.ts'

export const PHRASES: Readonly<Record<Language, Phrases>> = {
  en: english,
  de: german,
  fr: french,
  es: spanish,
  ja: japanese,
  zh: chinese,
  ar: arabic,
  hi: hindi,
}

export const wholeIn = (chance: Chance, low: number, high: number): number => low + Math.floor(chance() * (high - low + 1))

export function oneOf<T>(chance: Chance, from: readonly T[]): T {
  const found = from[Math.floor(chance() * from.length)]
  if (found === undefined) throw new RangeError('nothing to choose from')
  return found
}

/** One of them, as often as its weight says. */
export function weighted<T extends string>(chance: Chance, weights: Readonly<Record<T, number>>): T {
  const all = Object.entries(weights) as [T, number][]
  let left = chance() * all.reduce((sum, [, weight]) => sum + weight, 0)
  const found = all.find(([, weight]) => (left -= weight) < 0) ?? all[0]
  if (found === undefined) throw new RangeError('nothing to choose from')
  return found[0]
}

const PRODUCTS = [
  'Aero 2 backpack',
  'Lumo lamp',
  'Nord jacket',
  'Tidal speaker',
  'Kite 14 laptop',
  'Fjord kettle',
  'Atlas bike light',
  'Mira headphones',
]
const CITIES = ['Berlin', 'Lyon', 'Sevilla', 'Osaka', 'Graz', 'Leeds', 'Porto', 'Utrecht', 'Tampere', 'Cork']
const NAMES = ['Ada', 'Jonas', 'Priya', 'Chloé', 'Mateo', 'Yuki', 'Wei', 'Salma', 'Ravi', 'Emma', 'Olu', 'Nina']

const digits = (chance: Chance, count: number): string => Array.from({ length: count }, () => wholeIn(chance, 0, 9)).join('')

/** Fills in `{order}`, `{product}` and the like; within one text the same word is the same thing. */
export function filled(chance: Chance, text: string): string {
  const values = new Map<string, string>()
  const valueOf: Readonly<Record<string, () => string>> = {
    order: () => `A-${digits(chance, 5)}`,
    product: () => oneOf(chance, PRODUCTS),
    amount: () => `${wholeIn(chance, 9, 480)}.${digits(chance, 2)} EUR`,
    date: () => `2026-${String(wholeIn(chance, 1, 12)).padStart(2, '0')}-${String(wholeIn(chance, 1, 28)).padStart(2, '0')}`,
    city: () => oneOf(chance, CITIES),
    name: () => oneOf(chance, NAMES),
    n: () => String(wholeIn(chance, 3, 48)),
  }
  return text.replace(/\{(order|product|amount|date|city|name|n)\}/g, (slot, name: string) => {
    const value = values.get(name) ?? valueOf[name]?.() ?? slot
    values.set(name, value)
    return value
  })
}

/** As text arrives from a clipboard: mostly clean, else with space at line ends and empty lines, with the line ends of Windows, or broken and spaced as a PDF is. */
export function pasted(chance: Chance, text: string): string {
  const way = weighted(chance, { clean: 55, web: 20, windows: 10, pdf: 15 })
  if (way === 'clean') return text
  if (way === 'windows') return text.replaceAll('\n', '\r\n')
  if (way === 'web')
    return (
      text
        .replace(/\n\n/g, () => oneOf(chance, ['\n\n\n', '\n \n\n', '\n\n\n\n']))
        .replace(/(?<=[.:])(?=\n)/g, () => oneOf(chance, ['', ' ', '   '])) + oneOf(chance, ['', '\n', '\n\n\n'])
    )
  return text.replace(/(.{60,75}) /g, '$1\n').replace(/ /g, () => (chance() < 0.06 ? '  ' : ' '))
}

/** Several paragraphs of one language, filled in, each once. */
export function documentOf(chance: Chance, language: Language, count: number): string {
  const { paragraphs } = PHRASES[language]
  const from = Math.floor(chance() * paragraphs.length)
  return Array.from({ length: Math.min(count, paragraphs.length) }, (_, n) =>
    filled(chance, paragraphs[(from + n) % paragraphs.length] ?? ''),
  ).join('\n\n')
}

/** A question as a person types it. */
export function politely(chance: Chance, language: Language, question: string): string {
  const { openings, closings } = PHRASES[language]
  return filled(chance, `${oneOf(chance, openings)}${question}${oneOf(chance, closings)}`)
}
