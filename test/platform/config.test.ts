import { expect, test } from 'vitest'
import { readConfig } from '../../src/platform/config.ts'

test('an empty variable counts as absent: nobody asked for a port', () => {
  expect(readConfig({ PURSER_HTTP_PORT: '', PURSER_TEMPORAL_UI_URL: '', PURSER_MODEL: '' })).toEqual(readConfig({}))
  expect(readConfig({}).PURSER_HTTP_PORT).toBeUndefined()
  expect(readConfig({ PURSER_HTTP_PORT: '8081' }).PURSER_HTTP_PORT).toBe(8081)
})

test('an empty address of the rates is a word of its own: they are not read', () => {
  expect(readConfig({}).PURSER_RATES_URL).toMatch(/^https:\/\/www\.ecb\.europa\.eu\//)
  expect(readConfig({ PURSER_RATES_URL: '' }).PURSER_RATES_URL).toBe('')
  expect(() => readConfig({ PURSER_RATES_URL: 'ecb' })).toThrow(expect.objectContaining({ code: 'bad_input' }))
})

test.for(['http://127.0.0.1:8080', 'https://proxy.example/gemini'])('a provider may be at %s', (url) => {
  expect(readConfig({ PURSER_GEMINI_BASE_URL: url }).PURSER_GEMINI_BASE_URL).toBe(url)
})

test.for(['ftp://proxy.example', 'file:///etc/hosts', 'proxy.example', 'localhost:8080', 'http://', 'https://ada:secret@proxy.example'])(
  'a provider cannot be at %s: nothing could be sent there',
  (url) => {
    expect(() => readConfig({ PURSER_GEMINI_BASE_URL: url })).toThrow(
      expect.objectContaining({ code: 'bad_input', message: expect.stringMatching(/PURSER_GEMINI_BASE_URL: (write|must)/) }),
    )
  },
)

test('people look at jobs in a browser: nothing else is an address of Temporal’s UI', () => {
  expect(readConfig({ PURSER_TEMPORAL_UI_URL: 'https://temporal.example' }).PURSER_TEMPORAL_UI_URL).toBe('https://temporal.example')
  expect(() => readConfig({ PURSER_TEMPORAL_UI_URL: 'javascript:alert(1)' })).toThrow(
    expect.objectContaining({ code: 'bad_input', message: expect.stringContaining('PURSER_TEMPORAL_UI_URL: write an address') }),
  )
})
