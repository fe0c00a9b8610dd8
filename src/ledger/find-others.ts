import type { Ledger } from './ledger.ts'

/** What somebody calls his own. */
export interface OwnNames {
  readonly accounts: readonly string[]
  /** A regular expression of Postgres: accounts that count as his, too. */
  readonly accountForm: string
  readonly budgets: readonly string[]
}

const NAMES_MAX = 5

/** Names of accounts, then of budgets, that are somebody else's: five at most. Empty: a ledger in which nobody else has anything. Reads tables that every version of the ledger has. */
export async function findOthers({ sql }: Pick<Ledger, 'sql'>, { accounts, accountForm, budgets }: OwnNames): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    (select id as name from purser.account
      where not id in (select jsonb_array_elements_text(${JSON.stringify(accounts)}::text::jsonb)) and id !~ ${accountForm} order by id limit ${NAMES_MAX})
    union all
    (select name from purser.budget
      where account is null and plan is null and not name in (select jsonb_array_elements_text(${JSON.stringify(budgets)}::text::jsonb)) order by name limit ${NAMES_MAX})
    limit ${NAMES_MAX}`
  return rows.map(({ name }) => name)
}

/** A key of a tracked usage that begins with `prefix` and not with `own`. */
export async function findOtherKey(
  { sql }: Pick<Ledger, 'sql'>,
  { prefix, own }: { readonly prefix: string; readonly own: string },
): Promise<string | undefined> {
  const [row] = await sql<{ key: string }[]>`
    select key from purser.tracked where starts_with(key, ${prefix}) and not starts_with(key, ${own}) limit 1`
  return row?.key
}
