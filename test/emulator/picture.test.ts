import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { parseBrief } from '../../src/emulator/picture/brief.ts'
import { contrast, hexOf, rgbOf, type Rgb } from '../../src/emulator/picture/colour.ts'
import { design, draw } from '../../src/emulator/picture/draw.ts'
import { drawable } from '../../src/emulator/picture/typeface.ts'
import { readFaces, type Box } from '../../src/emulator/picture/typeset.ts'
import type { Size } from '../../src/emulator/models.ts'

const faces = await readFaces()
const banner: Size = { widthPx: 1536, heightPx: 672 }
const sizes: readonly Size[] = [
  banner,
  { widthPx: 2048, heightPx: 512 },
  { widthPx: 1024, heightPx: 1024 },
  { widthPx: 768, heightPx: 1344 },
]

interface WrittenBrief {
  readonly name: string
  readonly headline: string
  readonly company: string
  readonly colours: readonly string[]
  readonly mood: string
}

const promptOf = (brief: WrittenBrief): string =>
  `Draw a banner.\nName: ${brief.name}\nHeadline: ${brief.headline}\nCompany: ${brief.company}\nColours: ${brief.colours.join(', ')}\nMood: ${brief.mood}`

const examples: readonly WrittenBrief[] = await Promise.all(
  ['optics-founder', 'landscape-architect', 'logistics-director'].map(async (name) =>
    JSON.parse(await readFile(new URL(`../../examples/briefs/${name}.json`, import.meta.url), 'utf8')),
  ),
)

const long: WrittenBrief = {
  name: 'Maximiliane-Theodora Freifrau von und zu Hohenlohe-Langenburg-Schillingsfürst',
  headline:
    'Helping very large organisations decide, and then helping them to decide again when the first decision turns out to be another one entirely',
  company: 'The Extremely Long Company Name of Southern Lower Saxony and Neighbours GmbH & Co. KGaA',
  colours: ['#ffffff', '#fffbe6', '#fdfdfd'],
  mood: 'bold',
}
const oneWord: WrittenBrief = { ...long, name: 'W'.repeat(150), headline: 'm'.repeat(150), company: 'W'.repeat(150), colours: ['#808080'] }

const safe = ({ widthPx, heightPx }: Size): Box => ({
  left: widthPx * 0.4,
  right: widthPx * 0.95,
  top: heightPx * 0.25,
  bottom: heightPx * 0.75,
})

test.for(sizes)('text boxes stay inside the safe area of $widthPx × $heightPx, however long the text', (size) => {
  const area = safe(size)
  for (const brief of [...examples, long, oneWord]) {
    for (let variant = 0; variant < 3; variant += 1) {
      const { text } = design(promptOf(brief), size, faces, variant)
      expect(text.some((piece) => piece.role === 'name')).toBe(true)
      for (const { box } of text) {
        expect(box.left).toBeGreaterThanOrEqual(area.left)
        expect(box.right).toBeLessThanOrEqual(area.right)
        expect(box.top).toBeGreaterThanOrEqual(area.top)
        expect(box.bottom).toBeLessThanOrEqual(area.bottom)
      }
    }
  }
})

const pixelsOf = async (png: Buffer): Promise<Buffer> => await sharp(png).removeAlpha().raw().toBuffer()

/** The smallest box that holds every pixel that differs. */
function differing(one: Buffer, two: Buffer, { widthPx }: Size): Box {
  const box = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity }
  for (let index = 0; index < one.length; index += 1) {
    if (one[index] === two[index]) continue
    const pixel = Math.floor(index / 3)
    const [x, y] = [pixel % widthPx, Math.floor(pixel / widthPx)]
    box.left = Math.min(box.left, x)
    box.right = Math.max(box.right, x + 1)
    box.top = Math.min(box.top, y)
    box.bottom = Math.max(box.bottom, y + 1)
  }
  return box
}

test.for([...examples, long, oneWord])('every pixel of the text of $name lies inside the safe area, in less than 1.5 MB', async (brief) => {
  const [drawn, bare] = await Promise.all([draw(promptOf(brief), banner, faces), draw(promptOf(brief), banner, faces, { withText: false })])
  const box = differing(await pixelsOf(drawn), await pixelsOf(bare), banner)
  expect(drawn.length).toBeLessThan(1_500_000)
  const area = safe(banner)
  expect(box.left).toBeGreaterThanOrEqual(area.left)
  expect(box.right).toBeLessThanOrEqual(area.right)
  expect(box.top).toBeGreaterThanOrEqual(area.top)
  expect(box.bottom).toBeLessThanOrEqual(area.bottom)
})

