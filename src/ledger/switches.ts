import { EVERY_FEATURE, type Switches } from '../domain/saving-switch.ts'
import { asked } from './asked.ts'
import type { Ledger } from './ledger.ts'

/** A version of a feature's switches. Null: nothing is said of a strategy. */
export interface SwitchVersion {
  readonly version: string
  /** `*`: every feature that says nothing of its own. */
  readonly feature: string
  readonly route: Switches['route'] | null
  readonly compress: Switches['compress'] | null
  readonly cache: Switches['cache'] | null
  readonly at: string
  readonly who: string
  readonly why: string
}

/** What is absent stays, null takes back what was said. */
export interface SwitchWord {
  readonly feature: string
  readonly route?: Switches['route'] | null
  readonly compress?: Switches['compress'] | null
  readonly cache?: Switches['cache'] | null
  readonly who: string
  readonly why: string
}

/** A new version; the earlier ones stay. `changed` false: it was so. Throws PurserError `bad_input`. */
export async function setSwitches(
  { sql }: Pick<Ledger, 'sql'>,
  { feature, who, why, ...said }: SwitchWord,
): Promise<SwitchVersion & { readonly changed: boolean }> {
  return asked(() => sql`select purser.set_saving_switch(${feature}, ${sql.json(said as never)}, ${who}, ${why}) as answer`)
}

/** What holds now, a page of features by name, behind `after`. */
export const listSwitches = (
  { sql }: Pick<Ledger, 'sql'>,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<SwitchVersion[]> => asked(() => sql`select purser.list_saving_switches(${after}, ${limit}) as answer`)

const VERSIONS_MAX = 100

/** The hundred newest versions of a feature, the newest first; empty where nothing was ever said. */
export const switchVersions = ({ sql }: Pick<Ledger, 'sql'>, feature: string): Promise<SwitchVersion[]> =>
  asked(() => sql`select purser.saving_switch_versions(${feature}, ${VERSIONS_MAX}) as answer`)

/** What is said of a feature and of all: as `switchesFor` takes them. */
export async function switchesOf(
  { sql }: Pick<Ledger, 'sql'>,
  feature: string | undefined,
): Promise<{ readonly all: Switches; readonly own: Switches }> {
  const rows = await sql<Pick<SwitchVersion, 'feature' | 'route' | 'compress' | 'cache'>[]>`
    select distinct on (feature) feature, route, compress, cache from purser.saving_switch where feature in (${EVERY_FEATURE}, ${feature ?? EVERY_FEATURE})
     order by feature, id desc`
  const of = (name: string | undefined): Switches => {
    const { route, compress, cache } = rows.find((row) => row.feature === name) ?? {}
    return { route: route ?? undefined, compress: compress ?? undefined, cache: cache ?? undefined }
  }
  return { all: of(EVERY_FEATURE), own: feature === EVERY_FEATURE ? {} : of(feature) }
}
