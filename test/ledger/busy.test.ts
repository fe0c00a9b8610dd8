import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { eur, nano } from '../../src/domain/money.ts'
import { chance } from '../support/chance.ts'
import { openTestLedger, PATHS, times } from '../support/ledger.ts'

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000)

describe.for(PATHS)('on the %s path', async (path) => {
  const t = await openTestLedger(path)
  afterAll(async () => {
    await t.audited()
    await t.drop()
  })

  test(`a busy ledger keeps every invariant: jobs that answer, fail, are repeated, cut, reset and closed at once (seed ${SEED})`, async () => {
    const team = randomUUID()
    const shared = [
      await t.budget({ scope: { team }, cap: '0.60', period: 'day', timeZone: 'Asia/Tokyo' }),
      await t.budget({ scope: { team, model: 'cheaper' }, cap: '0.20', period: 'total' }),
      await t.budget({ scope: { team, feature: 'f0' }, cap: '0.30', period: 'month', timeZone: 'America/Los_Angeles' }),
      await t.budget({ scope: { team, feature: 'f1' }, cap: '0.30', period: 'month', timeZone: 'Pacific/Kiritimati' }),
    ]
    const accounts = await Promise.all(times(4, () => t.accountWith({ cap: '0.30' })))
    const ends: Record<string, number> = {}

    const job = async (index: number): Promise<void> => {
      const dice = chance(SEED + index * 7_919)
      const call = t.call(accounts[dice(4)] ?? '', { team, feature: `f${dice(3)}` })
      let runId = call.runId
      // An ask keeps its terms, whoever makes it.
      const models = times(5, () => (dice(3) === 0 ? 'cheaper' : 'penny-model'))
      for (let ask = 1; ask <= 4; ask += 1) {
        const model = models[ask - 1] ?? ''
        const amount = nano(eur('0.005') + BigInt(dice(20)) * eur('0.001'))
        if (dice(8) === 0) runId = randomUUID()
        const repeats = await Promise.all(times(1 + dice(3), () => call.reserve({ ask, runId, model, amount })))
        expect(new Set(repeats.map((r) => r.kind)).size).toBe(1)
        const asked = repeats[0]
        if (asked?.kind !== 'reserved') {
          ends[asked?.kind ?? ''] = (ends[asked?.kind ?? ''] ?? 0) + 1
          if (asked?.kind === 'refused') continue
          break
        }
        if (dice(10) === 0) break
        const tokens = times(1 + dice(2), () => randomUUID())
        const answers = await Promise.all(tokens.map((token) => call.dispatch(token, { ask, runId })))
        const sender = answers.findIndex((a) => a.kind === 'go')
        const go = answers[sender]
        expect(answers.filter((a) => a.kind === 'go')).toHaveLength(1)
        if (go?.kind !== 'go') return
        const sent = { ...go, token: tokens[sender] ?? '' }
        const cost = nano((go.amount * BigInt(dice(12))) / 10n + 1n)
        const end = dice(6)
        ends[`end ${end}`] = (ends[`end ${end}`] ?? 0) + 1
        if (end <= 1) {
          await Promise.all([call.settle(sent, cost), call.settle(sent, cost), call.close(runId)])
          break
        }
        if (end === 2) await call.reject(sent, { retryAfterMs: dice(2) === 0 ? 100 : undefined })
        if (end === 3) {
          await call.inDoubt(sent.reservationId, sent.token)
          if (dice(2) === 0)
            await Promise.all([call.settle(sent, cost), call.reserve({ ask: ask + 1, runId, amount, model: models[ask] ?? '' })])
        }
        if (end === 4)
          await Promise.all([
            call.reject(sent, { retryAfterMs: 100 }),
            call.settle(sent, cost),
            call.inDoubt(sent.reservationId, sent.token),
          ])
        if (end === 5) await call.settle({ ...sent, token: randomUUID() }, cost)
      }
      await Promise.all([call.close(runId), call.close(runId)])
    }
    // A deadlock would fail the job that it hits.
    for (const round of times(4, (r) => r)) await Promise.all(times(40, (i) => job(round * 40 + i)))
    // What is still reserved is exactly what was sent and never heard of.
    const held = await t.owner`select distinct state from purser.reservation where state in ('reserved', 'dispatched', 'in_doubt')`
    expect(held.map((row) => row['state']).filter((state) => state === 'reserved')).toEqual([])
    for (const id of shared) {
      const { cap, reserved, spent, overrun } = await t.countersOf(id)
      expect(overrun).toBe(reserved + spent > cap ? reserved + spent - cap : 0n)
    }
    expect(ends['refused'] ?? 0).toBeGreaterThan(0)
    expect(ends['end 0'] ?? 0).toBeGreaterThan(0)
    await t.audited()
  })
})
