import { PurserError } from '../domain/errors.ts'
import type { Config } from './config.ts'
import { EMULATOR_KEY, readDevFile } from './embedded/dev-file.ts'
import { startServices } from './embedded/services.ts'
import { MIGRATIONS_FOLDER } from './migration-files.ts'
import { requireLedger } from './require-ledger.ts'

/** Where an app's own process finds the ledger, and the provider. */
export interface FoundLedger {
  readonly databaseUrl: string
  /** Undefined: this process has no key, so it lets nobody send through Purser. */
  readonly geminiKey: string | undefined
  /** Undefined: the provider's own. */
  readonly geminiBaseUrl: string | undefined
}

/**
 * The ledger of DATABASE_URL, or of the `purser dev` that runs in PURSER_HOME, with its emulator. Throws PurserError `not_found` when there is neither,
 * PlatformError when it does not answer or is older than this program.
 */
export async function findLedger(config: Config): Promise<FoundLedger> {
  const found = config.DATABASE_URL === undefined ? await runningDev(config) : placesOf(config, config.DATABASE_URL)
  await requireLedger(found.databaseUrl, MIGRATIONS_FOLDER)
  return found
}

const placesOf = (config: Config, databaseUrl: string): FoundLedger => ({
  databaseUrl,
  geminiKey: config.GEMINI_API_KEY,
  geminiBaseUrl: config.PURSER_GEMINI_BASE_URL,
})

async function runningDev(config: Config): Promise<FoundLedger> {
  const dev = await readDevFile(config.PURSER_HOME)
  if (dev === undefined)
    throw new PurserError(
      'not_found',
      `there is no ledger: set DATABASE_URL, or run \`purser dev\` in this folder (or name its data folder: PURSER_HOME, now ${config.PURSER_HOME})`,
    )
  // Reuses what runs: the process that was just seen owns it.
  const { databaseUrl } = await startServices({ home: config.PURSER_HOME, say: () => {}, parts: 'database' })
  if (dev.emulatorUrl === undefined) return placesOf(config, databaseUrl)
  return { databaseUrl, geminiKey: EMULATOR_KEY, geminiBaseUrl: dev.emulatorUrl }
}
