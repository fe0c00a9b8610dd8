/**
 * Lets the Temporal SDK download its server into a folder. Arguments: version, folder.
 * A process of its own, because the SDK starts its native runtime for this, and a process can set that up only once.
 */
import { TestWorkflowEnvironment } from '@temporalio/testing'

const [version, downloadDir] = process.argv.slice(2)
if (version === undefined || downloadDir === undefined) throw new Error('usage: sdk-download <version> <folder>')
const environment = await TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'cached-download', version, downloadDir } } })
await environment.teardown()
