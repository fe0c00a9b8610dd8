/** A scope as it is typed: whoever copies the line that an alert says lifts that stop, and no other. */
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { budgetScopeSchema, scopeOf, scopeText } from '../../src/schema/budget-input.ts'
import { openTestLedger } from '../support/ledger.ts'

const t = await openTestLedger()
afterAll(() => t.drop())

const value = fc.string({ unit: fc.constantFrom('a', ',', '\\', '=', '.', ' ', 'é', "'", 'account=b'), minLength: 1, maxLength: 8 })
const scopes = fc
  .record({ account: value, feature: value, model: value, labels: fc.record({ tier: value, a_b: value }) }, { requiredKeys: [] })
  .map((scope) => budgetScopeSchema.safeParse(scope))
  .filter(({ success }) => success)
  .map(({ data }) => data ?? {})

test('what the ledger and the terminal write down is read as the same scope, whatever its values are', async () => {
  await fc.assert(
    fc.asyncProperty(scopes, async (scope) => {
      const { labels = {}, ...rest } = scope
      const whole = Object.keys(labels).length === 0 ? rest : scope
      const [row] = await t.owner<{ text: string }[]>`select purser.scope_text(${t.owner.json(scope)}) as text`
      expect([scopeOf(scopeText(scope)), scopeOf(row?.text ?? '')]).toEqual([whole, whole])
    }),
    { numRuns: 200 },
  )
  expect(scopeText({ feature: 'search, all', account: 'acme' })).toBe('account=acme,feature=search\\, all')
})
