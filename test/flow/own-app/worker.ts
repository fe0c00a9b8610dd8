/** The app's worker in a process of its own, so that it can be killed. The environment says all. */
import { NativeConnection, Worker } from '@temporalio/worker'
import { purserPlugin } from '../../../src/worker-plugin.ts'
import { modelActivitiesOf } from './activities.ts'

const { TEMPORAL_ADDRESS: address = '', APP_TASK_QUEUE: taskQueue = '', APP_BUNDLE: codePath = '' } = process.env
const connection = await NativeConnection.connect({ address })
const modelActivities = modelActivitiesOf(
  () => process.env['PURSER_GEMINI_BASE_URL'] ?? '',
  () => undefined,
)
const plugins = [await purserPlugin({ connection, modelActivities })]
const worker = await Worker.create({ connection, taskQueue, workflowBundle: { codePath }, plugins })
const running = worker.run()
console.log('app ready')
await running
await connection.close()
