import type { BookRow } from './list-prices.ts'
import { modelOf, nameOf, type ListedPrice, type PriceKey, type PriceList } from './price-list.ts'

/** What an import would do to the book. */
export interface PriceDiff {
  /** Units, tiers or whole models that have no price in that time. */
  readonly added: readonly Added[]
  readonly changed: readonly Changed[]
  readonly ended: readonly Ended[]
  /** Prices that the book has as they are. */
  readonly same: number
  /** What no acceptance helps: it would change what is over. */
  readonly impossible: readonly string[]
  /** What somebody must have looked at. */
  readonly toAccept: readonly string[]
}

interface Added {
  readonly price: ListedPrice
}
interface Changed {
  readonly price: ListedPrice
  readonly was: BookRow
  /** 200 for twice as much. Undefined: it was free. */
  readonly percent: bigint | undefined
}
interface Ended {
  readonly row: BookRow
  /** Undefined: now. */
  readonly until: Date | undefined
  /** Said by the file, or only no longer named by it. */
  readonly isSaid: boolean
}

export interface DiffOptions {
  readonly now: Date
  /** When rows begin that do not say it themselves. Undefined: now, or when no reservation holds an amount that was computed without them. */
  readonly from: Date | undefined
  /** When a bound of a tier that is computed now ends at the latest: a price that rises before then may cost more than is held. */
  readonly boundsEnd: (tier: string) => Date
  readonly isInScope: (model: Pick<PriceKey, 'provider' | 'model'>) => boolean
}

const FACTOR_MAX = 3n

/** Compares a list with the whole book, from now on. */
export function diffOf(list: PriceList, book: readonly BookRow[], options: DiffOptions): PriceDiff {
  const rowsOf = Map.groupBy(book, nameOf)
  const listed = Map.groupBy(
    list.prices.filter((price) => options.isInScope(price)),
    nameOf,
  )
  const moves = [...listed].flatMap(([name, prices]) => {
    const ordered = prices.toSorted((a, b) => Number(a.effectiveFrom ?? 0) - Number(b.effectiveFrom ?? 0))
    return ordered.map((price, at) => moveOf(price, ordered[at + 1]?.effectiveFrom, rowsOf.get(name) ?? [], options))
  })
  const ended = [...moves.flatMap((move) => (move.ended === undefined ? [] : [move.ended])), ...noLongerNamed(list, book, listed, options)]
  const [added, changed] = [moves.flatMap((m) => m.added ?? []), moves.flatMap((m) => m.changed ?? [])]
  const impossible = moves.flatMap((move) => move.impossible ?? [])
  const same = moves.length - added.length - changed.length - impossible.length - ended.filter((e) => e.isSaid).length
  return { added, changed, ended, same, impossible, toAccept: toAccept(added, changed, ended, book, options) }
}

interface Move {
  readonly added?: Added
  readonly changed?: Changed
  readonly ended?: Ended
  readonly impossible?: string
}

const isAt = (row: BookRow, at: Date): boolean => row.effectiveFrom <= at && (row.effectiveUntil === undefined || at < row.effectiveUntil)
const isEqual = (a: Pick<ListedPrice, 'picoUsdPer' | 'per'>, b: typeof a): boolean => a.picoUsdPer * b.per === b.picoUsdPer * a.per

