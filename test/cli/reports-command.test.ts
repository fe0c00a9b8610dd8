import { afterAll, expect, test } from 'vitest'
import { openTestLedger } from '../support/ledger.ts'
import { objects, purser } from './purser.ts'

const t = await openTestLedger()
afterAll(() => t.drop())
const run = (...args: string[]) => purser(['reports', ...args], { DATABASE_URL: t.url })

test('a report is scheduled, listed a page at a time, and ended by its id', async () => {
  for (const name of ['users-each-monday', 'features-each-monday'])
    expect(await run('schedule', name, '--question', name.split('-')[0] ?? '', '--every', 'week')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`"${name}" is sent each week, for the first time `),
    })
  const page = await run('list', '--limit', '1')
  expect([page.stdout, page.stderr]).toEqual([
    expect.stringMatching(/^id +name +question +every +account +next\n *1 +users-each-monday +users +week, 7:00 UTC +\d{4}/),
    'more: purser reports list --after 1\n',
  ])
  expect(objects((await run('list', '--after', '1', '--json')).stdout)).toMatchObject([{ id: 2, question: 'features', every: 'week' }])
  expect((await run('end', 'rep_1')).stderr).toContain('"users-each-monday" is sent no more')
  expect((await run('end', '2')).stderr).toContain('"features-each-monday" is sent no more')
  expect((await run('list')).stderr).toContain('no report is sent by itself')
})

test.for([
  [['schedule', 'x', '--question', 'live', '--every', 'week'], 'no report is made of "live"'],
  [['schedule', 'x', '--question', 'users', '--every', 'year'], 'write day, week or month'],
  [['end', 'users'], '"users" is no id of a report: `purser reports list` has them'],
  [['end', '99'], 'there is no report with the id 99'],
] as const)('what is no report is refused in words: %s', async ([args, words]) => {
  const { code, stderr } = await run(...args)
  expect([code, stderr]).toEqual([2, expect.stringContaining(words)])
})
