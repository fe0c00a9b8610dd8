import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { geminiBatches } from '../../src/providers/gemini-batches.ts'
import { geminiProvider } from '../../src/providers/gemini.ts'
import { promptFor, talkOf } from '../domain/requests.ts'

/** The body of what is sent to a server that answers nothing. */
async function bodyOf(send: (baseUrl: string) => Promise<unknown>): Promise<unknown> {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => bodies.push(chunk.toString())).once('end', () => response.writeHead(200).end('{}'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await send(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    return JSON.parse(bodies.join(''))
  } finally {
    server.closeAllConnections()
    server.close()
  }
}
const apiKey = 'emulator-the-key'
const options = { timeoutMs: 5_000, clientRequestId: 'rsv_wire', maySend: () => true }

test('a conversation is sent in its order, with the system’s words apart; by itself and as a line of a batch alike', async () => {
  const request = talkOf(
    [
      { role: 'system', text: 'Be short.' },
      { role: 'system', text: 'Be kind.' },
      { role: 'user', text: 'Hello' },
      { role: 'assistant', text: 'Hello!' },
      { role: 'user', text: 'What is a budget?' },
    ],
    100,
  )
  const said = {
    systemInstruction: { parts: [{ text: 'Be short.' }, { text: 'Be kind.' }] },
    contents: [
      { role: 'user', parts: [{ text: 'Hello' }] },
      { role: 'model', parts: [{ text: 'Hello!' }] },
      { role: 'user', parts: [{ text: 'What is a budget?' }] },
    ],
  }
  const live = await bodyOf((baseUrl) => geminiProvider({ apiKey, baseUrl }).send(request, options))
  expect(live).toEqual({ ...said, generationConfig: expect.any(Object) })
  const lines = [{ key: 'rsv_line', request: { ...request, endpoint: 'batchGenerateContent', tier: 'batch' } as const }]
  const asBatch = await bodyOf((baseUrl) => geminiBatches({ apiKey, baseUrl }).submit({ displayName: 'one', lines }, options))
  expect(asBatch).toMatchObject({ batch: { inputConfig: { requests: { requests: [{ request: said }] } } } })
})

test('a prompt is sent as a single message of the user is', async () => {
  const [prompt, message] = await Promise.all(
    [promptFor('Hello', 100), talkOf([{ role: 'user', text: 'Hello' }], 100)].map((request) =>
      bodyOf((baseUrl) => geminiProvider({ apiKey, baseUrl }).send(request, options)),
    ),
  )
  expect(message).toEqual(prompt)
  expect(prompt).not.toHaveProperty('systemInstruction')
})
