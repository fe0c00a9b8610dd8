import { Command } from 'commander'
import type { CallOptions, ReservationShown } from '../api.ts'
import { PurserError } from '../domain/errors.ts'
import { shortMoney } from '../domain/money.ts'
import { openApi, termsOf, withTerms } from './call-terms.ts'
import type { CliContext, Run } from './context.ts'
import { pairsOf } from './pairs.ts'
import { minute, type Terminal } from './terminal.ts'

interface Options {
  key?: string
  json?: boolean
}

const keyed = (command: Command): Command =>
  command
    .option('--key <key>', 'your own name of this request (Idempotency-Key): the same again has one effect, and hears the same')
    .option('--json', 'one JSON object')
const keyOf = ({ key }: Options): CallOptions => (key === undefined ? {} : { idempotencyKey: key })

/** `purser reserve`: sets a call's worst cost aside; prints the id of the reservation. */
export function reserveCommand({ config, terminal }: CliContext, run: Run): Command {
  const command = keyed(
    withTerms(
      new Command('reserve').description(
        'set the worst cost of a call aside, before you send it, over the API (PURSER_URL, PURSER_KEY): prints its id; then settle or release it, else it is spent',
      ),
    ),
  )
  return command.action(
    run(async () => {
      const o = command.opts<Options>()
      const terms = termsOf(command)
      const granted = await (await openApi(config)).reserve(terms, keyOf(o))
      if (o.json === true) return terminal.print(JSON.stringify(granted))
      terminal.done(
        `${shortMoney(granted.amount)} are set aside: send it once, with that limit, and end it by ${minute(granted.validUntil)}`,
      )
      sayLeft(terminal, granted)
      terminal.print(granted.id)
    }),
  )
}

/** `purser settle`: books what a reserved call really cost. */
export function settleCommand({ config, terminal }: CliContext, run: Run): Command {
  const command = keyed(
    new Command('settle')
      .description('book what a reserved call really cost, over the API')
      .argument('<id>', 'rsv_…, as reserve prints it')
      .option('--usage <unit=quantity...>', 'what the provider says it used: input_tokens=1500 output_tokens=500')
      .option('--usage-missing', 'the provider named no usage: the whole amount is booked'),
  )
  return command.action(
    run(async () => {
      const o = command.opts<Options & { usage?: string[]; usageMissing?: boolean }>()
      if ((o.usage === undefined) === (o.usageMissing !== true))
        throw new PurserError('bad_input', 'say what was used (--usage input_tokens=1500 output_tokens=500), or --usage-missing')
      const usage = o.usage === undefined ? null : quantitiesOf(pairsOf(o.usage, 'usage'))
      const api = await openApi(config)
      show(terminal, await api.reservation(command.args[0] ?? '').settle(usage, keyOf(o)), o)
    }),
  )
}

/** `purser release`: gives a reservation back, on somebody's word. */
export function releaseCommand({ config, terminal }: CliContext, run: Run): Command {
  const command = keyed(
    new Command('release')
      .description('give a reservation back, because nothing was billed, over the API; a time-out or a cut connection is no such thing')
      .argument('<id>', 'rsv_…, as reserve prints it')
      .requiredOption('--because <reason>', 'never_sent, or rejected_unbilled')
      .requiredOption('--why <text>', 'how you know; it is recorded'),
  )
  return command.action(
    run(async () => {
      const o = command.opts<Options & { because: string; why: string }>()
      if (o.because !== 'never_sent' && o.because !== 'rejected_unbilled')
        throw new PurserError('bad_input', `--because ${o.because}: write never_sent or rejected_unbilled`)
      const api = await openApi(config)
      show(terminal, await api.reservation(command.args[0] ?? '').release({ because: o.because, why: o.why }, keyOf(o)), o)
    }),
  )
}

function show(terminal: Terminal, reservation: ReservationShown, { json = false }: Options): void {
  if (json) return terminal.print(JSON.stringify(reservation))
  const { id, state, cost, givenBack } = reservation
  const came = cost === null ? '' : `: it cost ${shortMoney(cost)}`
  const back = givenBack === null ? '' : `, ${shortMoney(givenBack)} are given back`
  terminal.done(`${id} is ${state}${came}${back}`)
  sayLeft(terminal, reservation)
}

function sayLeft(terminal: Terminal, { budgets }: ReservationShown): void {
  for (const { name, period, remaining } of budgets) terminal.say(`    "${name}" ${period}: ${shortMoney(remaining)} are left`)
}

/** Whole numbers as numbers; decimals stay text, exactly. */
const quantitiesOf = (pairs: Readonly<Record<string, string>>): Record<string, number | string> =>
  Object.fromEntries(Object.entries(pairs).map(([unit, text]) => [unit, /^\d{1,9}$/.test(text) ? Number(text) : text]))
