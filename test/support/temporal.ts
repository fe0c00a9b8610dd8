import { TestWorkflowEnvironment } from '@temporalio/testing'
import { inject } from 'vitest'

/** Connects to the Temporal server of this test run. Tear it down when done: that closes the connections, not the server. */
export function connectTemporal(): Promise<TestWorkflowEnvironment> {
  return TestWorkflowEnvironment.createFromExistingServer({ address: inject('temporalAddress') })
}
