import { atLightness, hexOf, mix, type Colour } from './colour.ts'
import type { Size } from '../models.ts'
import type { Palette } from './palette.ts'
import type { Random } from './random.ts'

/** The crisp part of a picture: what is drawn over the soft ground and below the text. */
export type Ornaments = (size: Size, palette: Palette, random: Random) => string

const n = (value: number): string => value.toFixed(2)

/** A smooth curve through points, as SVG path data: each point bends the line, the middles between them lie on it. */
function curve(points: readonly (readonly [number, number])[]): string {
  const [first = [0, 0]] = points
  let d = `M${n(first[0])} ${n(first[1])}`
  points.forEach(([x, y], index) => {
    const [nextX, nextY] = points[index + 1] ?? [x, y]
    d += `Q${n(x)} ${n(y)} ${n((x + nextX) / 2)} ${n((y + nextY) / 2)}`
  })
  return d
}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index)

function sideways(id: string, stops: readonly (readonly [offset: number, colour: Colour, opacity: number])[]): string {
  const list = stops.map(
    ([offset, colour, opacity]) => `<stop offset="${offset}" stop-color="${hexOf(colour)}" stop-opacity="${n(opacity)}"/>`,
  )
  return `<linearGradient id="${id}" gradientUnits="userSpaceOnUse" x1="0" y1="0" x2="100%" y2="0">${list.join('')}</linearGradient>`
}

/** Sheets of fine lines that turn into each other like cloth in the wind. For calm and warm moods. */
export const silk: Ornaments = ({ widthPx: w, heightPx: h }, palette, random) => {
  const bright = palette.light ? mix(palette.glow, palette.ink, 0.4) : atLightness(palette.glow, 0.78)
  const edge = palette.light ? palette.accent : atLightness(palette.accent, 0.82)
  const sheets = range(2).map((sheet) => {
    const lines = 46
    const middle = h * (sheet === 0 ? random.between(0.36, 0.46) : random.between(0.56, 0.68))
    const waves = random.between(0.75, 1.2)
    const phase = random.between(0, Math.PI * 2)
    const twist = random.between(1.3, 2.1) * (sheet === 0 ? 1 : -1)
    const spread = h * random.between(0.3, 0.44)
    return range(lines).map((line) => {
      const t = line / (lines - 1)
      const points = range(61).map((step): [number, number] => {
        const u = step / 60
        const sway = Math.sin(u * Math.PI * 2 * waves + phase)
        const fold = Math.cos(u * Math.PI * twist + phase * 0.7)
        return [(u * 1.08 - 0.04) * w, middle + sway * h * 0.16 + (t - 0.5) * spread * (0.4 + 0.9 * fold) + u * h * 0.06 * (sheet - 0.5)]
      })
      const opacity = (0.1 + 0.5 * Math.sin(Math.PI * t) ** 2 * (line % 7 === 3 ? 1.5 : 0.75)) * (palette.light ? 1.1 : 1)
      return `<path d="${curve(points)}" stroke-opacity="${n(Math.min(0.9, opacity))}" stroke-width="${n(h * 0.0019)}"/>`
    })
  })
  const stroke = sideways('silk', [
    [0, bright, 0.95],
    [0.3, edge, 0.85],
    [0.6, bright, 0.5],
    [1, edge, 0.9],
  ])
  return `<defs>${stroke}</defs><g fill="none" stroke="url(#silk)">${sheets.flat().join('')}</g>`
}

/** Rings around one point, with a scale of ticks, a few bodies on their way, and a grid of dots. For precise moods. */
export const orbit: Ornaments = ({ widthPx: w, heightPx: h }, palette, random) => {
  const line = palette.light ? mix(palette.ink, palette.glow, 0.5) : atLightness(palette.glow, 0.82)
  const body = palette.light ? palette.accent : atLightness(palette.accent, 0.8)
  const unit = Math.min(h, w * 0.5)
  const [cx, cy] = [w * random.between(0.16, 0.24), h * random.between(0.4, 0.5)]
  const circle = (r: number, rest: string): string => `<circle cx="${n(cx)}" cy="${n(cy)}" r="${n(r)}" ${rest}/>`
  const radii = range(9).map((ring) => unit * 0.1 * 1.42 ** ring * random.between(0.97, 1.03))
  const rings = radii.map((r, ring) => {
    const length = 2 * Math.PI * r
    const arc = random.between(0.08, 0.3)
    const turn = random.between(0, 360)
    const thin = circle(r, `stroke-width="${n(unit * 0.0018)}" stroke-opacity="${n(0.5 - ring * 0.035)}"`)
    const bold = circle(
      r,
      `stroke="${hexOf(body)}" stroke-width="${n(unit * 0.005)}" stroke-linecap="round" stroke-opacity="0.9" stroke-dasharray="${n(length * arc)} ${n(length)}" transform="rotate(${n(turn)} ${n(cx)} ${n(cy)})"`,
    )
    return ring % 3 === 1 ? thin + bold : thin
  })
  const scale = (radii[4] ?? unit * 0.4) * 1.06
  const ticks = range(180).map((tick) => {
    const angle = (tick / 180) * Math.PI * 2
    const length = unit * (tick % 15 === 0 ? 0.034 : tick % 5 === 0 ? 0.02 : 0.011)
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
    return `M${n(cx + cos * scale)} ${n(cy + sin * scale)}L${n(cx + cos * (scale + length))} ${n(cy + sin * (scale + length))}`
  })
  const bodies = radii.slice(1).map((r, ring) => {
    const angle = random.between(0, Math.PI * 2)
    const [x, y] = [cx + r * Math.cos(angle), cy + r * Math.sin(angle)]
    const size = unit * random.between(0.006, 0.016)
    const fill = ring % 2 === 0 ? body : line
    return `<circle cx="${n(x)}" cy="${n(y)}" r="${n(size * 2.6)}" fill="${hexOf(fill)}" fill-opacity="0.16"/><circle cx="${n(x)}" cy="${n(y)}" r="${n(size)}" fill="${hexOf(fill)}"/>`
  })
  const gap = unit * 0.042
  const dots = `<pattern id="dots" width="${n(gap)}" height="${n(gap)}" patternUnits="userSpaceOnUse"><circle cx="${n(gap / 2)}" cy="${n(gap / 2)}" r="${n(unit * 0.0022)}" fill="${hexOf(line)}" fill-opacity="0.32"/></pattern>`
  const heart =
    circle(unit * 0.05, `fill="${hexOf(body)}" stroke="none"`) +
    circle(unit * 0.075, `stroke="${hexOf(body)}" stroke-opacity="0.6" stroke-width="${n(unit * 0.002)}"`)
  return `<defs>${dots}</defs><rect width="100%" height="100%" fill="url(#dots)"/><g fill="none" stroke="${hexOf(line)}">${rings.join('')}<path d="${ticks.join('')}" stroke-width="${n(unit * 0.0019)}" stroke-opacity="0.55"/>${heart}</g>${bodies.join('')}`
}

