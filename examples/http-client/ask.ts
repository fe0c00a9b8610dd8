// Set the environment PURSER_URL and PURSER_KEY (`purser keys create app --scope reservations:write,track:write`), then: node examples/http-client/ask.ts acme
import { BudgetExceededError, purserApi } from 'purser/api'
import { askModel } from './model.ts'

const purser = purserApi({ url: process.env['PURSER_URL'] ?? 'http://127.0.0.1:8080', key: process.env['PURSER_KEY'] ?? '' })
const call = { account: process.argv[2] ?? 'acme', feature: 'chat', model: 'gemini-2.5-flash-lite', inputTokensMax: 2_000 }

try {
  const reservation = await purser.reserve({ ...call, maxOutputTokens: 1_000 })
  const { text, usage } = await askModel('What is a purser?', { maxOutputTokens: 1_000 })
  const { cost, budgets } = await reservation.settle(usage)
  console.log(`${text} It cost ${cost?.amount} EUR; ${budgets[0]?.remaining.amount} EUR are left.`)

  const long = { ...call, model: 'gemini-2.5-pro', maxOutputTokens: 60_000 }
  // No effect: nothing is set aside.
  const isAffordable = await purser.canAfford(long)
  console.log('a long answer, too?', isAffordable)
  if (!isAffordable) await purser.reserve(long)
} catch (error) {
  if (!(error instanceof BudgetExceededError)) throw error
  console.log(error.message, error.wouldWork.map(({ kind }) => kind).join(', '))
}
