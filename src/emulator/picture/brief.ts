import { colourOfHex, type Colour } from './colour.ts'

/** What a prompt says about the banner. Everything may be missing. */
export interface Brief {
  readonly name: string
  readonly headline: string
  readonly company: string
  readonly colours: readonly Colour[]
  readonly moodWords: readonly string[]
}

const labels = {
  name: ['name', 'person', 'full name'],
  headline: ['headline', 'subtitle', 'tagline', 'title', 'role'],
  company: ['company', 'organisation', 'organization', 'employer', 'brand'],
  colours: ['colours', 'colors', 'colour', 'color', 'palette'],
  mood: ['mood', 'style', 'feeling', 'tone'],
} as const

const colourWords: Readonly<Record<string, string>> = {
  navy: '#0b1b3a',
  midnight: '#101432',
  blue: '#2457d6',
  azure: '#2f8df0',
  sky: '#7cc4f5',
  cyan: '#22b8cf',
  turquoise: '#2cc5b4',
  teal: '#0f766e',
  petrol: '#0b4f5c',
  green: '#2f9e5b',
  emerald: '#10936a',
  forest: '#14532d',
  olive: '#6b7a2c',
  sage: '#a9bfa0',
  mint: '#a5e3c9',
  lime: '#a3d93a',
  yellow: '#f7cf46',
  gold: '#d4a437',
  mustard: '#d19c1d',
  amber: '#f5a524',
  orange: '#f2792b',
  apricot: '#f8b98a',
  peach: '#fbc4a4',
  coral: '#ff7a59',
  salmon: '#f79483',
  terracotta: '#c0603f',
  rust: '#a8471f',
  brown: '#6f4a32',
  red: '#d93a3a',
  crimson: '#b3122f',
  burgundy: '#6d1230',
  pink: '#f178a8',
  rose: '#e8819b',
  magenta: '#c8288f',
  plum: '#6b2d5c',
  purple: '#6d3bd1',
  violet: '#7450e0',
  lavender: '#b9a8ee',
  indigo: '#3c32a8',
  black: '#101114',
  charcoal: '#22262d',
  slate: '#445266',
  grey: '#8a919c',
  gray: '#8a919c',
  silver: '#c4cad3',
  white: '#fdfdfb',
  ivory: '#fbf6ea',
  cream: '#f8f0dc',
  beige: '#eadfc8',
  sand: '#e5d3b3',
}

const charactersMax = 160

/** One line of clean text: no control or format characters, no quotes or asterisks around it, no more than fits a banner. */
function clean(value: string): string {
  const plain = value.normalize('NFC').replace(/[\p{C}\s]+/gu, ' ')
  const bare = plain.replace(/^[\s"'“”„‘’«»*_`]+|[\s"'“”„‘’«»*_`]+$/gu, '')
  return Array.from(bare).slice(0, charactersMax).join('').trim()
}

/** The first labelled line that says something, whatever stands around the label: bullets, asterisks, capitals. */
function labelled(lines: readonly string[], names: readonly string[]): string {
  const pattern = new RegExp(`^[\\s\\-*•>#\\d.)]*(?:${names.join('|')})[\\s*_]*[:=](.*)$`, 'iu')
  for (const line of lines) {
    const value = clean(pattern.exec(line)?.[1] ?? '')
    if (value !== '') return value
  }
  return ''
}

/** Hex colours and colour words, in the order in which they stand. */
function coloursIn(text: string): readonly Colour[] {
  const found = text.toLowerCase().match(/#(?:[0-9a-f]{6}|[0-9a-f]{3})(?![0-9a-f])|[a-z]+/g) ?? []
  const hexes = found.flatMap((word) => (word.startsWith('#') ? [word] : (colourWords[word] ?? [])))
  return hexes.map(colourOfHex)
}

const firstWords = (prompt: string): string => clean(prompt).split(' ').slice(0, 6).join(' ')

/** Reads a prompt leniently: labelled lines among other prose. Without a name, the headline or the first words make the title. */
export function parseBrief(prompt: string): Brief {
  const lines = prompt.split(/\r?\n/)
  const headline = labelled(lines, labels.headline)
  const name = labelled(lines, labels.name)
  const mood = labelled(lines, labels.mood)
  const colours = coloursIn(labelled(lines, labels.colours))
  return {
    name: name || headline || firstWords(prompt),
    headline: name === '' ? '' : headline,
    company: labelled(lines, labels.company),
    // Without a line of colours, hex colours anywhere in the prompt are meant.
    colours: colours.length > 0 ? colours : coloursIn((prompt.match(/#[0-9a-f]{3,6}\b/gi) ?? []).join(' ')),
    moodWords: mood.toLowerCase().match(/\p{L}+/gu) ?? [],
  }
}
