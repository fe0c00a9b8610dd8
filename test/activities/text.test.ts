import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createTextActivities } from '../../src/activities/text.ts'
import { jsonBytes, withinJson } from '../../src/domain/text.ts'
import { fileBlobStore } from '../../src/platform/file-blob-store.ts'

/** What one payload may have at Temporal. */
const TEMPORAL_MAX = 2 * 1024 * 1024

test.for([
  { what: 'plain words', text: 'a'.repeat(999_000), passes: true },
  { what: 'quotes, which take two bytes each', text: '"'.repeat(999_000), passes: true },
  { what: 'control characters, which take six', text: '\u0001'.repeat(999_000), passes: false },
  { what: 'more than a million bytes', text: 'a'.repeat(1_000_001), passes: false },
])('a text of $what is read only when Temporal can carry it', async ({ text, passes }) => {
  const folder = await mkdtemp(join(tmpdir(), 'purser-text-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const blobs = fileBlobStore(folder)
  const read = await createTextActivities({ blobs }).readText(await blobs.put(Buffer.from(text), 'text/plain'))
  expect(read === text).toBe(passes)
  expect(jsonBytes(read ?? '')).toBeLessThan(TEMPORAL_MAX)
})

test('the texts of a batch go as far as their bytes as JSON reach, in the order of its lines', () => {
  const outcomes = ['é', '"', undefined, 'abc', 'd'].map((text) => ({ kind: 'answered', text }))
  expect(withinJson(8, outcomes).map(({ text }) => text)).toEqual(['é', '"', undefined, undefined, undefined])
  expect(withinJson(16, outcomes)).toEqual(outcomes)
})
