/** How far the proofs go: `npm run prove` the whole way, `npm run prove -- --short` (and whoever runs one proof by hand) the form that CI runs. */
const LENGTH: 'short' | 'long' = process.env['PURSER_PROVE'] === 'long' ? 'long' : 'short'

/** What this length calls for. */
export const inLength = <T>(short: T, long: T): T => (LENGTH === 'long' ? long : short)
