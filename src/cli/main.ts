/** Entry point of the `purser` command: reads the configuration, wires the commands, turns errors into messages and exit codes. */
import { Command, CommanderError } from 'commander'
import type { PurserApiError } from '../api.ts'
import type { JobFailed } from '../client.ts'
import { PurserError } from '../domain/errors.ts'
import { readConfig } from '../platform/config.ts'
import { explained, withCode } from '../platform/explain.ts'
import { accountCommand } from './account.ts'
import { analyticsCommand } from './analytics.ts'
import { alertRulesCommand } from './alert-rules.ts'
import { alertsCommand } from './alerts.ts'
import { attemptsCommand } from './attempts.ts'
import { auditCommand } from './audit.ts'
import { cacheCommand } from './cache.ts'
import { closeCommand } from './close.ts'
import { reviewCommand } from './review.ts'
import { statementCommand } from './statement.ts'
import { bannerCommand } from './banner.ts'
import { budgetCommand } from './budget.ts'
import { deliveriesCommand } from './deliveries.ts'
import { demoCommand } from './demo.ts'
import { destinationsCommand } from './destinations.ts'
import { devCommand } from './dev.ts'
import { estimateCommand } from './estimate.ts'
import { explainCostCommand } from './explain-cost.ts'
import { exportCommand } from './export.ts'
import { keysCommand } from './keys.ts'
import { migrateCommand } from './migrate.ts'
import { modelsCommand } from './models.ts'
import { monthsCommand } from './months.ts'
import { outboxCommand } from './outbox.ts'
import { planCommand } from './plan.ts'
import { pricesCommand } from './prices.ts'
import { ratesCommand } from './rates.ts'
import { reconcileCommand } from './reconcile.ts'
import { recoverCommand } from './recover.ts'
import { releaseCommand, reserveCommand, settleCommand } from './reserve.ts'
import { reportCommand } from './report.ts'
import { reportsCommand } from './reports.ts'
import { resetCommand } from './reset.ts'
import { routeCommand } from './route.ts'
import { savingsCommand } from './savings.ts'
import { setupCommand } from './setup.ts'
import { resumeCommand, stopCommand } from './stop.ts'
import { rateLimitsCommand } from './rate-limits.ts'
import { waitingCommand } from './waiting.ts'
import { tailCommand } from './tail.ts'
import { trackCommand } from './track.ts'
import { topupCommand } from './topup.ts'
import { unbookedCommand } from './unbooked.ts'
import { terminal, type Terminal } from './terminal.ts'
import { EXIT, type CliContext, type Run } from './context.ts'

/** What the user can put right by typing something else. */
const BAD_INPUT = new Set([
  'bad_input',
  'key_missing',
  'key_invalid',
  'unknown_plan',
  'unknown_account',
  'unpriced_model',
  'account_conflict',
  'conflict',
  'job_conflict',
  'not_found',
  'rate_missing',
])

/** Runs one command line and answers its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const screen = terminal()
  let code: number = EXIT.done
  const run = (work: () => Promise<number | void>) => async (): Promise<void> => {
    code = (await work()) ?? EXIT.done
  }
  try {
    await program(contextOf(screen), run).parseAsync([...argv])
    return code
  } catch (error) {
    return explain(error, screen)
  }
}

const open = () => import('./open.ts')

/** Temporal's client and the servers' code are loaded by the commands that use them: `purser --help` answers at once. */
function contextOf(screen: Terminal): CliContext {
  return {
    config: readConfig(process.env),
    terminal: screen,
    openLedger: (config, as) => screen.step('opening the ledger', async () => (await open()).openLedger(config, as)),
    openDemoLedger: (config, refuse) => screen.step('opening the ledger', async () => (await open()).openDemoLedger(config, refuse)),
    openBlobs: async (config) => (await import('../platform/file-blob-store.ts')).blobStoreOf(config),
    openPurser: (config) => spinning(screen, 'reaching Temporal', async () => (await open()).openPurser(config)),
    migrateLedger: (config) => spinning(screen, 'migrating the ledger', async () => (await open()).migrateLedger(config)),
    setUp: (client, config, warn) => spinning(screen, 'setting Temporal up', async () => (await open()).setUp(client, config, warn)),
  }
}

/** For people only: short commands stay silent in a log. */
async function spinning<T>(screen: Terminal, text: string, work: () => Promise<T>): Promise<T> {
  const spin = screen.spin(text)
  try {
    return await work()
  } finally {
    spin.stop()
  }
}

function program(context: CliContext, run: Run): Command {
  const purser = new Command('purser')
    .description('Keeps AI products inside their budgets.')
    .exitOverride()
    .showHelpAfterError('(add --help to see what there is)')
  const commands = [
    devCommand,
    demoCommand,
    bannerCommand,
    accountCommand,
    planCommand,
    ratesCommand,
    budgetCommand,
    topupCommand,
    pricesCommand,
    trackCommand,
    reportCommand,
    analyticsCommand,
    reportsCommand,
    exportCommand,
    savingsCommand,
    routeCommand,
    tailCommand,
    estimateCommand,
    reserveCommand,
    settleCommand,
    releaseCommand,
    keysCommand,
    destinationsCommand,
    deliveriesCommand,
    waitingCommand,
    rateLimitsCommand,
    cacheCommand,
    stopCommand,
    resumeCommand,
    alertsCommand,
    alertRulesCommand,
    explainCostCommand,
    attemptsCommand,
    unbookedCommand,
    auditCommand,
    reconcileCommand,
    recoverCommand,
    modelsCommand,
    monthsCommand,
    outboxCommand,
    resetCommand,
    closeCommand,
    statementCommand,
    reviewCommand,
    migrateCommand,
    setupCommand,
  ]
  for (const command of commands) purser.addCommand(inherit(command(context, run), purser))
  return purser
}

/** Commands that were made apart from their parent know nothing of its settings. */
function inherit(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent)
  for (const sub of command.commands) inherit(sub, command)
  return command
}

function explain(error: unknown, screen: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.badInput
  // By their names: their code is loaded by the commands that use it.
  const isNamed = error instanceof Error && ['JobFailed', 'PurserApiError', 'BudgetExceededError'].includes(error.name)
  const failed = isNamed ? (error as JobFailed | PurserApiError) : undefined
  screen.fail(failed === undefined ? explained(error) : withCode('detail' in failed ? failed.detail : failed.message, failed.code))
  const code = failed?.code ?? (error instanceof PurserError ? error.code : undefined)
  if (code === 'budget_exceeded') return EXIT.refused
  return code !== undefined && BAD_INPUT.has(code) ? EXIT.badInput : EXIT.failed
}
