/** Every workflow that a worker runs. The name is the workflow type. */
export { banner } from './banner.ts'
export { batchCalls } from './batch-calls.ts'
export { closeMonths } from './close-months.ts'
export { dailyRates } from './daily-rates.ts'
export { deliverNotice } from './deliver-notice.ts'
export { ensureAccount } from './ensure-account.ts'
export { monthlyReset } from './monthly-reset.ts'
export { sweep } from './sweep.ts'
