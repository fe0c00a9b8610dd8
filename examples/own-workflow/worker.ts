import { fileURLToPath } from 'node:url'
import { NativeConnection, Worker } from '@temporalio/worker'
import { purserPlugin } from 'purser/worker'
import { modelActivities } from './activities.ts'

const connection = await NativeConnection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233' })
const worker = await Worker.create({
  connection,
  taskQueue: 'my-app',
  workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)),
  plugins: [await purserPlugin({ connection, modelActivities })],
})
await worker.run()
await connection.close()
