import type { IncomingMessage } from 'node:http'
import { readBill } from './bill.ts'
import { jsonReply, type Reply } from './deliver.ts'
import { faultMeanings, parseQueuedFault } from './faults.ts'
import { HttpError } from './http-error.ts'
import { parseBatchMs } from './batch-wire.ts'
import { parseJson } from './request.ts'
import type { EmulatorState } from './state.ts'

const limitDefault = 100

function limitOf(url: URL): number {
  const limit = Number(url.searchParams.get('limit') ?? limitDefault)
  if (!Number.isInteger(limit) || limit < 1) throw new HttpError('INVALID_ARGUMENT', 'limit must be a positive whole number.')
  return limit
}

/** The whole bill's sum is exact; the entries are the newest ones, newest first. */
async function billReply(state: EmulatorState, url: URL): Promise<Reply> {
  const entries = await readBill(state.bill.file)
  const total = entries.reduce((sum, entry) => sum + BigInt(entry.picoUsd), 0n)
  return jsonReply({ count: entries.length, picoUsd: String(total), entries: entries.slice(-limitOf(url)).toReversed() })
}

/** Answers an admin call. It needs no key, so it is open to this machine only, whatever address the emulator listens on. */
export async function admin(state: EmulatorState, request: IncomingMessage, url: URL, body: Buffer): Promise<Reply> {
  if (!isLoopback(request.socket.remoteAddress)) throw new HttpError('PERMISSION_DENIED', 'Admin calls are answered on this machine only.')
  switch (`${request.method} ${url.pathname}`) {
    case 'POST /admin/faults':
      state.faults.add(parseQueuedFault(parseJson(body)))
      return jsonReply({ faults: state.faults.list() })
    case 'GET /admin/faults':
      return jsonReply({ faults: state.faults.list(), known: faultMeanings })
    case 'DELETE /admin/faults':
      state.faults.clear()
      return jsonReply({ faults: [] })
    case 'GET /admin/bill':
      return await billReply(state, url)
    case 'GET /admin/batches':
      return jsonReply({ batches: state.batches.handedIn() })
    case 'POST /admin/batches':
      state.batches.last(parseBatchMs(parseJson(body)))
      return jsonReply({})
    case 'GET /admin/requests':
      return jsonReply({ count: state.requests.count(), requests: state.requests.list(limitOf(url)) })
    default:
      throw new HttpError('NOT_FOUND', `No admin call ${request.method} ${url.pathname}.`)
  }
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (address === '::1' || /^(::ffff:)?127\./.test(address))
}
