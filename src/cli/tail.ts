import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { exactEur } from '../domain/money.ts'
import { tokensOf } from '../domain/usage.ts'
import { entryBack, followRequests, refOf, usageOf, type FollowedRequest, type RequestRecord } from '../insight/requests.ts'
import type { Filter } from '../insight/reading.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { scopeOf } from '../schema/budget-input.ts'
import { EXIT, type CliContext, type Run } from './context.ts'
import { stopAsked, type StopAsked } from './stop-asked.ts'
import { showEur, type Terminal } from './terminal.ts'
import { withLedger, type Show } from './with-ledger.ts'

interface Options extends Show {
  lines: string
  scope: string
  follow: boolean
}

const LINES_MAX = 1000
const EVERY_MS = 1000

/** `purser tail`: calls as they end. */
export function tailCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('tail')
    .description('calls as they end, failed ones and tracked usages too: who, for what, with what, and what it cost; until Ctrl-C')
    .option('--lines <n>', `so many of the last ones first (0 to ${LINES_MAX})`, '10')
    .option('--scope <scope>', 'which calls: account=acme,feature=banner,label.tier=gold; "all" for every call', 'all')
    .option('--no-follow', 'the last ones alone')
    .option('--exact', 'all nine digits of an amount')
    .option('--json', 'one JSON object per call')
  return command.action(
    run(async () => {
      const o = command.opts<Options>()
      const lines = Number(o.lines)
      if (!Number.isInteger(lines) || lines < 0 || lines > LINES_MAX)
        throw new PurserError('bad_input', `--lines takes a whole number from 0 to ${LINES_MAX}`)
      const filter = scopeOf(o.scope)
      return withLedger(openLedger(config), async (ledger) => {
        const told = new Told(terminal, o)
        const last = await lastOnes(ledger, lines, filter, told)
        if (!o.follow) return EXIT.done
        const stop = stopAsked(terminal)
        await follow(ledger, { after: last, filter }, told, stop)
        return EXIT.done
      })
    }),
  )
}

/** A busy ledger books many requests with one entry, and some entries book none. */
const ENTRIES_BACK = 4 * LINES_MAX

async function lastOnes(ledger: Ledger, lines: number, filter: Filter, told: Told): Promise<bigint> {
  const after = await entryBack(ledger, lines === 0 ? 0 : ENTRIES_BACK)
  const { last, requests } = await followRequests(ledger, { after, limit: ENTRIES_BACK, filter })
  told.known(requests.slice(0, Math.max(0, requests.length - lines)))
  told.tell(requests.slice(-lines || requests.length))
  return last ?? after
}

/** What was committed late has a smaller number than what was told already. */
const LATE_ENTRIES = 200n
const AT_ONCE = 2000

async function follow(ledger: Ledger, from: { after: bigint; readonly filter: Filter }, told: Told, stop: StopAsked): Promise<void> {
  let { after } = from
  while (!stop.signal.aborted) {
    const since = after > LATE_ENTRIES ? after - LATE_ENTRIES : 0n
    const { last, requests } = await followRequests(ledger, { after: since, limit: AT_ONCE, filter: from.filter })
    told.tell(requests)
    const isBehind = last !== undefined && last - since >= BigInt(AT_ONCE)
    if (last !== undefined && last > after) after = last
    if (!isBehind) await sleep(EVERY_MS, undefined, { signal: stop.signal }).catch(() => {})
  }
}

/** Prints each booking of a request once, whichever reading meets it first. */
class Told {
  readonly #terminal: Terminal
  readonly #show: Show
  #seen = new Map<string, bigint>()

  constructor(terminal: Terminal, show: Show) {
    this.#terminal = terminal
    this.#show = show
  }

  known(requests: readonly FollowedRequest[]): FollowedRequest[] {
    const fresh = requests.filter(({ entry, record }) => !this.#seen.has(`${entry} ${record.id}`))
    for (const { entry, record } of fresh) this.#seen.set(`${entry} ${record.id}`, entry)
    const newest = requests.at(-1)?.entry ?? 0n
    if (this.#seen.size > 4 * AT_ONCE) this.#seen = new Map([...this.#seen].filter(([, entry]) => entry > newest - LATE_ENTRIES * 2n))
    return fresh
  }

  tell(requests: readonly FollowedRequest[]): void {
    for (const { record } of this.known(requests)) {
      this.#terminal.print(
        this.#show.json === true ? JSON.stringify(jsonOf(record)) : lineOf(this.#terminal, record, this.#show.exact === true),
      )
    }
  }
}

const termOf = (record: RequestRecord, name: string): string | undefined => record.terms[name] as string | undefined

function lineOf({ printColour: colour }: Terminal, record: RequestRecord, exact: boolean): string {
  const { input, output } = tokensOf(usageOf(record))
  const ended = new Date(record.sentAt.getTime() + (record.durationMs ?? 0))
  const parts = [
    ended.toISOString().slice(11, 19),
    record.answered ? colour.green('✔') : colour.red('✖'),
    termOf(record, 'account') ?? '',
    ...['feature', 'user'].flatMap((name) => termOf(record, name) ?? []),
    termOf(record, 'model') ?? '',
    input + output === 0 ? undefined : `${input.toLocaleString('en-US')} + ${output.toLocaleString('en-US')} tokens`,
    record.flags.includes('cached') ? 'cached' : undefined,
    record.cost === null
      ? record.state === 'rejected'
        ? 'not billed'
        : 'cost not known yet'
      : `${showEur(record.cost, exact)} EUR${record.source === 'answer' ? '' : ` (${record.source ?? 'open'})`}`,
    record.durationMs === null ? undefined : `${(record.durationMs / 1000).toFixed(1)} s`,
    record.error === null ? undefined : colour.red(record.error),
  ]
  return parts.filter((part) => part !== undefined && part !== '').join('  ')
}

const jsonOf = (record: RequestRecord) => {
  const tokens = tokensOf(usageOf(record))
  return {
    id: refOf(record),
    sentAt: record.sentAt.toISOString(),
    ...record.terms,
    state: record.state,
    success: record.answered,
    error: record.error,
    inputTokens: tokens.input,
    outputTokens: tokens.output,
    totalTokens: tokens.total,
    costEur: record.cost === null ? null : exactEur(record.cost),
    costSource: record.source,
    durationMs: record.durationMs,
    flags: record.flags,
    workflowId: record.workflowId,
    runId: record.run,
  }
}
