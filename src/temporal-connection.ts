/** A connection to Temporal that can be closed while somebody waits for an answer on it. */
import { InterceptingCall, type Interceptor } from '@grpc/grpc-js'
import { Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor, type ConnectionOptions } from '@temporalio/client'

/**
 * As `Connection.connect`, with its own retries, but for the end: `close()` also ends what is waited for (an error, code CANCELLED). The SDK's
 * own lets it wait on, and when the server then cuts it, repeats it from a timer on the closed channel, where what that throws ends the whole
 * process (client 1.24, grpc-retry.js). Closing waits for repeats that are due, so it takes 6 s at most, when Temporal does not answer.
 */
export async function openTemporalConnection(options: ConnectionOptions): Promise<Connection> {
  const { delayFunction, retryableDecider } = defaultGrpcRetryOptions()
  const open = new Set<InterceptingCall>()
  let closed = false
  let lastRepeatAt = 0
  const retries = makeGrpcRetryInterceptor({
    retryableDecider: (attempt, status) => !closed && retryableDecider(attempt, status),
    delayFunction(attempt, status) {
      const delay = delayFunction(attempt, status)
      lastRepeatAt = Math.max(lastRepeatAt, performance.now() + delay)
      return delay
    },
  })
  const connection = await Connection.connect({ ...options, interceptors: [...(options.interceptors ?? []), retries, keepingOpen(open)] })
  const close = connection.close.bind(connection)
  connection.close = async () => {
    closed = true
    const wait = lastRepeatAt - performance.now()
    if (wait > 0) await new Promise((done) => setTimeout(done, wait + TIMER_LATE_MS))
    for (const call of open) call.cancelWithStatus(CANCELLED, 'the connection to Temporal was closed')
    await close()
  }
  return connection
}

/** Of gRPC: asked for again by nobody. */
const CANCELLED = 1
/** Timers of one process fire in the order of their times, rounded to milliseconds. */
const TIMER_LATE_MS = 5

/** Below the retries, so each request that is sent is in `open` until its answer. */
const keepingOpen =
  (open: Set<InterceptingCall>): Interceptor =>
  (options, nextCall) => {
    const call = new InterceptingCall(nextCall(options), {
      start(metadata, _listener, next) {
        open.add(call)
        next(metadata, {
          onReceiveStatus(status, done) {
            open.delete(call)
            done(status)
          },
        })
      },
    })
    return call
  }