/** What one listed price does to the rows of its name. It ends where its own successor in the list begins. */
function moveOf(listed: ListedPrice, next: Date | undefined, rows: readonly BookRow[], { now, from, boundsEnd }: DiffOptions): Move {
  const begin = listed.effectiveFrom ?? from
  const end = [listed.effectiveUntil, next].flatMap((date) => date ?? []).toSorted((a, b) => Number(a) - Number(b))[0]
  const isOver = end !== undefined && end <= now
  const at = begin !== undefined && (begin > now || isOver) ? begin : now
  const inForce = rows.find((row) => isAt(row, at))
  const past = begin !== undefined && begin < now
  if (inForce === undefined) {
    const before = past ? rows.find((row) => row.effectiveFrom < (isOver ? end : now) && (row.effectiveUntil ?? now) > begin) : undefined
    if (before !== undefined) return { impossible: repricing(listed, before) }
    return { added: { price: { ...listed, effectiveFrom: begin } } }
  }
  if (isEqual(listed, inForce)) {
    const isWithdrawn = !isOver && listed.effectiveUntil !== undefined && inForce.saidUntil === undefined
    return isWithdrawn ? { ended: { row: inForce, until: listed.effectiveUntil, isSaid: true } } : {}
  }
  // The list was imported a moment ago, and what it changed has not begun yet.
  const soon = begin === undefined ? rows.find((row) => isAt(row, boundsEnd(listed.tier))) : undefined
  if (soon !== undefined && isEqual(listed, soon)) return {}
  if (past) return { impossible: repricing(listed, inForce) }
  if (begin !== undefined && begin.getTime() === inForce.effectiveFrom.getTime())
    return { impossible: `${nameOf(listed)}: another price begins at that very moment: name a later one` }
  const percent = inForce.picoUsdPer === 0n ? undefined : (100n * listed.picoUsdPer * inForce.per) / (inForce.picoUsdPer * listed.per)
  return { changed: { price: { ...listed, effectiveFrom: begin ?? boundsEnd(listed.tier) }, was: inForce, percent } }
}

const repricing = (listed: ListedPrice, row: BookRow): string =>
  `${nameOf(listed)}: it has had another price since ${row.effectiveFrom.toISOString()}, and what is over is not repriced: begin it from now on`

/** Prices in force that came from the same source, and that it does not name any more. */
function noLongerNamed(
  list: PriceList,
  book: readonly BookRow[],
  listed: ReadonlyMap<string, unknown>,
  { now, isInScope }: DiffOptions,
): Ended[] {
  const sources = new Set([list.source, ...list.prices.map((price) => price.source)])
  const models = new Set(list.prices.map(modelOf))
  const isSpokenOf = (row: BookRow): boolean => sources.has(row.source) && isInScope(row) && (list.isWhole || models.has(modelOf(row)))
  return book
    .filter((row) => isSpokenOf(row) && isAt(row, now) && row.saidUntil === undefined && !listed.has(nameOf(row)))
    .map((row) => ({ row, until: undefined, isSaid: false }))
}

function toAccept(
  added: readonly Added[],
  changed: readonly Changed[],
  ended: readonly Ended[],
  book: readonly BookRow[],
  { now, boundsEnd }: DiffOptions,
): string[] {
  const present = Map.groupBy(
    book.filter((row) => isAt(row, now)),
    modelOf,
  )
  const others = ({ price }: Added): string[] => {
    const other = present.get(modelOf(price))?.find((row) => row.source !== price.source)
    return other === undefined ? [] : [`${nameOf(price)}: the model's prices are from another source (${other.source})`]
  }
  const steep = ({ price, was, percent }: Changed): string[] => {
    const [fresh, old] = [price.picoUsdPer * was.per, was.picoUsdPer * price.per]
    if (fresh <= FACTOR_MAX * old && old <= FACTOR_MAX * fresh) return []
    return [
      `${nameOf(price)}: ${percent === undefined ? 'it was free' : `${percent} % of what it was`}, a factor of more than ${FACTOR_MAX}`,
    ]
  }
  const soon = ({ price, was }: Changed): string[] =>
    price.effectiveFrom !== undefined &&
    price.effectiveFrom < boundsEnd(price.tier) &&
    price.picoUsdPer * was.per > was.picoUsdPer * price.per
      ? [`${nameOf(price)}: it rises before ${boundsEnd(price.tier).toISOString()}, and until then calls hold what they would have cost`]
      : []
  return [
    ...changed.flatMap((change) => [...others(change), ...steep(change), ...soon(change)]),
    ...added.flatMap(others),
    ...ended.filter(({ isSaid }) => !isSaid).map(({ row }) => `${nameOf(row)}: the list does not name it any more (is it cut?)`),
  ]
}
