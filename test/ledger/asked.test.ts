import { afterAll, expect, test } from 'vitest'
import { asked } from '../../src/ledger/asked.ts'
import { openTestLedger } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(() => t.drop())

/** A ledger function that is taken back so many times, with this SQLSTATE. How often it was asked outlives what is taken back. */
async function takenBack(times: number, code: string): Promise<() => Promise<readonly { answer: bigint }[]>> {
  await t.owner`drop sequence if exists purser.asked_times`
  await t.owner`create sequence purser.asked_times`
  await t.owner.unsafe(`
    create or replace function purser.taken_back() returns bigint language plpgsql as $$
    declare v_times constant bigint := nextval('purser.asked_times');
    begin
      if v_times <= ${times} then raise exception 'taken back' using errcode = '${code}'; end if;
      return v_times;
    end $$`)
  return () => t.owner`select purser.taken_back() as answer`
}

test.for(['40P01', '40001', 'PU002'])('what is taken back with %s is asked again, and nobody hears of it', async (code) => {
  expect(await asked(await takenBack(3, code))).toBe(4n)
})

test('what is taken back each time is heard of in the end', async () => {
  const query = await takenBack(9, '40P01')
  await expect(asked(query)).rejects.toMatchObject({ code: '40P01' })
  expect(await t.owner`select last_value from purser.asked_times`).toEqual([{ last_value: 4n }])
})

test.for(['57014', '55P03', '23505'])('%s is heard of at once: it may have taken long, or it will not be another answer', async (code) => {
  const query = await takenBack(1, code)
  await expect(asked(query)).rejects.toMatchObject({ code })
  expect(await asked(query)).toBe(2n)
})
