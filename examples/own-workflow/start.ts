/** Makes the account, runs both workflows, and says what they cost. `npx node examples/own-workflow/start.ts` */
import { Client, Connection } from '@temporalio/client'
import { createPurser } from 'purser'
import type { summarise, titles } from './workflows.ts'

const connection = await Connection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233' })
const client = new Client({ connection })
const purser = await createPurser({ client })
await purser.accounts.ensure({ id: 'notes', plan: 'free' })

const note = { account: 'notes', text: 'Purser keeps an AI product inside its budget, whatever is killed, and whenever.' }
const start = { taskQueue: 'my-app', args: [note] as [typeof note] }
console.log(await client.workflow.execute<typeof summarise>('summarise', { ...start, workflowId: 'note-1-summary' }))
console.log(await client.workflow.execute<typeof titles>('titles', { ...start, workflowId: 'note-1-titles' }))
await connection.close()
