import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** An act of administration. */
export interface Act {
  readonly id: string
  readonly at: string
  /** `key_7`, or `cli:ada`. */
  readonly who: string
  /** `key.revoke` */
  readonly act: string
  readonly account: string | null
  readonly what: Readonly<Record<string, unknown>>
  readonly requestId: string | null
}

/** Writes who did what, in the transaction in which it is done. */
export async function noteAct(
  { sql }: Ledger,
  a: Pick<Act, 'who' | 'act' | 'what'> & { readonly account: string | undefined; readonly requestId: string | undefined },
): Promise<void> {
  await asked(
    () =>
      sql`select purser.note_act(${a.who}, ${a.act}, ${a.account ?? null}, ${sql.json(a.what as never)}, ${a.requestId ?? null}) as answer`,
  )
}

/** A page of acts, oldest first, after `after`; with an account, those that concern it. */
export const listActs = (
  { sql }: Ledger,
  page: { readonly account: string | undefined; readonly after: string; readonly limit: number },
): Promise<Act[]> =>
  asked(() => sql`select purser.list_acts(${page.account ?? null}, ${page.after}::text::bigint, ${page.limit}) as answer`)
