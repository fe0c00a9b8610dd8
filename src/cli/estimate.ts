import { Command } from 'commander'
import { shortMoney } from '../domain/money.ts'
import { openApi, termsOf, withTerms } from './call-terms.ts'
import { EXIT, type CliContext, type Run } from './context.ts'

/** `purser estimate`: what a call costs at worst, and whether it could be paid for now. */
export function estimateCommand({ config, terminal }: CliContext, run: Run): Command {
  const command = withTerms(
    new Command('estimate').description(
      'what a call costs at worst, and whether its budgets could pay for it now, over the API (PURSER_URL, PURSER_KEY); no effect',
    ),
  ).option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const terms = termsOf(command)
      const told = await (await openApi(config)).estimate(terms)
      if (command.opts<{ json?: boolean }>().json === true) terminal.print(JSON.stringify(told))
      else {
        const left = told.remaining === null ? '' : `; ${shortMoney(told.remaining)} are left`
        terminal.say(`${told.model} costs ${shortMoney(told.bound)} at worst${left}`)
        if (told.affordable) terminal.done('it can be paid for now: reserve to be sure')
        else terminal.fail(told.stopped === null ? (told.refusal?.detail ?? 'it cannot be paid for') : `stopped: ${told.stopped}`)
      }
      return told.affordable ? EXIT.done : EXIT.refused
    }),
  )
}
