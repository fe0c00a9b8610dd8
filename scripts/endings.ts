/** `npm run docs:endings`: writes docs/endings.md from the tables that decide (src/domain/ending.ts, src/providers/). The tests compare. */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { endingsPage } from './endings-page.ts'

await writeFile(fileURLToPath(new URL('../docs/endings.md', import.meta.url)), await endingsPage())
