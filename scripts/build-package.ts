/**
 * Compiles the npm package into dist/package (or the folder that is named): Node strips no types below node_modules, so what is published is JavaScript with
 * declarations. `npm pack ./dist/package` makes the archive.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const target = resolve(process.argv[2] ?? join(root, 'dist/package'))

type Manifest = Record<string, unknown> & { readonly exports: Readonly<Record<string, string>> }

rmSync(target, { recursive: true, force: true })
mkdirSync(target, { recursive: true })
execFileSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json', '--outDir', join(target, 'src')],
  {
    cwd: root,
    stdio: 'inherit',
  },
)
for (const part of ['migrations', 'prices', 'examples/briefs', 'README.md', 'CHANGELOG.md'])
  cpSync(join(root, part), join(target, part), { recursive: true })
mkdirSync(join(target, 'bin'))
writeFileSync(join(target, 'bin/purser.js'), compiled(readFileSync(join(root, 'bin/purser.js'), 'utf8')))
writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest(), undefined, 2)}\n`)
for (const file of readdirSync(target, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.d.ts')))
  writeFileSync(join(target, file), compiled(readFileSync(join(target, file), 'utf8')))
console.log(`${relative(process.cwd(), target)}: made`)

/** Relative imports name the compiled files. */
function compiled(text: string): string {
  return text.replaceAll(/(['"])(\.\.?\/[^'"]+)\.ts\1/g, '$1$2.js$1')
}

function manifest(): Record<string, unknown> {
  const {
    scripts: _,
    devDependencies: __,
    allowScripts: ___,
    ...kept
  } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
  const doors = Object.entries(kept.exports).map(([door, source]) => {
    const file = source.replace(/\.ts$/, '')
    return [door, { types: `${file}.d.ts`, default: `${file}.js` }]
  })
  return { ...kept, exports: Object.fromEntries(doors) as unknown }
}