/** Slanted sheets of light with one sharp edge each. For bold moods. */
export const planes: Ornaments = ({ widthPx: w, heightPx: h }, palette, random) => {
  const slant = h * random.between(0.35, 0.75) * random.pick([1, -1])
  const starts = [-0.12, 0.0, 0.09, 0.17, 0.24, 0.33, 0.82, 0.93]
  const defs: string[] = []
  const sheets = starts.map((start, index) => {
    const colour = index % 3 === 1 ? palette.accent : palette.glow
    const shown = palette.light ? colour : atLightness(colour, Math.max(0.6, colour.l))
    const left = w * (start + random.between(-0.025, 0.025))
    const width = w * (index % 3 === 1 ? random.between(0.02, 0.05) : random.between(0.1, 0.2))
    const strength = (index % 3 === 1 ? 0.95 : random.between(0.3, 0.55)) * (palette.light ? 0.9 : 1)
    const down = index % 2 === 0
    defs.push(
      `<linearGradient id="plane${index}" x1="0" y1="${down ? 0 : 1}" x2="0.35" y2="${down ? 1 : 0}"><stop offset="0" stop-color="${hexOf(shown)}" stop-opacity="${n(strength)}"/><stop offset="1" stop-color="${hexOf(shown)}" stop-opacity="${n(strength * (index % 3 === 1 ? 0.4 : 0.06))}"/></linearGradient>`,
    )
    const [top, bottom] = [left + slant / 2, left - slant / 2]
    const sheet = `<path d="M${n(top)} -2H${n(top + width)}L${n(bottom + width)} ${h + 2}H${n(bottom)}Z" fill="url(#plane${index})"/>`
    const edge = `<path d="M${n(top + width)} -2L${n(bottom + width)} ${h + 2}" stroke="url(#plane${index})" stroke-width="${n(h * 0.003)}"/>`
    return sheet + edge
  })
  return `<defs>${defs.join('')}</defs>${sheets.join('')}`
}

/** Hills behind hills, and a sun over them. For natural and open moods. */
export const dunes: Ornaments = ({ widthPx: w, heightPx: h }, palette, random) => {
  const unit = Math.min(h, w * 0.5)
  const sun = palette.light ? palette.accent : atLightness(palette.accent, Math.max(0.76, palette.accent.l))
  const [sunX, sunY, sunR] = [w * random.between(0.12, 0.18), h * random.between(0.37, 0.43), unit * random.between(0.11, 0.14)]
  const halo = palette.light ? mix(palette.ground, { ...sun, l: 0.95 }, 0.4) : sun
  const halos = [3.2, 2.3, 1.55].map(
    (times) =>
      `<circle cx="${n(sunX)}" cy="${n(sunY)}" r="${n(sunR * times)}" fill="${hexOf(halo)}" fill-opacity="${palette.light ? 0.3 : 0.09}"/>`,
  )
  const layers = 5
  const hills = range(layers).map((layer) => {
    const depth = layer / (layers - 1)
    const far = palette.light ? mix(palette.ground, palette.glow, 0.6) : mix(palette.ground, palette.glow, 0.75)
    const near = palette.light ? { ...palette.glow, l: palette.glow.l - 0.15 } : mix(palette.deep, palette.glow, 0.12)
    const colour = mix(far, near, depth)
    const base = h * (0.5 + 0.095 * layer)
    const waves = range(3).map(
      (wave) => [random.between(0.5, 1.1) * (1 + wave * 1.3), random.between(0, 7), 0.062 / (1 + wave * 1.1)] as const,
    )
    const ridge = range(81).map((step): [number, number] => {
      const u = step / 80
      const lift = waves.reduce((sum, [often, phase, height]) => sum + Math.sin(u * Math.PI * 2 * often + phase) * height, 0)
      return [u * w * 1.02 - w * 0.01, base - lift * h]
    })
    const d = curve(ridge)
    const light = mix(colour, palette.light ? palette.ground : sun, palette.light ? 0.6 : 0.35)
    return `<path d="${d}L${w * 1.02} ${h + 2}H${n(-w * 0.02)}Z" fill="${hexOf(colour)}"/><path d="${d}" fill="none" stroke="${hexOf(light)}" stroke-opacity="0.55" stroke-width="${n(unit * 0.0028)}"/>`
  })
  return `${halos.join('')}<circle cx="${n(sunX)}" cy="${n(sunY)}" r="${n(sunR)}" fill="${hexOf(sun)}"/>${hills.join('')}`
}
