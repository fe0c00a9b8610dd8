import { parseArgs } from 'node:util'
import { startEmulator } from './server.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '9090' },
    host: { type: 'string', default: '127.0.0.1' },
    bill: { type: 'string', default: 'bill.jsonl' },
    'latency-ms': { type: 'string', default: '0' },
    flat: { type: 'boolean', default: false },
  },
})

const emulator = await startEmulator({
  billFile: values.bill,
  port: Number(values.port),
  host: values.host,
  latencyMs: Number(values['latency-ms']),
  pictures: values.flat ? 'flat' : 'drawn',
})
process.stdout.write(`${emulator.url}\n`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void emulator.stop())
