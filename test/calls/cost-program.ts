/** Run as a process of its own by the tests: puts one call under budget that never ends. Its input: `{ env, terms, url }`. */
import { openCosts, type CostTerms } from '../../src/with-cost.ts'
import { askByOurselves } from '../support/own-client.ts'

const { env, terms, url } = JSON.parse(process.argv[2] ?? '') as {
  env: Record<string, string>
  terms: CostTerms & { input: string }
  url: string
}
const { withCost } = await openCosts({ env })
await withCost((call) => askByOurselves(url, call, terms.input), terms)
