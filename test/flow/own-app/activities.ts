import type { ModelReply, OwnCall } from '../../../src/worker-plugin.ts'
import { askByOurselves } from '../../support/own-client.ts'

/** The model activities of the app of these tests. `ran` hears of every run. */
export const modelActivitiesOf = (baseUrl: () => string, ran: (text: string) => void) => ({
  async askModel(call: OwnCall, text: string): Promise<ModelReply<string>> {
    ran(text)
    return askByOurselves(baseUrl(), call, text)
  },
})

export type ModelActivities = ReturnType<typeof modelActivitiesOf>
