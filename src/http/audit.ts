import { z } from '@hono/zod-openapi'
import { money, nano } from '../domain/money.ts'
import { audit } from '../ledger/audit.ts'
import { endpoint } from './endpoint.ts'
import { moneySchema } from './money.ts'
import { Problem } from './problem.ts'

const auditSchema = z
  .object({
    checks: z.int().openapi({ description: 'How many invariants were checked' }),
    violations: z.array(z.object({ invariant: z.string(), where: z.string(), found: z.string() })),
    held: z
      .object({ attempts: z.int(), amount: moneySchema })
      .openapi({ description: 'Money that is set aside for attempts whose outcome nobody knows: no violation' }),
  })
  .openapi('Audit')

/** A statement that ran into its limit. */
const wasCut = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '57014'

const run = endpoint({
  method: 'get',
  path: '/v1/audit',
  name: 'runAudit',
  resource: 'audit',
  summary: 'Check every invariant of the ledger, now, on the live database',
  description:
    'It reads, and changes and locks nothing. A ledger that is too large for the time of a request is checked by `purser audit`. Needs a key that is bound to no account.',
  scope: 'admin',
  answers: { 200: { what: 'What was found; nothing is broken when `violations` is empty', schema: auditSchema } },
  async run(access) {
    const { reports } = access.everywhere()
    const { checks, violations, held } = await audit(reports).catch((error: unknown) => {
      if (wasCut(error)) throw new Problem('timeout', 'this ledger takes longer than a request may: run `purser audit`')
      throw error
    })
    return { status: 200, body: { checks, violations, held: { attempts: held.attempts, amount: money(nano(held.nanoEur)) } } }
  },
})

export const AUDIT = [run]
