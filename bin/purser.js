#!/usr/bin/env node
// Plain JavaScript, so that an old Node can read this much: it cannot run the TypeScript sources behind it.
import module from 'node:module'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `Purser needs Node 22.18 or newer, and this is ${process.version}. Its npm scripts bring their own Node 24: use \`npm run demo\` or \`npx purser …\`.`,
  )
  process.exit(1)
}
// Halves the start of a command: what was compiled once is read from the cache. NODE_COMPILE_CACHE says where, NODE_DISABLE_COMPILE_CACHE=1 does without.
module.enableCompileCache()
const { main } = await import('../src/cli/main.ts')
const code = await main(process.argv)
// Whatever is still open must not keep the process; what was written must reach its pipe first.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))))
process.exit(code)
