/** An app backend: makes sure that its customer has an account, starts a banner, and says what it cost. `npx node examples/app-backend.ts` */
import { createPurser, JobFailed } from 'purser'

const purser = await createPurser() // TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, …, or Temporal's profile file
await purser.accounts.ensure({ id: 'acme', plan: 'paid' })

const job = await purser.banner.start({
  jobId: 'acme-banner-1', // the same id again finds the same job, and costs nothing
  account: 'acme',
  user: 'ada',
  brief: {
    name: 'Ada Lindqvist',
    headline: 'Optical instruments that find faults before people do',
    company: 'Norrsken Optics',
    colours: ['#0b1b3a', '#4b2bbd', '#ff7a59'],
    mood: 'calm, precise',
  },
})

try {
  const { banners, cost, budgetLeft } = await job.result()
  console.log(banners[0]?.blob.ref, cost.amount, budgetLeft?.amount)
} catch (error) {
  if (error instanceof JobFailed && error.code === 'budget_exceeded') console.log(error.message, error.details)
  else throw error
}
await purser.close()
