import { exactEur } from '../domain/money.ts'
import { numberColumn, textColumn, type Column } from './csv.ts'
import { hadNoEffect, hitRateText, NO_EFFECT, qualityText, type SavingsGroup } from './savings.ts'

/** EUR with nine digits; an empty cell: nobody scored any. */
export const SAVINGS_COLUMNS: readonly Column<SavingsGroup>[] = [
  textColumn('strategy', ({ strategy }) => strategy),
  textColumn('feature', ({ feature }) => feature ?? null),
  numberColumn('calls', ({ calls }) => String(calls)),
  numberColumn('saved_eur', ({ saved }) => exactEur(saved)),
  numberColumn('tokens_not_sent', ({ tokens }) => String(tokens)),
  numberColumn('scored_with', (group) => String(group.with.calls)),
  numberColumn('quality_with', (group) => qualityText(group.with)),
  numberColumn('scored_without', ({ without }) => String(without.calls)),
  numberColumn('quality_without', ({ without }) => qualityText(without)),
  numberColumn('calls_seen', ({ seen }) => String(seen)),
  numberColumn('hits', ({ hits }) => String(hits)),
  numberColumn('misses', ({ misses }) => String(misses)),
  numberColumn('hit_rate_percent', (group) => hitRateText(group)),
  textColumn('effect', (group) => (hadNoEffect(group) ? NO_EFFECT : 'saved')),
]
