import type { Crime } from './crimes.ts'

const BILLED = 'an attempt whose bill is booked costs what its lines say, less what was booked of it without cover'
const REST = 'what bills hold beyond all attempts is on the house, once, and so is the difference of the euro'

/** What could be done to a ledger with bills, each with the checks of the audit that must see it. */
export const CRIMES_WITH_BILLS: readonly Crime[] = [
  {
    what: 'a bill’s line that says another cost than was booked',
    statement: "update purser.bill_line set pico_usd = pico_usd + 1000 where line_id = 'line 1'",
    found: [BILLED],
  },
  {
    what: 'a bill’s line that was attributed, and moved nothing',
    statement: "update purser.bill_line set attempt = '$settled' where line_id = 'line 2'",
    found: [BILLED],
  },
  { what: 'a total of the house that no entry made', statement: 'update purser.bill_rest set total = total + 1', found: [REST] },
  {
    what: 'an entry of a bill that belongs to no line',
    statement: 'delete from purser.bill_rest',
    found: [REST],
  },
  {
    what: 'a budget that spends less than nothing',
    statement: 'update purser.balance set may_gain = true',
    found: [REST],
  },
]
