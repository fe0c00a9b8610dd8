/** Bundles the workflows into dist/workflows.js, so that a worker in production starts without webpack (PURSER_WORKFLOW_BUNDLE). */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'

const workflowsPath = fileURLToPath(new URL('../src/workflows/index.ts', import.meta.url))
const target = fileURLToPath(new URL('../dist/workflows.js', import.meta.url))

const startedAt = performance.now()
const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') })
await mkdir(dirname(target), { recursive: true })
await writeFile(target, code)
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
console.log(`${relative(process.cwd(), target)}: ${Math.round(code.length / 1024)} kB in ${seconds} s`)
