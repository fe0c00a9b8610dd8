import { expect, test } from 'vitest'
import { readConfig } from '../../src/platform/config.ts'

test('an empty variable counts as absent: nobody asked for a port', () => {
  expect(readConfig({ PURSER_HTTP_PORT: '', PURSER_TEMPORAL_UI_URL: '', PURSER_MODEL: '' })).toEqual(readConfig({}))
  expect(readConfig({}).PURSER_HTTP_PORT).toBeUndefined()
  expect(readConfig({ PURSER_HTTP_PORT: '8081' }).PURSER_HTTP_PORT).toBe(8081)
})
