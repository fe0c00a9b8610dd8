/** `npm run prove`: the long proofs, on whole systems of their own. `--short`: the form that CI runs, in at most ten minutes. */
import { runSteps } from './steps.ts'

const short = process.argv.includes('--short')
await runSteps(
  short ? 'prove --short' : 'prove',
  [{ name: 'proofs', command: ['vitest', 'run', '--config', 'vitest.prove.config.ts'], vitest: true }],
  { PURSER_PROVE: short ? 'short' : 'long' },
)
