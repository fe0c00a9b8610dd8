/** `npm run check`: types, lint, format, dead code, tests; each with its time, all of them even when one fails. */
import { runSteps } from './steps.ts'

await runSteps('check', [
  // They say nothing while all is well.
  [
    { name: 'types', command: ['tsc', '-p', '.'] },
    { name: 'lint', command: ['oxlint'] },
    { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', '.'] },
    { name: 'dead code', command: ['knip'] },
  ],
  { name: 'tests', command: ['vitest', 'run'], vitest: true },
])
