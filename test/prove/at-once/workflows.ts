/** The product's workflows, and one whose only call asks for words, so that its bound and its cost can be chosen to the nano-EUR. */
import type { CallScope } from '../../../src/domain/call.ts'
import type { ModelRequest } from '../../../src/domain/model-request.ts'
import { modelCall } from '../../../src/workflows/model-call.ts'

export * from '../../../src/workflows/index.ts'

/** How its call ended. */
export async function textJob(scope: CallScope, request: ModelRequest): Promise<string> {
  const answer = await modelCall({ callId: 'text-1', label: 'text', scope, request, ledgerMode: 'local' })
  return answer.kind
}
