import { isOpen, type Ask, type Attempt, type Call, type Ledger, type Receipt, type Scope } from './ledger.ts'

/**
 * Texts that are the same for any two ledgers that behave the same from now on, one for each part: instants are told from now, a deadline that
 * has passed is only that, and what has ended has none. So what waits for ever after is one state, and a world of few calls has finitely many.
 */
export function canonical(ledger: Ledger): string[] {
  const keys = ledger.usedKeys.map(({ key, terms }) => `${key}=${terms}`).toSorted()
  const rest = [
    keys.join(),
    ledger.stopped
      .map((scope) => scopeText(scope, ledger))
      .toSorted()
      .join(),
    ledger.unbooked.toSorted().join(),
  ]
  return [...ledger.periods.map((list) => periodsText(list, ledger)), ...ledger.calls.map((call) => callText(call, ledger)), ...rest]
}

/** Most steps leave most parts of a ledger as they are: their texts are made once. */
function remembered<Part extends object>(make: (part: Part, ledger: Ledger) => string): (part: Part, ledger: Ledger) => string {
  const texts = new WeakMap<Part, { readonly now: number; readonly text: string }>()
  return (part, ledger) => {
    const known = texts.get(part)
    if (known?.now === ledger.now) return known.text
    const text = make(part, ledger)
    texts.set(part, { now: ledger.now, text })
    return text
  }
}

const periodsText = remembered((list: Ledger['periods'][number]) => list.map((c) => `${c.cap} ${c.reserved} ${c.spent}`).join())
const scopeText = remembered((scope: Scope) => JSON.stringify(Object.entries(scope).toSorted(([a], [b]) => (a < b ? -1 : 1))))

const callText = remembered((call: Call, ledger) => {
  const isAnswered = call.attempts.some((a) => a.isFirstAnswer)
  // Who asks, and what it had asked, is of no consequence once the call is answered: everybody hears the answer.
  const asked = isAnswered ? [] : [runsText(call), ...call.asks.map((ask) => askText(ask, ledger)).toSorted()]
  return [
    ...asked,
    ...call.attempts.map((a) => attemptText(a, ledger)),
    ...call.receipts.map((r) => receiptText(r, ledger)).toSorted(),
  ].join(';')
})

const askText = remembered((a: Ask, ledger) => `${a.ask} ${a.hash} ${a.isRefused} ${scopeText(a.scope, ledger)}`)
const receiptText = remembered(
  (r: Receipt) => `${r.attempt} ${r.token} ${r.cost} ${r.uncoveredOn === undefined ? '' : placesText(r.uncoveredOn)}`,
)
const placesText = (on: Attempt['on']): string => on.map(({ budget, period }) => `${budget}/${period}`).join()

/** Only the newest run may ever ask. Which older ones were seen matters only where ids do not tell which is older. */
function runsText({ runs, closedRuns }: Call): string {
  const newest = runs.at(-1)
  if (newest === undefined) return ''
  const seen = newest.startedAt === undefined ? runs.map(({ id }) => id).toSorted() : []
  return [newest.id, closedRuns.includes(newest.id) ? 'closed' : '', ...seen].join(' ')
}

const attemptText = remembered((a: Attempt, { now, durations }) => {
  const facts = `${a.number} ${a.ask} ${a.state} ${a.amount} ${placesText(a.on)} ${a.token} ${a.cost} ${a.source} ${a.isFirstAnswer} ${a.handedOnFrom}`
  if (!isOpen(a)) return facts
  const deadline = a.state === 'reserved' ? a.heldUntil : a.dispatchedAt + lastOf(a, durations)
  return `${facts} ${Math.max(-1, deadline - now)} ${Math.max(-1, a.boundUntil - now)}`
})

/** The last deadline that still tells states apart. */
const lastOf = ({ state }: Attempt, { go, doubt, presume }: Ledger['durations']): number =>
  state === 'dispatched' ? Math.max(go, doubt, presume) : presume
