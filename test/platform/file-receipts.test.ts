/** Receipts that come close together share a file: each is found, read, kept and set aside by itself all the same. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fileBlobStore } from '../../src/platform/file-blob-store.ts'
import { times } from '../support/ledger.ts'

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'purser-receipts-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

const receipt = () => ({ id: randomUUID(), token: randomUUID() })
const nameOf = ({ id, token }: ReturnType<typeof receipt>) => `${id}.${token}.json`
const files = async (...under: string[]) =>
  [
    ...(await readdir(join(home, 'receipts', ...under)).catch(() => [])),
    ...(under.length === 0 ? await readdir(join(home, 'receipts', 'batches')).catch(() => []) : []),
  ].filter((name) => /\.(json|batch)$/.test(name))
const today = () => new Date().toISOString().slice(0, 10)
const plain = (names: readonly string[]) => names.map((name) => name.slice(name.lastIndexOf('/') + 1)).toSorted()
/** Put at the same time. */
async function together(count: number) {
  const store = fileBlobStore(home)
  const all = times(count, receipt)
  await Promise.all(all.map(({ id, token }, n) => store.putReceipt(id, token, { n, text: 'a line\nand another' })))
  return { store, all, names: all.map(nameOf).toSorted() }
}

test('one that comes alone has a file of its own, at once', async () => {
  const store = fileBlobStore(home)
  const [one, two] = [receipt(), receipt()]
  await store.putReceipt(one.id, one.token, { n: 1 })
  await sleep(20)
  await store.putReceipt(two.id, two.token, { n: 2 })
  expect(await files()).toEqual(expect.arrayContaining([nameOf(one), nameOf(two)]))
  expect(await store.receipts.read(nameOf(one))).toBe('{"n":1}')
})

test('a hundred at once share a few files; each is there by its name, with what was put', async () => {
  const { store, all, names } = await together(100)
  expect((await files()).length).toBeLessThan(10)
  const waiting = await store.receipts.waiting(1_000)
  expect(plain(waiting)).toEqual(names)
  const texts = await Promise.all(waiting.map((name) => store.receipts.read(name)))
  expect(texts.map((text) => (JSON.parse(text ?? '') as { n: number }).n).toSorted((a, b) => a - b)).toEqual(all.map((_, n) => n))
})

test('a file goes to the kept ones when the last of it is booked, whoever books it', async () => {
  const { store, all, names } = await together(10)
  const [last, ...first] = all
  for (const { id, token } of first) await store.keepReceipt(id, token)
  expect(plain(await store.receipts.waiting(100))).toEqual(last === undefined ? [] : [nameOf(last)])
  // Another process does not know what was kept: it finds all of them, and books none twice.
  expect(plain(await fileBlobStore(home).receipts.waiting(100))).toEqual(names)
  if (last !== undefined) await store.keepReceipt(last.id, last.token)
  expect(await store.receipts.waiting(100)).toEqual([])
  const kept: string[] = []
  for await (const page of store.receipts.keptSince(new Date())) kept.push(...page)
  expect(plain(kept)).toEqual(names)
  expect(JSON.parse((await store.receipts.read(kept[0] ?? '')) ?? '')).toMatchObject({ text: 'a line\nand another' })
})

test('what another process finds it keeps: afterwards nothing waits, for nobody', async () => {
  const { store, all, names } = await together(10)
  const other = fileBlobStore(home)
  expect(plain(await other.receipts.waiting(100))).toEqual(names)
  for (const { id, token } of all) await other.keepReceipt(id, token)
  expect([await files(), (await files('kept', today())).length > 0]).toEqual([[], true])
  // No effect: somebody else was first.
  for (const { id, token } of all) await store.keepReceipt(id, token)
  expect(await store.receipts.waiting(100)).toEqual([])
})

test('one that is no receipt is set aside from among the others, which stay', async () => {
  const { store } = await together(5)
  const waiting = await store.receipts.waiting(100)
  const [broken = '', ...others] = waiting
  await store.receipts.setAside(broken)
  expect(plain(await store.receipts.waiting(100))).toEqual(plain(others))
  expect(await files('aside')).toEqual(plain([broken]))
})

test('an empty file of many is read as nothing, and set aside', async () => {
  const { store } = await together(2)
  await writeFile(join(home, 'receipts', 'batches', 'x.batch'), '')
  const [name = ''] = (await store.receipts.waiting(100)).filter((one) => one.includes('x.batch'))
  expect([name, await store.receipts.read(name)]).toEqual(['batches/x.batch', ''])
  await store.receipts.setAside(name)
  expect(await files('aside')).toEqual(['x.batch'])
})

test('one that was put twice, in two files, is kept in both', async () => {
  const store = fileBlobStore(home)
  const [a, b, c] = [receipt(), receipt(), receipt()]
  const put = (...all: ReturnType<typeof receipt>[]) => Promise.all(all.map(({ id, token }) => store.putReceipt(id, token, {})))
  await put(a, b)
  await put(a, c)
  for (const { id, token } of [a, b, c]) await store.keepReceipt(id, token)
  expect(await files()).toEqual([])
  expect(await store.receipts.waiting(100)).toEqual([])
})
