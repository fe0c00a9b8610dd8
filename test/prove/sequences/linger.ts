import type { TestDatabase } from '../../support/database.ts'

/** A statement of PL/pgSQL that follows another one. Branches and ends of blocks are none, and a comment is left with what it is about. */
const FOLLOWING = /;\n(\s*)(?=(?:select|perform|update|insert|delete|with|if|for|foreach|return|\w+ :=)\b)/g

/** An ASSERT looks at an expression, and unlike PERFORM leaves FOUND and the row count as they are. */
const between = (source: string): string => source.replaceAll(FOLLOWING, ';\n$1assert purser.linger();\n$1')

/**
 * Makes the ledger's functions linger for a moment, now and then, between one statement and the next: a race that a fast machine shows once in a
 * million rounds is then one of hundreds. What they do, and what they lock, is as it was. Only for the owner of a database that is thrown away.
 */
export async function putLinger(owner: TestDatabase['sql']): Promise<void> {
  await owner.unsafe(`
    create function purser.linger() returns boolean language plpgsql as $$
    begin
      if random() < 0.1 then perform pg_sleep(random() * 0.004); end if;
      return true;
    end $$`)
  const functions = await owner<{ text: string }[]>`
    select pg_get_functiondef(p.oid) as text from pg_proc p join pg_language l on l.oid = p.prolang
     where p.pronamespace = 'purser'::regnamespace and l.lanname = 'plpgsql' and p.provolatile = 'v' and p.proname <> 'linger'`
  const lingering = functions.flatMap(({ text }) => {
    const begin = text.indexOf('\nbegin\n')
    const edited = text.slice(0, begin) + between(text.slice(begin))
    return edited === text ? [] : [edited]
  })
  // The functions that move money have several statements each.
  if (lingering.length < 20) throw new Error('the ledger’s functions are not written as this expects')
  for (const text of lingering) await owner.unsafe(text)
}
