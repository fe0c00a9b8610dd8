import { nano, shortEur } from '../domain/money.ts'
import type { BudgetEvent, OutboxEvent } from '../ledger/outbox.ts'

/** An event in words: what happened, and for an alarm what to do. */
export function eventText(event: OutboxEvent): string {
  switch (event.kind) {
    case 'threshold':
    case 'refused':
    case 'overrun':
    case 'freed':
      return `"${event.budget}" (${event.period}): ${budgetText(event)}`
    case 'rate_stale':
      return `the newest euro rate ${event.details.newest === null ? 'is none at all' : `is of ${event.details.newest}`}, so bounds have a higher margin: \`purser rates fetch\`, or \`purser rates set\``
    case 'unpriced': {
      const { provider, model, units, tier, trackedAs, attempt } = event.details
      const served = tier === undefined ? '' : `, served as "${tier}",`
      const where = trackedAs === undefined ? attempt : `the usage tracked as "${trackedAs}"`
      return `${provider} ${model}${served} has no price of its own for ${units.join(', ')} in ${where}: charged at the dearest known one, which may be too little; \`purser prices import\``
    }
    case 'bound_violated': {
      const { provider, model, attempt, amount, cost } = event.details
      return `${attempt} of ${provider} ${model} cost ${shown(cost)} EUR, more than its bound of ${shown(amount)} EUR; booked in full`
    }
    case 'model_stopped': {
      const { provider, model, attempt, account } = event.details
      const [whom, remedy] =
        account === undefined
          ? ['', `models raise ${model} --by PERCENT --why …`]
          : [` for account "${account}"`, `resume --scope account=${account},provider=${provider},model=${model} --reason …`]
      return `${provider} ${model} is stopped${whom}, because ${attempt} cost more than its bound: \`purser ${remedy}\``
    }
  }
}

function budgetText({ kind, details: d }: BudgetEvent): string {
  switch (kind) {
    case 'threshold':
      return `${d['percent']} % of ${shown(d['cap'])} EUR is spent`
    case 'refused':
      return `refused a call: it needs ${shown(d['needed'])} EUR, ${shown(d['remaining'])} are left`
    case 'overrun':
      return `${shown(d['overrun'])} EUR over its cap of ${shown(d['cap'])} EUR`
    case 'freed':
      return `${shown(d['remaining'])} EUR are left: what was refused (${shown(d['wanted'])} EUR) would fit now`
  }
}

/** Details hold nano-EUR as text. */
const shown = (amount: string | number | undefined): string => shortEur(nano(BigInt(amount ?? 0)))
