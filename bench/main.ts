/** `npm run bench -- analytics|api|calls|close|forecast|ledger|savings [--scale 0.2] [--rounds 3] [--only hot64,naive] [--json]`: measures side by side, prints ratios. */
import { parseArgs } from 'node:util'
import { benchAnalytics } from './analytics/bench.ts'
import { benchApi } from './api/bench.ts'
import { benchCalls } from './calls/bench.ts'
import { benchClose } from './close/bench.ts'
import { benchForecast } from './forecast/bench.ts'
import { benchLedger } from './ledger/bench.ts'
import { benchSavings } from './savings/bench.ts'

const BENCHES = {
  analytics: benchAnalytics,
  api: benchApi,
  calls: benchCalls,
  close: benchClose,
  forecast: benchForecast,
  ledger: benchLedger,
  savings: benchSavings,
} as const

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    scale: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})

const [name = ''] = positionals
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name as keyof typeof BENCHES] : undefined
const scale = Number(values.scale)
const rounds = Number(values.rounds)
if (bench === undefined || !(scale > 0 && scale <= 10) || !(Number.isInteger(rounds) && rounds >= 1 && rounds <= 20)) {
  console.error(`usage: npm run bench -- ${Object.keys(BENCHES).join('|')} [--scale 0.1 to 10] [--rounds 1 to 20] [--only a,b] [--json]`)
  process.exit(2)
}
const result = await bench({
  scale,
  rounds,
  only: values.only?.split(','),
  say: (line) => console.error(line),
  print: (line) => console.log(line),
})
if (values.json) console.log(JSON.stringify({ bench: name, ...result }))
