import { DefaultLogger, Runtime } from '@temporalio/worker'

// Once in a process, before any connection: what a test breaks on purpose fills no page.
Runtime.install({
  logger: new DefaultLogger('ERROR', () => undefined),
  telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR', other: 'ERROR' } } },
})
