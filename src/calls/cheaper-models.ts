import type { CheaperModel, TooDear } from '../domain/cheaper-model.ts'
import { ofMoney } from '../domain/money.ts'
import { chooseModel } from '../domain/route.ts'
import { switchesFor } from '../domain/saving-switch.ts'
import { candidatesFor } from '../prices/candidates.ts'
import { questionOf, type Preparing } from './prepare.ts'

/** More are of no use: each is asked for money after the one before. */
const MODELS_MAX = 20

/**
 * What a call may be downgraded to, the dearest first: models of its provider that are able, that its feature's policy lets in, and whose bound for this request is lower
 * than that of the model that was asked for.
 */
export async function cheaperModels(deps: Omit<Preparing, 'ledger'>, { scope, request, needs }: TooDear): Promise<CheaperModel[]> {
  const { all, own } = await deps.switchesOf(scope.feature)
  const candidates = candidatesFor(await deps.candidatesOf(request.tier), request).filter(({ provider }) => provider === request.provider)
  const asked = candidates.find(({ model }) => model === request.model)?.cost
  const question = questionOf({ request, complexity: 'standard', needs })
  const { considered } = chooseModel(question, candidates, switchesFor(all, own).route)
  return considered
    .toReversed()
    .flatMap(({ model, size, worstCost }) =>
      size === undefined || worstCost === undefined || model === request.model || (asked !== undefined && ofMoney(worstCost) >= asked)
        ? []
        : [{ model, atMost: worstCost }],
    )
    .slice(0, MODELS_MAX)
}
