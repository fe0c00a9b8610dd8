/** The migration files: read, checked for their header, and compared with what a database says was applied. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PlatformError } from './platform-error.ts'

/** Purser's own. */
export const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url))

/** A migration as it lies in the folder. */
export interface Migration {
  /** `0003_attempts.sql` */
  readonly file: string
  readonly number: number
  readonly name: string
  readonly sha256: string
  readonly text: string
}

/** A migration as the database remembers it. */
export interface AppliedMigration {
  readonly number: number
  readonly name: string
  readonly sha256: string
}

/** Reads `0001_….sql`, `0002_….sql`, … in order. Throws `migration_refused` for a wrong name, a gap, or a header that does not say what, why, locks and undo. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted()
  const migrations = await Promise.all(files.map((file) => readMigration(folder, file)))
  migrations.forEach((migration, at) => {
    const due = String(at + 1).padStart(4, '0')
    if (migration.number !== at + 1)
      throw refused(migration.file, `it should have number ${due}: numbers begin at 0001, without a gap and each used once`)
  })
  return migrations
}

/** The files that are still to be applied. Throws `migration_refused`, naming the file, if the database's history is not the beginning of the files. */
export function checkHistory(files: readonly Migration[], history: readonly AppliedMigration[]): Migration[] {
  const newest = history.at(-1)?.number ?? 0
  for (const applied of history) {
    const file = files[applied.number - 1]
    const recorded = `${String(applied.number).padStart(4, '0')}_${applied.name}.sql`
    if (file === undefined && applied.number > files.length) {
      throw refused(recorded, 'the database has it, but this Purser does not know it: the database is newer, so run the newer Purser')
    }
    if (file?.name !== applied.name)
      throw refused(recorded, `the database has it, but it is missing here (found ${file?.file ?? 'nothing'}): restore the file`)
    if (file.sha256 !== applied.sha256) {
      throw refused(
        recorded,
        'it was edited after it had been applied: restore the file as it was, and put the change into a new migration',
      )
    }
  }
  const missing = files.filter((file) => !history.some((applied) => applied.number === file.number))
  const late = missing.find((file) => file.number < newest)
  if (late !== undefined)
    throw refused(late.file, `it comes before number ${newest}, which was applied already: give it the next free number`)
  return missing
}

async function readMigration(folder: string, file: string): Promise<Migration> {
  const [, digits, name] = /^(\d{4})_([a-z0-9_]+)\.sql$/.exec(file) ?? []
  if (digits === undefined || name === undefined) throw refused(file, 'its name is not of the form 0003_attempts.sql')
  // Line ends as in the repository, also where git turned them into CRLF.
  const text = (await readFile(join(folder, file), 'utf8')).replaceAll('\r\n', '\n')
  requireHeader(file, digits, text)
  return { file, number: Number(digits), name, sha256: createHash('sha256').update(text).digest('hex'), text }
}

function requireHeader(file: string, digits: string, text: string): void {
  const lines = text.split('\n')
  const end = lines.findIndex((line) => !line.startsWith('--'))
  const header = lines.slice(0, end === -1 ? lines.length : end).join('\n')
  const missing = [
    new RegExp(`^-- ${digits}: \\S`).test(header) ? [] : [`-- ${digits}: what it makes`],
    /^-- Why: \S/m.test(header) ? [] : ['-- Why: …'],
    /^-- Locks: \S/m.test(header) ? [] : ['-- Locks: …'],
    /^--.*\bUndo: \S/m.test(header) ? [] : ['-- Undo: …'],
  ].flat()
  if (missing.length > 0) throw refused(file, `its first lines lack ${missing.join(', ')}`)
  // It would end our transaction, and a failure after it would leave half a migration.
  const own = /^\s*(begin|commit|rollback|start transaction)\s*;/im.exec(text)?.[1]
  if (own !== undefined)
    throw refused(file, `it contains \`${own};\`, but each file runs in one transaction that Purser makes: remove the statement`)
}

function refused(file: string, why: string): PlatformError {
  return new PlatformError('migration_refused', `migration ${file}: ${why}`)
}
