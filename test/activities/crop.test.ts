import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fileBlobStore } from '../../src/platform/file-blob-store.ts'
import { activitiesOf } from '../../src/worker.ts'
import { EMULATOR_KEY, openStage, type Stage } from '../support/stage.ts'
import { newJob } from './activity.ts'

let stage: Stage
let activities: ReturnType<typeof activitiesOf>
beforeAll(async () => {
  stage = await openStage()
  activities = activitiesOf(stage.config, EMULATOR_KEY, stage.sql, stage.installation)
})
afterAll(() => stage.close())

const blobs = () => fileBlobStore(`${stage.folder}/blobs`)
const plain = (width: number, height: number, format: 'png' | 'jpeg' | 'webp') =>
  sharp({ create: { width, height, channels: 3, background: '#0b1b3a' } })
    .toFormat(format)
    .toBuffer()

test.each([
  [1536, 672, 'png'],
  [2048, 512, 'png'],
  [1584, 396, 'webp'],
  [300, 900, 'jpeg'],
  [1, 1, 'png'],
] as const)('a picture of %i×%i (%s) becomes exactly 1584×396, twice the same', async (width, height, format) => {
  const picture = await blobs().put(await plain(width, height, format), `image/${format}`)
  const cropped = await newJob().run(activities, 'cropBanner', picture)
  const { width: w, height: h, format: f } = await sharp(await blobs().get(cropped.ref)).metadata()
  expect([w, h, f, cropped.width, cropped.height, cropped.mimeType]).toEqual([1584, 396, 'png', 1584, 396, 'image/png'])
  expect(await newJob().run(activities, 'cropBanner', picture)).toEqual(cropped)
})

test('what is no picture fails typed and at once: it will not become one', async () => {
  const words = await blobs().put(Buffer.from('I cannot draw that'), 'text/plain')
  await expect(newJob().run(activities, 'cropBanner', words)).rejects.toMatchObject({ type: 'picture_unreadable', nonRetryable: true })
})

test('half a picture fails typed and at once', async () => {
  const whole = await plain(1536, 672, 'png')
  const half = await blobs().put(whole.subarray(0, whole.length / 2), 'image/png')
  await expect(newJob().run(activities, 'cropBanner', half)).rejects.toMatchObject({ type: 'picture_unreadable', nonRetryable: true })
})

test('a picture that is not there, or a reference to elsewhere, is typed', async () => {
  const away = { ref: `sha256/aa/${'a'.repeat(64)}.png`, sha256: 'a'.repeat(64), bytes: 1, mimeType: 'image/png' }
  await expect(newJob().run(activities, 'cropBanner', away)).rejects.toMatchObject({ type: 'not_found' })
  await expect(newJob().run(activities, 'cropBanner', { ...away, ref: '../../etc/passwd' })).rejects.toMatchObject({ type: 'bad_input' })
})
