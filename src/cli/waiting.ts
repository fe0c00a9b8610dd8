import { Command } from 'commander'
import { shortMoney } from '../domain/money.ts'
import { listWaiters } from '../ledger/waiters.ts'
import type { CliContext, Run } from './context.ts'
import { minute } from './terminal.ts'
import { limitOf, paged, placeOf, withLedger } from './with-ledger.ts'

export function waitingCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = paged(new Command('waiting').description('calls that wait for money, in the order of coming, a page at a time'), 'place')
    .option('--account <id>', 'of one account')
    .option('--json', 'one JSON object per call')
  return command.action(
    run(async () => {
      const o = command.opts<{ account?: string; after?: string; limit: string; json?: boolean }>()
      const limit = limitOf(o.limit)
      const after = placeOf(o.after)
      const waiters = await withLedger(openLedger(config), (ledger) => listWaiters(ledger, { account: o.account, after, limit }))
      if (o.json === true) {
        for (const waiter of waiters) terminal.print(JSON.stringify(waiter))
        return
      }
      if (waiters.length === 0) {
        terminal.say('nobody waits for money')
        return
      }
      const rows = waiters.map((w) => [
        w.place,
        w.account,
        w.workflowId,
        w.callId,
        shortMoney(w.needed),
        w.budget.name,
        minute(w.since),
        w.wokenAt === null ? '' : minute(w.wokenAt),
      ])
      terminal.print(terminal.table(['place', 'account', 'job', 'call', 'needs', 'of budget', 'since', 'told to ask'], rows, [0, 4]))
      if (waiters.length === limit) terminal.say(`more: purser waiting --after ${waiters.at(-1)?.place ?? ''}`)
    }),
  )
}
