import { Command } from 'commander'
import { z } from 'zod'
import { PurserError } from '../domain/errors.ts'
import { exactEur } from '../domain/money.ts'
import { ALERT_KINDS, listAlertRules, setAlertRule, type AlertRule } from '../ledger/alert-rules.ts'
import { ALERT_ACTIONS } from '../ledger/alerts.ts'
import { alertAge, alertCooldown, alertFactor, alertPercent, alertRuleName } from '../schema/alert-rule-input.ts'
import { scopeOf, scopeText } from '../schema/budget-input.ts'
import { parsed } from '../schema/parsed.ts'
import type { CliContext, Run } from './context.ts'
import { showEur, type Terminal } from './terminal.ts'
import { amountOf, limitOf, withLedger } from './with-ledger.ts'

/** `purser alert-rules`: what alerts are made of. */
export function alertRulesCommand(context: CliContext, run: Run): Command {
  const command = new Command('alert-rules').description('what a person is told of: how much is too much, and what is done then')
  for (const sub of [listCommand, setCommand]) command.addCommand(sub(context, run))
  return command
}

function listCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('list')
    .description('rules by name, a page at a time')
    .option('--after <name>', 'continue after this rule (default: from the first)', '')
    .option('--limit <n>', 'how many at the most (1 to 1000)', '50')
    .option('--json', 'one JSON object per rule')
  return command.action(
    run(async () => {
      const o = command.opts<{ after: string; limit: string; json?: boolean }>()
      const limit = limitOf(o.limit)
      await withLedger(openLedger(config), async (ledger) => {
        const rules = await listAlertRules(ledger, { after: o.after, limit })
        if (o.json === true) for (const rule of rules) terminal.print(JSON.stringify(ruleJson(rule)))
        else if (rules.length === 0) terminal.say('no more rules')
        else show(terminal, rules)
        const last = rules.at(-1)
        if (rules.length === limit && last !== undefined && o.json !== true)
          terminal.say(`more: purser alert-rules list --after ${last.name}`)
      })
    }),
  )
}

const ruleJson = ({ amount, ...rule }: AlertRule): Record<string, unknown> => ({
  ...rule,
  amountEur: amount === null ? null : exactEur(amount),
})

function show(terminal: Terminal, rules: readonly AlertRule[]): void {
  const rows = rules.map((rule) => [
    rule.name,
    rule.kind,
    limitText(rule),
    scopeText(rule.scope),
    rule.action,
    rule.cooldownS === 0 ? '' : `${rule.cooldownS} s`,
    rule.enabled ? 'on' : 'off',
  ])
  terminal.print(terminal.table(['rule', 'kind', 'from', 'scope', 'action', 'cooldown', ''], rows, []))
}

const limitText = ({ amount, factor, percent, ageS }: AlertRule): string =>
  [
    ...(factor === null ? [] : [`${factor} times`]),
    ...(percent === null ? [] : [`${percent} %`]),
    ...(amount === null ? [] : [`${showEur(amount, false)} EUR`]),
    ...(ageS === null ? [] : [`${ageS} s`]),
  ].join(' and ')

interface Set {
  kind?: string
  scope?: string
  amount?: string
  factor?: string
  percent?: string
  age?: string
  action?: string
  cooldown?: string
  on?: boolean
  off?: boolean
  json?: boolean
}

const whole = z.coerce.number('write a whole number')
/** The keys are the command's options: an error names what was typed. */
const wordSchema = z.object({
  rule: alertRuleName,
  kind: z.enum(ALERT_KINDS, `a kind is one of ${ALERT_KINDS.join(', ')}`).optional(),
  action: z.enum(ALERT_ACTIONS, `an action is one of ${ALERT_ACTIONS.join(', ')}`).optional(),
  factor: alertFactor.optional(),
  percent: whole.pipe(alertPercent).optional(),
  age: whole.pipe(alertAge).optional(),
  cooldown: whole.pipe(alertCooldown).optional(),
})

function setCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('set')
    .description('make a rule, or change one: what you leave out stays')
    .argument('<rule>', 'its name: small letters, digits and _ . -')
    .option('--kind <kind>', `of a new rule: ${ALERT_KINDS.join(', ')}`)
    .option('--scope <scope>', 'which calls, or budgets: account=acme,feature=banner; "all" for every one')
    .option('--amount <eur>', 'what is too much; of spend_rate and spend_trend, the least excess that counts')
    .option('--factor <times>', 'of spend_rate: times what is normal, such as 2.0')
    .option('--percent <n>', 'of budget_threshold: from which on it tells; of spend_trend: growth in four weeks')
    .option('--age <seconds>', 'of in_doubt')
    .option('--action <action>', `${ALERT_ACTIONS.join(', ')}; stop suspends the scope until \`purser resume\``)
    .option('--cooldown <seconds>', 'so long after an alert has ended, none of the same')
    .option('--on', 'switch it on')
    .option('--off', 'switch it off')
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const { on, off, scope, amount, json, ...o } = command.opts<Set>()
      if (on === true && off === true) throw new PurserError('bad_input', 'say either --on or --off')
      const { rule: name, age: ageS, cooldown: cooldownS, ...said } = parsed(wordSchema, { rule: command.args[0], ...o }, 'alert rule')
      const word = {
        ...said,
        name,
        ageS,
        cooldownS,
        ...(scope === undefined ? {} : { scope: scopeOf(scope) }),
        ...(amount === undefined ? {} : { amount: amountOf(amount) }),
        ...(on === true || off === true ? { enabled: on === true } : {}),
      }
      await withLedger(openLedger(config), async (ledger) => {
        const rule = await setAlertRule(ledger, word)
        if (json === true) terminal.print(JSON.stringify(ruleJson(rule)))
        const now = `${rule.kind} ${limitText(rule)} of ${scopeText(rule.scope)}: ${rule.action}, ${rule.enabled ? 'on' : 'off'}`
        terminal.done(rule.changed ? `rule ${name} is now ${now}` : `rule ${name} was so before: no effect`)
      })
    }),
  )
}
