import { randomUUID } from 'node:crypto'
import type { ModelRequest } from '../../src/domain/model-request.ts'
import type { Provider } from '../../src/providers/provider.ts'

export type BareActivities = ReturnType<typeof createBareActivities>

/** A model call without a budget: the same client, the same request, one answer, and nothing written anywhere. */
export function createBareActivities(provider: Provider) {
  return {
    async bareCall(request: ModelRequest): Promise<string> {
      const reply = await provider.send(request, { timeoutMs: 120_000, clientRequestId: randomUUID(), maySend: () => true })
      if (reply.kind !== 'answered') throw new Error(`a bare call was ${reply.kind}: ${reply.message}`)
      return Buffer.from(reply.content?.bytes ?? []).toString('utf8')
    },
  }
}