/** The worst contrast between a colour and any pixel of a box. */
function worstContrast(pixels: Buffer, { widthPx }: Size, box: Box, colour: Rgb): number {
  let worst = 21
  for (let y = Math.floor(box.top); y < box.bottom; y += 2) {
    for (let x = Math.floor(box.left); x < box.right; x += 2) {
      const [red = 0, green = 0, blue = 0] = pixels.subarray((y * widthPx + x) * 3)
      worst = Math.min(worst, contrast(colour, [red, green, blue]))
    }
  }
  return worst
}

test.for([
  ...examples.map((brief) => brief.colours.join(', ')),
  'white, white, white',
  'black, black, black',
  '#808080, #7f7f7f, #818181',
  '#ff0000, #00ff00, #0000ff',
  'yellow, white',
  'coral, teal',
  'lime',
  '',
])('the text can be read on the colours "%s"', async (colours) => {
  for (const mood of ['bold', 'natural']) {
    const prompt = `Name: Ada Lovelace\nHeadline: Machines that think\nCompany: Engines\nColours: ${colours}\nMood: ${mood}`
    const { text, palette } = design(prompt, banner, faces)
    const pixels = await pixelsOf(await draw(prompt, banner, faces, { withText: false }))
    const inks = { name: palette.ink, headline: palette.softInk, company: palette.accentInk }
    const worst = text.flatMap(({ role, box }) => (role === 'mark' ? [] : [worstContrast(pixels, banner, box, rgbOf(inks[role]))]))
    expect(worst).toHaveLength(3)
    expect(Math.min(...worst)).toBeGreaterThan(4)
  }
})

test('the same prompt gives the same bytes, and one letter more another picture', async () => {
  const prompt = promptOf({ ...long, name: 'Ada' })
  const [one, again, other, variant] = await Promise.all([
    draw(prompt, banner, faces),
    draw(prompt, banner, faces),
    draw(`${prompt}.`, banner, faces, { withText: false }),
    draw(prompt, banner, faces, { variant: 1 }),
  ])
  expect(one.equals(again)).toBe(true)
  expect(one.equals(other)).toBe(false)
  expect(one.equals(variant)).toBe(false)
})

test('accents of many alphabets are drawn; emoji and unknown scripts are left out', () => {
  const { name } = faces
  expect(drawable(name, 'Łucja Żółć')).toBe('Łucja Żółć')
  expect(drawable(name, 'İbrahim Çağrı')).toBe('İbrahim Çağrı')
  expect(drawable(name, 'Zu\u0308rich')).toBe('Zürich')
  expect(drawable(name, 'Григорий Αθήνα Nguyễn')).toBe('Григорий Αθήνα Nguyễn')
  expect(drawable(name, '🎉 Eva 👩‍🚀 Novák 漢字')).toBe('Eva Novák')
})

test('nothing of the prompt reaches the SVG but numbers and colours', () => {
  const evil = '"/><image href="file:///etc/passwd"/><script>&amp;'
  const { text } = design(promptOf({ name: evil, headline: evil, company: evil, colours: [evil, '#12345g'], mood: evil }), banner, faces)
  const attribute = String.raw`[a-z-]+="[-#a-zA-Z0-9.() ,]*"`
  for (const { svg } of text) expect(svg).toMatch(new RegExp(`^<(path|rect)( ${attribute})+/>$`))
})

test.for([
  [
    'labels among prose',
    'Please draw.\n- **Name:** "Ada Lovelace"\n2) headline = Machines\nThanks',
    { name: 'Ada Lovelace', headline: 'Machines' },
  ],
  ['no label at all', 'A banner for a small bakery in Porto, please, with bread', { name: 'A banner for a small bakery', headline: '' }],
  ['a headline without a name', 'Headline: Bread first', { name: 'Bread first', headline: '' }],
  ['control characters', 'Name: Ada\u0000\u202e Lovelace\t', { name: 'Ada Lovelace' }],
  ['an empty label', 'Name:\nCompany: Engines\nHeadline: On time', { name: 'On time', company: 'Engines' }],
] as const)('a brief is read leniently: %s', ([, prompt, brief]) => {
  expect(parseBrief(prompt)).toMatchObject(brief)
})

test.for([
  ['Colours: #0b1b3a, #FFF', ['#0b1b3a', '#ffffff']],
  ['Colors: deep teal and a warm coral', ['#0f766e', '#ff7a59']],
  ['make it #112233 all over', ['#112233']],
  ['Colours: none that I know', []],
] as const)('colours are found in "%s"', ([prompt, hexes]) => {
  expect(parseBrief(prompt).colours.map(hexOf)).toEqual(hexes)
})
