import { callRef, reservationRef, trackedRef } from '../domain/call.ts'
import { exactEur, nano, shortEur, type Nano } from '../domain/money.ts'
import type { BudgetEvent, OutboxEvent } from '../ledger/outbox.ts'
import type { DearRequest, Evidence } from '../ledger/watch.ts'
import { eventText } from './event-text.ts'

/** What an alert says to a person: what, how much against what, since when; and on the second line, what to do. */
export const said = (what: string, toDo: string): string => `${what}\nWhat to do: ${toDo}`

/** `2026-11-29 10:07 UTC`. */
export const momentText = (at: Date | string): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** `12.35 EUR`. */
export const eurText = (amount: Nano): string => `${shortEur(amount)} EUR`

/** Details hold nano-EUR as text. */
const shown = (amount: string | number | undefined): string => eurText(nano(BigInt(amount ?? 0)))

/** An event of the outbox as its alert says it. */
export function alertText(event: OutboxEvent): string {
  switch (event.kind) {
    case 'threshold':
      return thresholdText(event)
    case 'overrun': {
      const { overrun, cap, spent, reserved } = event.details
      return said(
        `${nameOf(event)} is over its cap by ${shown(overrun)}: ${shown(spent)} spent and ${shown(reserved)} reserved of ${shown(cap)}, at ${momentText(event.at)}.`,
        `it is booked in full. An answer cost more than its bound, or the cap was cut: purser budget show ${event.budgetId}, purser outbox events --kind bound_violated`,
      )
    }
    case 'refused': {
      const { needed, remaining } = event.details
      return said(
        `${nameOf(event)} refuses calls: one needs ${shown(needed)}, ${shown(remaining)} are left, since ${momentText(event.at)}.`,
        `wait until its period ends or what is reserved is free, or add to it: ${topUp(event)}`,
      )
    }
    case 'freed':
      return eventText(event)
    case 'rate_stale':
    case 'unpriced':
    case 'bound_violated':
    case 'model_stopped':
      return `${eventText(event)} (${momentText(event.at)})`
  }
}

const nameOf = ({ budget, period }: BudgetEvent): string => `Budget "${budget}" (${period})`

const topUp = ({ budgetId }: BudgetEvent): string => `purser topup EUR --budget ${budgetId} --reason …`

/** Left alone, a report is of the last month that is over: too early for what has just happened. */
const spenders = ({ period }: BudgetEvent): string =>
  /^\d{4}-\d\d$/.test(period) ? `purser report --by feature --month ${period}` : 'purser analytics features'

function thresholdText(event: BudgetEvent): string {
  const { percent, cap, spent } = event.details
  const figures = `${shown(spent)} of ${shown(cap)}, at ${momentText(event.at)}`
  return Number(percent) < 100
    ? said(
        `${nameOf(event)}: ${percent} % is spent, ${figures}.`,
        `look who spends it (${spenders(event)}, purser budget show ${event.budgetId}); if it is meant, add to it: ${topUp(event)}`,
      )
    : said(
        `${nameOf(event)} is exceeded: ${percent} % is spent, ${figures}.`,
        `a hard budget refuses further calls until its period ends. Add to it, if that is meant: ${topUp(event)}`,
      )
}

const AMOUNTS = new Set(['cap', 'spent', 'reserved', 'overrun', 'needed', 'remaining', 'wanted', 'amount', 'cost'])

/** An event's details, as an alert has them. */
export const eventEvidence = ({ details }: OutboxEvent): Evidence =>
  Object.fromEntries(
    Object.entries(details).map(([name, value]: [string, unknown]) =>
      AMOUNTS.has(name)
        ? [`${name}_eur`, exactEur(nano(BigInt(String(value))))]
        : [name.replaceAll(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), value],
    ),
  )

/** Its name for people and programs. */
const refOf = ({ requestId, call }: DearRequest): string => (call === null ? trackedRef(requestId) : reservationRef(requestId))

export const dearEvidence = (dear: DearRequest): Evidence => ({
  call_id: refOf(dear),
  cost_eur: exactEur(nano(BigInt(dear.cost))),
  limit_eur: exactEur(nano(BigInt(dear.limit))),
  at: new Date(dear.at).toISOString(),
})

/** A single request that cost as much as a rule says. */
export function dearText(dear: DearRequest): string {
  const { rule, call, at, cost, limit, terms } = dear
  const ref = refOf(dear)
  const whose = ['account', 'feature', 'user']
    .flatMap((name) => (typeof terms[name] === 'string' ? [`${name} ${terms[name]}`] : []))
    .join(', ')
  return said(
    `One request cost ${shown(cost)}: ${ref} of ${String(terms['model'])}, ${whose}, at ${momentText(at)}; the rule "${rule}" says ${shown(limit)}.`,
    `it is marked. Look what it was: ${call === null ? `GET /v1/calls/${ref}` : `purser explain-cost ${callRef(call)}`}`,
  )
}
