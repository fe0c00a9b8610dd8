import type { ServerResponse } from 'node:http'
import { streamBodies, unaryBody, type Answer } from './answer.ts'
import type { HttpError } from './http-error.ts'

/** Bytes that are ready to go out, in the pieces in which they go. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly chunks: readonly Buffer[]
}

const jsonType = 'application/json; charset=UTF-8'

function oneChunk(status: number, contentType: string, body: string, headers: Readonly<Record<string, string>> = {}): Reply {
  const bytes = Buffer.from(body)
  return { status, headers: { 'content-type': contentType, 'content-length': String(bytes.length), ...headers }, chunks: [bytes] }
}

/** A JSON reply with a 200. */
export function jsonReply(body: unknown): Reply {
  return oneChunk(200, jsonType, JSON.stringify(body))
}

/** A provider's error, with its status. */
export function errorReply(error: HttpError): Reply {
  return oneChunk(error.httpStatus, jsonType, error.body, error.headers)
}

/** What a proxy between us and the provider answers: HTML, and no word of the provider's own. */
export function proxyReply(status: number, title: string): Reply {
  const page = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`
  return oneChunk(status, 'text/html', page)
}

/** How a method sends its answer: one object, a JSON array of chunks, or server-sent events. */
export type AnswerForm = 'unary' | 'array' | 'sse'

/** The answer in the form that was asked for. Google separates events by CRLF. */
export function answerReply(answer: Answer, form: AnswerForm): Reply {
  switch (form) {
    case 'unary':
      return jsonReply(unaryBody(answer))
    case 'array':
      return jsonReply(streamBodies(answer))
    case 'sse': {
      const chunks = streamBodies(answer).map((body) => Buffer.from(`data: ${JSON.stringify(body)}\r\n\r\n`))
      return { status: 200, headers: { 'content-type': 'text/event-stream' }, chunks }
    }
  }
}

/** Sends a reply to its end. A client that left is no error. */
export async function send(response: ServerResponse, reply: Reply): Promise<void> {
  if (response.destroyed) return
  response.writeHead(reply.status, reply.headers)
  for (const chunk of reply.chunks) {
    await written(response, chunk)
    if (response.destroyed) return
  }
  response.end()
}

/** Sends the headers and the first half of the bytes, then destroys the socket. */
export async function sendHalf(response: ServerResponse, reply: Reply): Promise<void> {
  const all = Buffer.concat(reply.chunks)
  response.writeHead(reply.status, reply.headers)
  await written(response, all.subarray(0, Math.floor(all.length / 2)))
  response.destroy()
}

/** Waits until the kernel has the bytes (so that a cut that follows comes after them) or the client is gone. */
function written(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('close', done)
      resolve()
    }
    response.once('close', done)
    response.write(bytes, done)
  })
}
